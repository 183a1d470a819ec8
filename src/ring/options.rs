//! What a user may want of a ring that has a default, and the constructors that take it.
//!
//! What begins with `create_` is for a ring that is yet to be created; `reader_` is for readers alone.

use std::io;
#[cfg(target_os = "linux")]
use std::os::unix::io::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use super::plan::Plan;
use super::reader::RingReader;
use super::writer::RingWriter;
use crate::atomics::FenceMode;
use crate::file::{CreateError, CreateOrAttachError, OpenError, Trust};
use crate::protocol::WaitStrategy;
use crate::sys;

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
/// options.wait_strategy(WaitStrategy::SpinThenSleep { spin: Duration::from_micros(200) }).create_mode(0o660);
/// let mut writer = options.create(&path, 4096)?;
/// let mut reader = options.open(&path)?;
/// writer.push(b"data", None)?;
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until a ring is created, attached to or opened with them"]
pub struct RingOptions {
    plan: Plan,
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
        Self::default()
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
    ///   cannot be taken ([`Busy`](OpenError::Busy)), and the death of its holder is not noticed: a call that
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
    /// let writer = ipc_ring::RingOptions::new().create_mode(0o640).create(&path, 4096)?;
    /// assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o640);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_mode(&mut self, mode: u32) -> &mut Self {
        self.plan.design.mode = mode;
        self
    }

    /// The group of the file of a ring to be created, by its number ([`create_group_named`](Self::create_group_named)
    /// takes a name): with a [mode](Self::create_mode) of `0o660` its members can be the other side, if they
    /// [trust](Trust::any_owner) the owner. By default it is the one that the system gives to new files. Creating
    /// fails for a group that the process is not in.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::os::unix::fs::MetadataExt;
    ///
    /// let own = std::fs::metadata("/proc/self")?.gid();
    /// let writer = ipc_ring::RingOptions::new().create_mode(0o660).create_group(own).create(&path, 4096)?;
    /// assert_eq!(std::fs::metadata(&path)?.gid(), own);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_group(&mut self, group: u32) -> &mut Self {
        self.plan.design.group = Some(group);
        self
    }

    /// As [`create_group`](Self::create_group), by the group's name, as the system knows it now.
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
    /// match options.create_mode(0o660).create_group_named("no group of this name") {
    ///     Ok(options) => drop(options.create(&path, 4096)?),
    ///     Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_group_named(&mut self, name: &str) -> io::Result<&mut Self> {
        Ok(self.create_group(sys::group::number(name)?))
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
    /// let writer = RingOptions::new().create_fence_mode(FenceMode::Symmetric).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_fence_mode(&mut self, mode: FenceMode) -> &mut Self {
        self.plan.design.fences = Some(mode);
        self
    }

    /// What is taken on trust of a ring's file. By default nothing is.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingOptions, Trust};
    ///
    /// let mut options = RingOptions::new();
    /// options.trust(Trust::new().any_owner(true)).create_mode(0o666);
    /// let writer = options.create(&path, 4096)?;
    /// let reader = options.open(&path)?; // in the process of another user
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn trust(&mut self, trust: Trust) -> &mut Self {
        self.plan.settings.trust = trust;
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
        self.plan.settings.tag = tag;
        self
    }

    /// Keeps waiting when the peer closes or dies, for a successor may attach: as for a peer that has not come yet.
    /// Then neither [`Closed`](crate::PopError::Closed) nor [`PeerGone`](crate::PopError::PeerGone) ends a call that
    /// can still wait, and a writer goes on to fill the ring without a reader. By default it does not.
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
        self.plan.settings.awaits_successors = wait;
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
    /// let mut reader = RingOptions::new().reader_stops_at_ends(true).open(&path)?;
    /// let mut buffer = Vec::new();
    /// while reader.pop(&mut buffer, None) != Err(PopError::Closed) {}
    /// assert_eq!(buffer, b"Monday");
    /// assert!(reader.take_end());
    /// assert_eq!(reader.try_pop(&mut buffer)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reader_stops_at_ends(&mut self, stop: bool) -> &mut Self {
        self.plan.settings.stops_at_ends = stop;
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
    /// let writer = RingOptions::new().wait_strategy(WaitStrategy::Sleep).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_strategy(&mut self, strategy: WaitStrategy) -> &mut Self {
        self.plan.strategy = strategy;
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
        self.plan.settings.prefault = prefault;
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
        self.plan.settings.huge_pages = huge;
        self
    }

    /// Creates a ring at `path` and becomes its writer: see [`RingWriter::create`].
    ///
    /// In memory, the ring is charged to the memory cgroup of this process, all of it and until it is removed; one
    /// beyond the cgroup's limit is no error, for the kernel kills this process.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().create_mode(0o660).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there; and [`FencesUnavailable`](CreateError::FencesUnavailable) where
    /// [`FenceMode::Asymmetric`] was asked for and is not to be had.
    pub fn create(&self, path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        self.plan.create(path.as_ref(), capacity).map(RingWriter::of)
    }

    /// Becomes the writer of the ring at `path`, and creates it if nothing is there: see
    /// [`RingWriter::create_or_attach`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().create_mode(0o660).create_or_attach(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn create_or_attach(&self, path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateOrAttachError> {
        self.plan.create_or_attach(path.as_ref(), capacity).map(RingWriter::of)
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
        self.attach_wait(path, Some(Duration::ZERO))
    }

    /// As [`attach`](Self::attach), and where there is no room in the ring for the end of another stream, waits for a
    /// reader to make it: see [`RingWriter::attach_wait`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// drop(options.create(&path, 4096)?);
    /// let writer = options.attach_wait(&path, None)?; // there is room
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there.
    pub fn attach_wait(&self, path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingWriter, OpenError> {
        self.plan.attach(path.as_ref(), timeout).map(RingWriter::of)
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
        self.plan.open(path.as_ref()).map(RingReader::of)
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
        self.plan.open_wait(path.as_ref(), timeout).map(RingReader::of)
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
        let (producer, memory) = self.plan.create_sealed(capacity)?;
        Ok((RingWriter::of(producer), memory.into()))
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
        self.plan.open_sealed(memory.as_fd()).map(RingReader::of)
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
        self.plan.attach_sealed(memory.as_fd()).map(RingWriter::of)
    }
}
