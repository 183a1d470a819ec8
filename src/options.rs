//! How a user gets hold of a ring: the options for what has a default, and the constructors that take them.

#[cfg(target_os = "linux")]
use std::os::unix::io::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::atomics::FenceMode;
use crate::error::{CreateError, OpenError, Side};
use crate::file::{self, Design, Removal, Settings};
use crate::reader::RingReader;
use crate::sys;
use crate::view::{RingView, SideState, ViewError};
use crate::wait::WaitStrategy;
use crate::writer::RingWriter;

/// Options for creating, attaching to and opening rings, for what has a default.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use std::time::Duration;
/// use ipc_ring::{RingOptions, WaitStrategy};
///
/// let mut options = RingOptions::new();
/// options.wait(WaitStrategy::SpinThenSleep { spin: Duration::from_micros(200) }).mode(0o660);
/// let mut writer = options.create(&path, 4096)?;
/// let mut reader = options.open(&path)?;
/// writer.push(b"data", None)?;
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a ring is created, attached to or opened with them"]
pub struct RingOptions {
    design: Design,
    settings: Settings,
    wait: WaitStrategy,
}

impl Default for RingOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl RingOptions {
    /// The defaults: a file for its owner alone, spinning briefly before sleeping, prefaulted, the best fences there
    /// are.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new() -> Self {
        Self {
            design: Design { mode: 0o600, group: None, fences: None },
            settings: Settings {
                prefault: true,
                huge_pages: false,
                awaits_successors: false,
                trusts_any_owner: false,
                any_filesystem: false,
            },
            wait: WaitStrategy::default(),
        }
    }

    /// The permissions of the file of a ring to be created, exactly, whatever the umask. By default `0o600`.
    ///
    /// Both sides need to read and to write the file. Whoever may write to it can damage what is in it, and
    /// whoever may truncate it can kill the processes that have it mapped.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::os::unix::fs::PermissionsExt;
    ///
    /// let writer = ipc_ring::RingOptions::new().mode(0o640).create(&path, 4096)?;
    /// assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o640);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.design.mode = mode;
        self
    }

    /// The group of the file of a ring to be created, by its number: with a [mode](Self::mode) of `0o660` its members
    /// can be the other side, if they [trust](Self::trust_any_owner) the owner. By default it is the one that the
    /// system gives to new files. Creating fails for a group that the process is not in.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::os::unix::fs::MetadataExt;
    ///
    /// let own = std::fs::metadata("/proc/self")?.gid();
    /// let writer = ipc_ring::RingOptions::new().mode(0o660).group(own).create(&path, 4096)?;
    /// assert_eq!(std::fs::metadata(&path)?.gid(), own);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn group(&mut self, group: u32) -> &mut Self {
        self.design.group = Some(group);
        self
    }

    /// Whether to open a ring also where others may have made its file or may change it: where another user owns it,
    /// where anyone may write to it, and where it has a second name. By default such a ring is
    /// [`Untrusted`](OpenError::Untrusted). Whoever may write to the file can damage what is in it, and whoever may
    /// truncate it can kill this process.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{OpenError, RingOptions};
    ///
    /// let mut options = RingOptions::new();
    /// let writer = options.mode(0o666).create(&path, 4096)?;
    /// assert!(matches!(options.open(&path), Err(OpenError::Untrusted { .. })));
    /// let reader = options.trust_any_owner(true).open(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trust_any_owner(&mut self, trust: bool) -> &mut Self {
        self.settings.trusts_any_owner = trust;
        self
    }

    /// Whether to create or open a ring also on a filesystem that is not known to keep what was allocated for a file.
    /// By default such a ring is [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem).
    ///
    /// These keep it: on Linux tmpfs (as `/dev/shm`), ramfs, ext2, ext3, ext4, XFS, f2fs, and overlayfs whose upper
    /// directory is on one of these and can be looked at; on macOS HFS+ and APFS. On XFS and APFS only as long as
    /// nobody clones the file (`cp --reflink`) or takes a snapshot of the volume. Elsewhere, as on btrfs, a store may
    /// find that the filesystem is full, which kills the process (`SIGBUS`); on a network, two machines may have two
    /// memories of one ring. hugetlbfs is refused all the same.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// // On a volume of btrfs that is never full, say.
    /// let writer = ipc_ring::RingOptions::new().any_filesystem(true).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn any_filesystem(&mut self, any: bool) -> &mut Self {
        self.settings.any_filesystem = any;
        self
    }

    /// Whether this side, while it waits, also waits for another peer where the last one died or left, as it does for
    /// one that has not come yet. Then neither [`Closed`](crate::PopError::Closed) nor
    /// [`PeerGone`](crate::PopError::PeerGone) ends a call that can still wait, and a writer goes on to fill the ring
    /// without a reader. By default it does not wait.
    ///
    /// Where no peer can find the ring any more, a wait ends all the same, with [`Removed`](crate::PopError::Removed)
    /// or [`Replaced`](crate::PopError::Replaced), within 60 ms of the last one's end; also where none ever came.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::time::Duration;
    /// use ipc_ring::{PopError, RingOptions, RingWriter};
    ///
    /// drop(RingWriter::create(&path, 4096)?);
    /// let mut reader = RingOptions::new().await_successors(true).open(&path)?;
    /// let popped = reader.pop(&mut Vec::new(), Some(Duration::from_millis(1)));
    /// assert_eq!(popped, Err(PopError::TimedOut)); // by default it is Closed
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn await_successors(&mut self, wait: bool) -> &mut Self {
        self.settings.awaits_successors = wait;
        self
    }

    /// What this side does while it waits for its peer. Each side has its own. By default
    /// [`WaitStrategy::SpinThenSleep`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingOptions, WaitStrategy};
    ///
    /// let writer = RingOptions::new().wait(WaitStrategy::Sleep).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(&mut self, strategy: WaitStrategy) -> &mut Self {
        self.wait = strategy;
        self
    }

    /// Whether to make all of the ring's memory present when it is mapped, which took 0.6 ms a MiB for the
    /// writer where we measured it, and 0.2 ms for the reader, instead of
    /// a page at a time when it is first used. By default it is. Without effect on macOS, and on Linux before 5.14.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// // Made at once, though large: its pages come when they are used.
    /// let writer = ipc_ring::RingOptions::new().prefault(false).create(&path, 1 << 24)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prefault(&mut self, prefault: bool) -> &mut Self {
        self.settings.prefault = prefault;
        self
    }

    /// Whether to ask for huge pages where the ring's bytes are, which saves address translations: of use for rings of
    /// many MiB. Each side asks for itself, when it maps the ring: creating or opening it then takes longer, and a peer
    /// that has the ring mapped already meets its pages once more. By default they are not asked for.
    ///
    /// What cannot be had so stays in small pages, which is no error. Linux has them from 6.1 on, in files on tmpfs
    /// such as `/dev/shm`, as long as it finds enough contiguous memory. Without effect on macOS.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().huge_pages(true).create(&path, 1 << 24)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn huge_pages(&mut self, huge: bool) -> &mut Self {
        self.settings.huge_pages = huge;
        self
    }

    /// How both sides of a ring to be created order what they do around a sleep. By default
    /// [`FenceMode::Asymmetric`] where the kernel offers it.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{FenceMode, RingOptions};
    ///
    /// let writer = RingOptions::new().fence_mode(FenceMode::Symmetric).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fence_mode(&mut self, mode: FenceMode) -> &mut Self {
        self.design.fences = Some(mode);
        self
    }

    /// Creates a ring at `path` and becomes its writer: see [`RingWriter::create`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().mode(0o660).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there; and an [`Io`](CreateError::Io) of kind `Unsupported` or as the system says where
    /// [`FenceMode::Asymmetric`] was asked for and is not to be had.
    pub fn create(&self, path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        file::create(path.as_ref(), capacity, self.design, self.settings, |ring| RingWriter::take(ring, self.wait))
    }

    /// Becomes the writer of the ring at `path`: see [`RingWriter::attach`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// drop(options.create(&path, 4096)?);
    /// let writer = options.attach(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn attach(&self, path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        let path = path.as_ref();
        let ring = file::open(path, Side::Writer, self.settings)?;
        RingWriter::take(ring, self.wait).map_err(|check| OpenError::Corrupt { path: path.into(), check })
    }

    /// Becomes the reader of the ring at `path`: see [`RingReader::open`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// let writer = options.create(&path, 4096)?;
    /// let reader = options.open(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        let path = path.as_ref();
        let ring = file::open(path, Side::Reader, self.settings)?;
        RingReader::take(ring, self.wait).map_err(|check| OpenError::Corrupt { path: path.into(), check })
    }

    /// Creates a ring that has no path, and becomes its writer. What else is returned is the ring's memory: whoever is
    /// given that descriptor, as a child that inherits it or by a Unix socket, can be the reader
    /// ([`open_memory`](Self::open_memory)), or the next writer.
    ///
    /// Its size is sealed, so that no process can truncate it under another, which is what a file with a path cannot
    /// keep others from. It is gone with the last process that has it open or mapped. Linux alone has such memory.
    ///
    /// # Errors
    /// As [`create`](Self::create), but that nothing can exist already. It needs `/proc`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let options = ipc_ring::RingOptions::new();
    /// let (mut writer, memory) = options.create_sealed(4096)?;
    /// let mut reader = options.open_memory(&memory)?; // in another process that was given it
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(target_os = "linux")]
    pub fn create_sealed(&self, capacity: usize) -> Result<(RingWriter, OwnedFd), CreateError> {
        let take = |ring| RingWriter::take(ring, self.wait);
        let (writer, memory) = file::create_sealed(capacity, self.design, self.settings, take)?;
        Ok((writer, memory.into()))
    }

    /// Becomes the reader of the ring that [`create_sealed`](Self::create_sealed) made, and goes on where its last
    /// reader stood. The descriptor is needed for no longer than this call.
    ///
    /// ```
    /// let options = ipc_ring::RingOptions::new();
    /// let (writer, memory) = options.create_sealed(4096)?;
    /// let reader = options.open_memory(&memory)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`Untrusted`](OpenError::Untrusted) for memory, or a file, whose size is not
    /// sealed.
    #[cfg(target_os = "linux")]
    pub fn open_memory(&self, memory: impl AsFd) -> Result<RingReader, OpenError> {
        let ring = file::open_sealed(memory.as_fd(), Side::Reader, self.settings)?;
        RingReader::take(ring, self.wait).map_err(file::corrupt)
    }

    /// Becomes the writer of the ring that [`create_sealed`](Self::create_sealed) made, and goes on where its last
    /// writer stood. The descriptor is needed for no longer than this call.
    ///
    /// ```
    /// let options = ipc_ring::RingOptions::new();
    /// let (writer, memory) = options.create_sealed(4096)?;
    /// drop(writer);
    /// let writer = options.attach_memory(&memory)?;
    /// assert_eq!(writer.epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`attach`](Self::attach), and [`Untrusted`](OpenError::Untrusted) for memory, or a file, whose size is not
    /// sealed.
    #[cfg(target_os = "linux")]
    pub fn attach_memory(&self, memory: impl AsFd) -> Result<RingWriter, OpenError> {
        let ring = file::open_sealed(memory.as_fd(), Side::Writer, self.settings)?;
        RingWriter::take(ring, self.wait).map_err(file::corrupt)
    }

    /// Looks at the ring at `path` without taking part in it: see [`RingView::open`].
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// // What another user made, to be looked at all the same.
    /// let view = ipc_ring::RingOptions::new().trust_any_owner(true).view(&path)?;
    /// assert_eq!(view.snapshot().used_bytes, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn view(&self, path: impl AsRef<Path>) -> Result<RingView, OpenError> {
        file::view(path.as_ref(), self.settings).map(RingView::new)
    }

    /// Removes the ring at `path`, and with it all that waits in it, if no living process holds a side of it. It is
    /// held while it is removed, so that nobody can take a side of a ring that is about to go: who tries meanwhile
    /// waits until that is done, and is told that it was [`Replaced`](OpenError::Replaced), or is gone. Where a side
    /// lives, nothing is held, and the other can be taken all the while.
    ///
    /// Also a damaged ring is removed, whose file was truncated for instance.
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`Busy`](OpenError::Busy): a process holds a side; end it first.
    /// - [`NotFound`](OpenError::NotFound), [`NotARing`](OpenError::NotARing): there is no ring to be removed.
    /// - [`Incompatible`](OpenError::Incompatible): another version of the library made it, and only that one can tell
    ///   whether it lives.
    /// - [`Untrusted`](OpenError::Untrusted), [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem),
    ///   [`Replaced`](OpenError::Replaced), [`Io`](OpenError::Io): as with [`RingReader::open`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{OpenError, RingOptions, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert!(matches!(RingOptions::new().remove(&path), Err(OpenError::Busy { .. })));
    /// drop(writer);
    /// RingOptions::new().remove(&path)?;
    /// assert!(!path.exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove(&self, path: impl AsRef<Path>) -> Result<(), OpenError> {
        Removal::of(path.as_ref(), self.settings)?.carry_out()
    }

    /// As [`remove`](Self::remove), but only a ring with which all is done: its last writer closed its end, and no
    /// message waits. Whether it is removed; where it is not, it is as it was.
    ///
    /// For a reader that comes to the end of the stream and wants nothing to be left: it drops its handle and calls
    /// this. A writer that attached meanwhile, or pushed and left, is not lost.
    ///
    /// # Errors
    /// As there. A damaged ring is an error, too: nobody knows what it holds.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{PopError, RingOptions, RingReader, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// writer.push(b"data", None)?;
    /// drop(writer);
    /// assert!(!RingOptions::new().remove_drained(&path)?);
    ///
    /// let mut reader = RingReader::open(&path)?;
    /// let mut buffer = Vec::new();
    /// while reader.pop(&mut buffer, None) != Err(PopError::Closed) {}
    /// drop(reader);
    /// assert!(RingOptions::new().remove_drained(&path)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove_drained(&self, path: impl AsRef<Path>) -> Result<bool, OpenError> {
        let path = path.as_ref();
        let removal = Removal::of(path, self.settings)?;
        let view = RingView::new(removal.viewed()?);
        let is_done = match view.messages(1).next() {
            Some(Err(ViewError::Corrupt { check })) => return Err(OpenError::Corrupt { path: path.into(), check }),
            Some(_) => false,
            None => view.snapshot().writer.state == SideState::Closed,
        };
        if is_done {
            removal.carry_out()?;
        }
        Ok(is_done)
    }

    /// As [`open`](Self::open), and where nothing is at `path` yet, waits for a writer to create the ring: see
    /// [`RingReader::open_wait`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::time::Duration;
    /// use ipc_ring::{OpenError, RingOptions};
    ///
    /// let missing = RingOptions::new().open_wait(&path, Some(Duration::from_millis(1)));
    /// assert!(matches!(missing, Err(OpenError::NotFound { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn open_wait(&self, path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingReader, OpenError> {
        const FIRST_NAP: Duration = Duration::from_millis(1);
        const LONGEST_NAP: Duration = Duration::from_millis(20);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut nap = FIRST_NAP;
        loop {
            let error = match self.open(path.as_ref()) {
                Err(error @ (OpenError::NotFound { .. } | OpenError::Replaced { .. })) => error,
                done => return done,
            };
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(error);
            }
            sys::nap(nap.min(left.unwrap_or(nap)));
            nap = LONGEST_NAP.min(2 * nap);
        }
    }
}
