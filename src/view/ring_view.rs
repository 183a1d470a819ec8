//! The onlooker's handle: what each call promises.

use core::fmt;
use std::path::Path;

use super::look;
use super::snapshot::Snapshot;
use super::standstill;
use super::waiting::WaitingMessages;
use crate::atomics::FenceMode;
use crate::file::{self, OpenError, Trust, Viewed};
use crate::protocol::{RingId, Side};

/// A look at a ring from outside: it takes no side, holds no lock, maps everything read-only, and neither side can
/// notice it. It works whether anybody is attached or not.
///
/// Whatever is in the file, nothing here panics or blocks. What it tells was true a moment ago: whoever is attached
/// goes on meanwhile.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{RingState, RingView, RingWriter, SideState};
///
/// let mut writer = RingWriter::create(&path, 4096)?;
/// writer.push(b"data", None)?;
///
/// let view = RingView::open(&path)?;
/// let seen = view.snapshot();
/// assert_eq!((seen.state, seen.used_bytes), (RingState::Live, 16));
/// assert_eq!((seen.writer.state, seen.reader.state), (SideState::Attached, SideState::Absent));
/// for message in view.messages(10) {
///     assert_eq!(message?.bytes, b"data"); // which stays in the ring
/// }
/// # Ok(())
/// # }
/// ```
pub struct RingView {
    ring: Viewed,
}

