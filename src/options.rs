//! How a user gets hold of a ring: the options for what has a default, and the constructors that take them.

mod rings;

use std::io;

use crate::atomics::FenceMode;
use crate::file::{Design, Settings};
use crate::sys;
use crate::wait::WaitStrategy;

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
            settings: Settings::default(),
            wait: WaitStrategy::default(),
        }
    }

    /// The permissions of the file of a ring to be created, exactly, whatever the umask. By default `0o600`.
    ///
    /// Both sides need to read and to write the file, and each of them can write to all of it. Whoever may write to it
    /// can damage whatever is in it and kill, by truncating it, the processes that have it mapped.
    ///
    /// Whoever may only read it can do more than look:
    ///
    /// - Sleep where a side sleeps. A wake is for all who do, so the side is woken, but the wake takes longer the more
    ///   they are. With 0, 1, 10 and 100 such threads a message that was waited for asleep came after 7, 10, 40 and 110
    ///   to 210 microseconds where we measured that (medians, two cores of an AMD EPYC that had other work, too), and
    ///   the push that woke took 14, 18, 60 and 310 to 430.
    /// - Lock a side that nobody holds, be it that its holder has just died. As long as that lock is held, the side
    ///   cannot be taken ([`Busy`](crate::OpenError::Busy)), and the death of its holder is not noticed: a call that
    ///   would end with `PeerGone` waits until its deadline. The kernel's locks, by which a death is told, cannot
    ///   keep anybody from it.
    ///
    /// So a mode that lets others read, such as `0o644`, is for others who are trusted not to.
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

    /// The group of the file of a ring to be created, by its number ([`group_named`](Self::group_named) takes a name):
    /// with a [mode](Self::mode) of `0o660` its members
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

    /// As [`group`](Self::group), by the group's name, as the system knows it now.
    ///
    /// It asks the system, which may read files or ask a directory on the network, and wait for it.
    ///
    /// # Errors
    /// [`NotFound`](std::io::ErrorKind::NotFound) where there is no such group: take one that there is, or a number.
    /// Another one where the system could not be asked.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::RingOptions;
    ///
    /// let mut options = RingOptions::new();
    /// match options.mode(0o660).group_named("no group of this name") {
    ///     Ok(options) => drop(options.create(&path, 4096)?),
    ///     Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn group_named(&mut self, name: &str) -> io::Result<&mut Self> {
        Ok(self.group(sys::group::number(name)?))
    }

    /// Whether to open a ring also where others may have made its file or may change it: where another user owns it,
    /// where anyone may write to it, and where it has a second name. By default such a ring is
    /// [`Untrusted`](crate::OpenError::Untrusted). Whoever may write to the file can damage what is in it, and
    /// whoever may truncate it can kill this process.
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

    /// Whether to take a side of a ring also where it was created before the system was last started. By default that
    /// is [`AnotherBoot`](crate::OpenError::AnotherBoot): after a power failure, or another end without warning, the
    /// file may hold some of its pages as they were at one time and others as they were at another, which no check of
    /// a ring can tell. Rings in memory (`/dev/shm`) do not last so long. A look from outside is always allowed, and
    /// so is removing the ring.
    ///
    /// The ring stays one of the boot that created it: whoever takes a side of it later has to allow it, too. Where
    /// either boot is not known, as where `/proc` is not mounted, nothing is refused. Containers of LXC and the like
    /// have a boot of their own each: rings that two of them share, or one and its host, need this.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # drop(ipc_ring::RingWriter::create(&path, 4096)?);
    /// use ipc_ring::{OpenError, RingOptions};
    ///
    /// let mut options = RingOptions::new();
    /// let reader = match options.open(&path) {
    ///     Err(OpenError::AnotherBoot { .. }) => {
    ///         eprintln!("the system was restarted meanwhile: what comes may be damaged");
    ///         options.any_boot(true).open(&path)?
    ///     }
    ///     opened => opened?,
    /// };
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn any_boot(&mut self, allow: bool) -> &mut Self {
        self.settings.any_boot = allow;
        self
    }

    /// Says whose a ring to be created is, and shows it when a writer attaches: 32 bytes of any kind, such as a name or
    /// a hash. The two have to be the same, or it is [`AnotherOwner`](crate::OpenError::AnotherOwner). Readers, views
    /// and who removes the ring are not asked. By default it is 32 zeroes, which stand for no tag: then attaching is
    /// for those who show none.
    ///
    /// It keeps programs apart that mean well, and is no secret: whoever may read the file can read it.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{OpenError, RingOptions, RingReader, RingWriter};
    ///
    /// let mut options = RingOptions::new();
    /// drop(options.owner_tag(*b"metrics of the billing service  ").create(&path, 4096)?);
    /// assert!(matches!(RingWriter::attach(&path), Err(OpenError::AnotherOwner { .. })));
    /// let writer = options.attach(&path)?;
    /// let reader = RingReader::open(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn owner_tag(&mut self, tag: [u8; 32]) -> &mut Self {
        self.settings.tag = tag;
        self
    }

    /// Whether to create or open a ring also on a filesystem that is not known to keep what was allocated for a file.
    /// By default such a ring is [`UnsuitableFilesystem`](crate::OpenError::UnsuitableFilesystem).
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

    /// Whether a reader stops at the end of each stream. By default it does not.
    ///
    /// Where a writer [finishes](crate::RingWriter::finish), or is dropped in good order, the end of its stream is put
    /// into the ring after the last message, and stays there also when another writer attaches. By default a reader
    /// passes the ends, and is told [`Closed`](crate::PopError::Closed) where the last writer has left and nothing is
    /// left. One that stops at them is told `Closed` at each, however long ago it was, and each time until it
    /// [takes](crate::RingReader::take_end) it: so each end is told to whoever takes it, and to nobody after that. Of a
    /// writer that left this reader is told by nothing else.
    ///
    /// Where there is no message and no end, it waits for the next writer. That the last one died, or was abandoned, it
    /// is told ([`PeerGone`](crate::PopError::PeerGone)) in the midst of a stream: where it has released a message, and
    /// not come to an end since.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{PopError, RingOptions, RingWriter};
    ///
    /// RingWriter::create(&path, 4096)?.push(b"Monday", None)?; // and the drop ends the stream
    /// let writer = RingWriter::attach(&path)?; // another one begins
    ///
    /// let mut reader = RingOptions::new().stop_at_ends(true).open(&path)?;
    /// let mut buffer = Vec::new();
    /// while reader.pop(&mut buffer, None) != Err(PopError::Closed) {}
    /// assert_eq!(buffer, b"Monday");
    /// assert!(reader.take_end());
    /// assert_eq!(reader.try_pop(&mut buffer)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop_at_ends(&mut self, stop: bool) -> &mut Self {
        self.settings.stops_at_ends = stop;
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
    /// [`FenceMode::Asymmetric`] where the creator's kernel offers it.
    ///
    /// The mode is the ring's. If one side is in a sandbox that refuses `membarrier` (gVisor, a seccomp filter), choose
    /// [`FenceMode::Symmetric`]: otherwise that side is told
    /// [`FencesUnavailable`](crate::OpenError::FencesUnavailable). A process that enters such a sandbox after it has
    /// its side is told nothing: no message is lost, but when it sleeps it may miss a wake, and looks by itself 50 ms
    /// later.
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
}
