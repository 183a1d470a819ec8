//! Options of a ring that have a default, and the constructors that take them.
//!
//! An option that begins with `create_` counts only when a ring is created. `create_mode` and `create_group` count only
//! for a ring in a file. An option that begins with `reader_` is for readers alone.

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

/// Options for creating, attaching to and opening rings.
///
/// Each option has a default. Set those that you need, then call a constructor.
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
    /// Returns the defaults of all options.
    ///
    /// The file is for its owner alone. A call that waits spins for 50 microseconds, then sleeps. Memory is prefaulted.
    /// The fences are the best that the system offers.
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

    /// Sets the permissions of a new ring's file, exactly, whatever the umask.
    ///
    /// The default is `0o600`: the owner alone. Change it if the two sides run as different users: both must be able to
    /// read and write the file. Sealed memory has no such permissions: whoever is given its descriptor may use it.
    ///
    /// Each user who may write to the file can damage everything in it, and can kill the processes that map it by
    /// truncating it. A user who may only read the file can do two things that disturb the sides:
    ///
    /// - Sleep where a side sleeps. A wake wakes all of these sleepers, so the side is woken too, but later. We
    ///   measured 0, 1, 10 and 100 such threads on two busy cores of an AMD EPYC (medians). A message that a sleeping
    ///   reader waited for came after 7, 10, 40 and 110 to 210 microseconds. The push that woke it took 14, 18, 60 and
    ///   310 to 430 microseconds.
    /// - Lock a side that nobody holds, also one whose holder has just died. Then nobody can take the side
    ///   ([`Busy`](OpenError::Busy)), and its peer does not notice the death: a call that would return `PeerGone` waits
    ///   until its deadline. The kernel's locks, which tell of a death, cannot prevent this.
    ///
    /// So allow others to read, as `0o644` does, only if you trust them not to do this.
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

    /// Sets the group of a new ring's file, by its number.
    ///
    /// The default is the group that the system gives to new files. Change it, with a [mode](Self::create_mode) of
    /// `0o660`, if the other side runs as another user of that group; that side has to [trust](Trust::any_owner) the
    /// owner. Creating fails with [`CreateError::Io`] if this process is neither in the group nor privileged.
    /// [`create_group_named`](Self::create_group_named) takes a name. Sealed memory is given to no group.
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

    /// Sets the group of a new ring's file, by its name: see [`create_group`](Self::create_group).
    ///
    /// Looks the name up now. The system may read files for that, or ask a directory on the network and wait for it.
    ///
    /// # Errors
    /// [`NotFound`](std::io::ErrorKind::NotFound): there is no such group. Pass the name of one that exists, or a
    /// number. Any other error says why the system could not look.
    ///
    /// # Examples
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

    /// Sets how both sides of a new ring order their accesses around a sleep.
    ///
    /// The default is [`FenceMode::Asymmetric`] if the kernel offers it, else [`FenceMode::Symmetric`]. Choose
    /// `Symmetric` if one side runs in a sandbox that refuses the system call `membarrier` (gVisor, a seccomp filter):
    /// otherwise that side gets [`FencesUnavailable`](crate::OpenError::FencesUnavailable).
    ///
    /// A process that enters such a sandbox later, while it holds a side, gets no error. It loses no message, but it
    /// may miss a wake when it sleeps; then it looks by itself after 50 ms.
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

    /// Sets what is taken on trust of a ring's file.
    ///
    /// The default is nothing. Change it for a file of another user, an unusual filesystem, or a ring that is older
    /// than the last start of the system: see [`Trust`].
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

    /// Sets the owner's tag of a new ring, or the tag that a writer shows.
    ///
    /// The default is 32 zeros, which stand for no tag. Set 32 bytes of your own, such as a name or a hash, to keep
    /// writers of other programs out: a writer with another tag gets [`AnotherOwner`](crate::OpenError::AnotherOwner).
    /// Readers, views and removals do not need the tag.
    ///
    /// The tag keeps out programs that mean well. It is no secret: all who may read the file can read it.
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

    /// Keeps waiting when the peer closes or dies: a successor may attach.
    ///
    /// The default is `false`: the call returns [`Closed`](crate::PopError::Closed) or
    /// [`PeerGone`](crate::PopError::PeerGone). Set it if the peer is a service that is restarted: neither error comes
    /// then, and a writer without a reader goes on to fill the ring. (A reader that [stops at
    /// ends](Self::reader_stops_at_ends) still gets `Closed` at each end.)
    ///
    /// A wait still ends if no peer lives and none can find the ring: with [`Removed`](crate::PopError::Removed) or
    /// [`Replaced`](crate::PopError::Replaced), within 60 ms.
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

    /// Makes a reader stop at the end of each stream, until it takes that end.
    ///
    /// The default is `false`: a reader passes the ends, and gets [`Closed`](crate::PopError::Closed) only when the
    /// last writer has left and no message is left. Set it if each writer's stream is a whole, as the log of a day is.
    ///
    /// A writer that [finishes](crate::RingWriter::finish), or is dropped in good order, puts an end into the ring
    /// after its last message. The end stays there when the next writer attaches. A reader that stops at ends
    ///
    /// - gets `Closed` at each end, again and again, until it [takes](crate::RingReader::take_end) the end. Nobody gets
    ///   an end that was taken;
    /// - waits for the next writer at the beginning of a stream, where no message and no end is left;
    /// - gets [`PeerGone`](crate::PopError::PeerGone) if the writer died or was abandoned in the middle of a stream. It
    ///   counts as the middle once this reader has released a message since it opened the ring or took an end.
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

    /// Sets what this side does while it waits for its peer.
    ///
    /// The default is [`WaitStrategy::SpinThenSleep`] for 50 microseconds. Choose [`WaitStrategy::Spin`] for the lowest
    /// latency at the cost of a core, or [`WaitStrategy::Sleep`] if the side waits for long. Each side has its own.
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

    /// Sets whether all of the ring's memory is made present when it is mapped.
    ///
    /// The default is `true`. Set `false` if a large ring has to be created or opened quickly: each page then comes
    /// when it is first used. We measured 0.6 ms a MiB for a writer that prefaults, and 0.2 ms for a reader. Has no
    /// effect on macOS, and on Linux before 5.14.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// // Created at once, although it is large: its pages come when they are used.
    /// let writer = ipc_ring::RingOptions::new().prefault(false).create(&path, 1 << 24)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prefault(&mut self, prefault: bool) -> &mut Self {
        self.plan.settings.prefault = prefault;
        self
    }

    /// Sets whether to ask for huge pages for the ring's bytes.
    ///
    /// The default is `false`. Set it for rings of many MiB, to save address translations. Each side asks for itself:
    /// creating or opening the ring takes longer, and a peer that has the ring mapped faults its pages in once more.
    ///
    /// Linux has huge pages from 6.1 on, for files on tmpfs such as `/dev/shm`, if it finds enough contiguous memory.
    /// Otherwise the memory stays in small pages, which is no error. Has no effect on macOS.
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
    /// A ring in memory is charged to the memory cgroup of this process, as a whole, until it is removed. A ring beyond
    /// the cgroup's limit is no error: the kernel kills this process.
    ///
    /// # Errors
    /// As [`RingWriter::create`], and [`CreateError::FencesUnavailable`]: [`FenceMode::Asymmetric`] was asked for, and
    /// the system refuses it. Ask for no mode, or for [`FenceMode::Symmetric`].
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().create_mode(0o660).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create(&self, path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        self.plan.create(path.as_ref(), capacity).map(RingWriter::of)
    }

    /// Becomes the writer of the ring at `path`, creating it if nothing is there.
    ///
    /// See [`RingWriter::create_or_attach`].
    ///
    /// # Errors
    /// As [`RingWriter::create_or_attach`], with the errors of [`create`](Self::create).
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let writer = ipc_ring::RingOptions::new().create_mode(0o660).create_or_attach(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_or_attach(&self, path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateOrAttachError> {
        self.plan.create_or_attach(path.as_ref(), capacity).map(RingWriter::of)
    }

    /// Becomes the writer of the ring at `path`, and goes on after its last writer.
    ///
    /// See [`RingWriter::attach`].
    ///
    /// # Errors
    /// As [`RingWriter::attach`].
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// drop(options.create(&path, 4096)?);
    /// let writer = options.attach(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attach(&self, path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        self.attach_wait(path, Some(Duration::ZERO))
    }

    /// Becomes the writer like [`attach`](Self::attach), waiting while the ring is full.
    ///
    /// See [`RingWriter::attach_wait`].
    ///
    /// # Errors
    /// As [`RingWriter::attach_wait`].
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// drop(options.create(&path, 4096)?);
    /// let writer = options.attach_wait(&path, None)?; // there is room
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attach_wait(&self, path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingWriter, OpenError> {
        self.plan.attach(path.as_ref(), timeout).map(RingWriter::of)
    }

    /// Becomes the reader of the ring at `path`, and goes on after its last reader.
    ///
    /// See [`RingReader::open`].
    ///
    /// # Errors
    /// As [`RingReader::open`].
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let options = ipc_ring::RingOptions::new();
    /// let writer = options.create(&path, 4096)?;
    /// let reader = options.open(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(&self, path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        self.plan.open(path.as_ref()).map(RingReader::of)
    }

    /// Becomes the reader like [`open`](Self::open), waiting while no ring is there.
    ///
    /// See [`RingReader::open_wait`].
    ///
    /// # Errors
    /// As [`RingReader::open_wait`].
    ///
    /// # Examples
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
    pub fn open_wait(&self, path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingReader, OpenError> {
        self.plan.open_wait(path.as_ref(), timeout).map(RingReader::of)
    }

    /// Creates a ring in memory without a path, and becomes its writer.
    ///
    /// Also returns the ring's memory, as a descriptor. Send it over a Unix socket, or to a forked child (it is
    /// close-on-exec): that process can become the reader ([`open_memory`](Self::open_memory)) or the next writer
    /// ([`attach_memory`](Self::attach_memory)).
    ///
    /// The size of the memory is sealed: no process can truncate it, as it could a file with a path. Whoever is given
    /// the descriptor may use the memory: [`create_mode`](Self::create_mode) and [`create_group`](Self::create_group)
    /// do not count. The memory is gone with the last process that has it open or mapped. Linux only; needs `/proc`.
    /// Does not wait.
    ///
    /// # Errors
    /// As [`create`](Self::create), except that nothing can exist already.
    ///
    /// # Examples
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

    /// Becomes the reader of a ring that [`create_sealed`](Self::create_sealed) made.
    ///
    /// Goes on after the last reader. Needs the descriptor only for this call. Waits like [`open`](Self::open).
    ///
    /// # Errors
    /// As [`open`](Self::open). [`OpenError::Untrusted`] also says that the size of the memory, or of the file, is not
    /// sealed.
    ///
    /// # Examples
    /// ```
    /// let options = ipc_ring::RingOptions::new();
    /// let (writer, memory) = options.create_sealed(4096)?;
    /// let reader = options.open_memory(&memory)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(target_os = "linux")]
    pub fn open_memory(&self, memory: impl AsFd) -> Result<RingReader, OpenError> {
        self.plan.open_sealed(memory.as_fd()).map(RingReader::of)
    }

    /// Becomes the writer of a ring that [`create_sealed`](Self::create_sealed) made.
    ///
    /// Goes on after the last writer. Needs the descriptor only for this call. Waits like [`attach`](Self::attach).
    ///
    /// # Errors
    /// As [`attach`](Self::attach). [`OpenError::Untrusted`] also says that the size of the memory, or of the file, is
    /// not sealed.
    ///
    /// # Examples
    /// ```
    /// let options = ipc_ring::RingOptions::new();
    /// let (writer, memory) = options.create_sealed(4096)?;
    /// drop(writer);
    /// let writer = options.attach_memory(&memory)?;
    /// assert_eq!(writer.epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(target_os = "linux")]
    pub fn attach_memory(&self, memory: impl AsFd) -> Result<RingWriter, OpenError> {
        self.plan.attach_sealed(memory.as_fd()).map(RingWriter::of)
    }
}