impl RingView {
    /// Looks at the ring at `path`, and takes nothing on trust.
    ///
    /// # Errors
    /// - [`NotFound`](OpenError::NotFound): nothing is at `path`.
    /// - [`NotARing`](OpenError::NotARing), [`Incompatible`](OpenError::Incompatible): what is there is no ring, or
    ///   one of another format. One whose pages have another size than this machine's is looked at, and so is one of
    ///   another boot, and one in which something stands where this version knows of nothing: see
    ///   [`refusal`](Self::refusal).
    /// - [`Untrusted`](OpenError::Untrusted): others may have made the file or may change it, and who truncates it
    ///   kills whoever looks; see [`Trust::any_owner`].
    /// - [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem): what was allocated for it is not known to be kept;
    ///   see [`Trust::any_filesystem`].
    /// - [`Io`](OpenError::Io): the system refused, for instance for want of the permission to read.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(ipc_ring::RingView::open(&path)?.snapshot().writer.message_count, Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_trusting(path, Trust::new())
    }

    /// Looks at the ring at `path`, and takes on trust of its file what `trust` says.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// use ipc_ring::{RingView, Trust};
    ///
    /// // What another user made, to be looked at all the same.
    /// let view = RingView::open_trusting(&path, Trust::new().any_owner(true))?;
    /// assert_eq!(view.snapshot().used_bytes, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As with [`open`](Self::open).
    pub fn open_trusting(path: impl AsRef<Path>, trust: Trust) -> Result<Self, OpenError> {
        file::view(path.as_ref(), trust).map(Self::of)
    }

    pub(crate) fn of(ring: Viewed) -> Self {
        Self { ring }
    }

    /// The size of the ring in bytes.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// assert_eq!(ipc_ring::RingView::open(&path)?.capacity(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.ring.capacity.bytes() as usize
    }

    /// The most bytes a message may have: the capacity less 16, its header's and those kept for the end of the stream.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// assert_eq!(ipc_ring::RingView::open(&path)?.max_message_len(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_message_len(&self) -> usize {
        self.ring.capacity.max_message_len()
    }

    /// How both sides order what they do around a sleep: settled when the ring was created.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # drop(writer);
    /// # std::fs::remove_file(&path)?;
    /// use ipc_ring::{FenceMode, RingOptions, RingView};
    ///
    /// let _writer = RingOptions::new().create_fence_mode(FenceMode::Symmetric).create(&path, 4096)?;
    /// assert_eq!(RingView::open(&path)?.fence_mode(), FenceMode::Symmetric);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fence_mode(&self) -> FenceMode {
        self.ring.fences
    }

    /// Tells this ring from every other, also from one that has its path before or after it: see [`RingId`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// assert_eq!(ipc_ring::RingView::open(&path)?.id(), writer.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn id(&self) -> RingId {
        self.ring.id
    }

    /// Whether the ring was created since the system was last started, or nobody can tell: see
    /// [`Trust::any_boot`].
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// assert!(ipc_ring::RingView::open(&path)?.is_of_this_boot());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_of_this_boot(&self) -> bool {
        self.ring.is_of_this_boot()
    }

    /// Tells why [`RingReader::open`](crate::RingReader::open) would refuse this ring, which can be looked at all the
    /// same, if it would: [`Incompatible`](OpenError::Incompatible) of one from a machine whose pages of memory have
    /// another size, or in which a reserved byte is not 0; [`AnotherBoot`](OpenError::AnotherBoot). Who holds the
    /// ring is not asked, nor whether its positions make sense: see [`snapshot`](Self::snapshot).
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// assert!(ipc_ring::RingView::open(&path)?.refusal().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refusal(&self) -> Option<OpenError> {
        self.ring.refusal()
    }

    /// How the ring is now. Makes a few system calls, which ask who is there.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// reader.pop(&mut Vec::new(), None)?;
    ///
    /// let seen = ipc_ring::RingView::open(&path)?.snapshot();
    /// assert_eq!((seen.writer.message_count, seen.reader.message_count), (Ok(2), Ok(1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn snapshot(&self) -> Snapshot {
        look::snapshot(&self.ring)
    }

    /// How the ring is now, and whether it has stood still since `earlier`, a [`snapshot`](Self::snapshot) by this
    /// view: then its state is [`Stuck`](crate::RingState::Stuck), where it would be [`Live`](crate::RingState::Live).
    ///
    /// The time between the two looks is yours to choose. A second is enough: a side that waits asleep is known by
    /// its naps of 50 ms. It makes a few system calls; where a side waits and its peer lives it also goes through the
    /// processes, as [`is_stopped`](Self::is_stopped) does. It does not block.
    ///
    /// A ring is stuck if neither side moved, came or left between the looks, one of them waited all the while, and
    /// the other will not end that:
    ///
    /// - The writer waits for space, and the reader has never come, has left, has died, or is stopped.
    /// - The reader waits for a message, and the writer has died, or is stopped.
    ///
    /// These are not stuck: a reader that waits for a writer that is alive and has nothing to send, or for the next
    /// writer after one that closed its end; a writer that waits for a reader that is alive, however slow; a ring
    /// whose reader is gone or stopped, as long as the writer does not wait. A side that waits awake
    /// ([`WaitStrategy::Spin`](crate::WaitStrategy::Spin)) is not seen to wait.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::time::Duration;
    /// use ipc_ring::{RingState, RingView, RingWriter, Side};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// let view = RingView::open(&path)?;
    /// let mut push = || writer.push(&[0; 3000], Some(Duration::from_millis(100)));
    /// push()?;
    /// let _ = push(); // no reader has come, and there is no space for another one
    /// let earlier = view.snapshot();
    /// let _ = push();
    /// let seen = view.snapshot_since(&earlier);
    /// assert_eq!(seen.state, RingState::Stuck { waiting: Side::Writer });
    /// assert!(seen.writer.waiting > Some(Duration::from_millis(100))); // since when
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot_since(&self, earlier: &Snapshot) -> Snapshot {
        standstill::judged(&self.ring, earlier, self.snapshot())
    }

    /// Whether the process that holds this side is stopped, by a signal (`SIGSTOP`, Ctrl-Z) or a debugger. `None`
    /// where that cannot be told: nobody holds it, the process is another user's or in another container, or this is
    /// not Linux. A process that a cgroup has frozen counts as one that goes on.
    ///
    /// It goes through `/proc`, which takes some 10 microseconds for each descriptor that a process of this system has
    /// open.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingView, RingWriter, Side};
    ///
    /// let _writer = RingWriter::create(&path, 4096)?;
    /// let view = RingView::open(&path)?;
    /// assert_ne!(view.is_stopped(Side::Writer), Some(true)); // it is this process
    /// assert_eq!(view.is_stopped(Side::Reader), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_stopped(&self, side: Side) -> Option<bool> {
        self.ring.is_stopped(side)
    }

    /// The messages that wait to be popped, oldest first and at most `max`, as copies: they stay in the ring.
    ///
    /// It ends with those that were there when it began, and with an error where the ring leaves it no more to see: see
    /// [`ViewError`](crate::ViewError).
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    ///
    /// let view = ipc_ring::RingView::open(&path)?;
    /// let bytes = view.messages(10).map(|message| message.map(|message| message.bytes));
    /// assert_eq!(bytes.collect::<Result<Vec<_>, _>>()?, [b"one", b"two"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn messages(&self, max: usize) -> WaitingMessages<'_> {
        WaitingMessages::of(&self.ring, max)
    }
}

impl fmt::Debug for RingView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingView").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
