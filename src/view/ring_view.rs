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

/// An onlooker's handle: looks at a ring without taking a side.
///
/// A view holds no lock and maps the ring read-only, so neither side notices it. It works with both sides attached,
/// with one, and with none. No call blocks or panics, whatever the file holds. A call tells what was true a moment ago:
/// the sides go on meanwhile.
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
    /// Opens a view of the ring at `path`, and takes nothing on trust. Never blocks.
    ///
    /// It also opens rings that no reader could: with another page size, of an older boot, or with a reserved byte that
    /// is not 0. [`refusal`](Self::refusal) tells.
    ///
    /// # Errors
    /// - [`OpenError::NotFound`]: nothing is at `path`.
    /// - [`OpenError::NotARing`], [`OpenError::Incompatible`]: the file is no ring, or a ring of another format. Choose
    ///   another path, or use the version of this library that made the ring.
    /// - [`OpenError::Untrusted`]: others may have made the file, or may change it: if they truncate it, this process
    ///   is killed. See [`Trust::any_owner`].
    /// - [`OpenError::UnsuitableFilesystem`]: this filesystem is not known to keep the space that it allocates. See
    ///   [`Trust::any_filesystem`].
    /// - [`OpenError::Io`]: the system refused a step, for instance because you may not read the file. The error names
    ///   the step.
    ///
    /// # Examples
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

    /// Opens a view of the ring at `path`, and trusts what `trust` says. Never blocks.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// use ipc_ring::{RingView, Trust};
    ///
    /// // Look at a ring that another user made.
    /// let view = RingView::open_trusting(&path, Trust::new().any_owner(true))?;
    /// assert_eq!(view.snapshot().used_bytes, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_trusting(path: impl AsRef<Path>, trust: Trust) -> Result<Self, OpenError> {
        file::view(path.as_ref(), trust).map(Self::of)
    }

    pub(crate) fn of(ring: Viewed) -> Self {
        Self { ring }
    }

    /// Returns the size of the ring in bytes.
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

    /// Returns the length of the longest message: the capacity less 16 bytes.
    ///
    /// These are the 8 bytes of its header, and the 8 bytes kept for the end of the stream.
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

    /// Returns how both sides order their accesses around a sleep.
    ///
    /// The mode was settled when the ring was created.
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

    /// Returns the ring's id, which no other ring has: see [`RingId`].
    ///
    /// A ring that takes this one's path later has another id.
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

    /// Tells whether the ring was created since the last start of the system.
    ///
    /// Returns `true` also if nobody can tell. See [`Trust::any_boot`].
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

    /// Returns the error with which [`RingReader::open`](crate::RingReader::open) would refuse this ring, if any.
    ///
    /// - [`OpenError::Incompatible`]: it is from a machine with another page size, or a reserved byte is not 0.
    /// - [`OpenError::AnotherBoot`]: it is older than the last start of the system.
    /// - [`OpenError::Io`]: the system did not tell which boot this is.
    ///
    /// It says nothing of who holds the ring, nor of whether its positions make sense: [`snapshot`](Self::snapshot)
    /// does.
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

    /// Looks at both sides: who is there, where they stand, what waits. Never blocks.
    ///
    /// Makes a few system calls, which ask who is there.
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

    /// Looks at both sides, and tells whether the ring is stuck since `earlier`. Never blocks.
    ///
    /// `earlier` is an earlier [`snapshot`](Self::snapshot) by this view. The state is
    /// [`Stuck`](crate::RingState::Stuck) where it would be [`Live`](crate::RingState::Live), if all of this holds:
    ///
    /// - Neither side moved, came or left between the two looks.
    /// - One side waited for the other all the time. If its process is stopped, a wait that it gave up before counts.
    /// - The other side will not end that. If the writer waits for space, the reader has never come, has left, has
    ///   died, or is stopped. If the reader waits for a message, the writer has died or is stopped.
    ///
    /// So a ring is not stuck in these cases:
    ///
    /// - Its reader waits for a living writer that sends nothing, or for the next writer after one that left.
    /// - Its writer waits for a living reader, however slow.
    /// - Its reader is gone or stopped, and the writer does not wait.
    ///
    /// A side that waits awake ([`WaitStrategy::Spin`](crate::WaitStrategy::Spin)) is not seen to wait.
    ///
    /// You choose the time between the two looks. A second is enough: a side that waits asleep wakes and sleeps again
    /// every 50 ms, which the looks see. Makes a few system calls; if a side waits, it may also go through the
    /// processes, as [`is_stopped`](Self::is_stopped) does.
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
    /// assert!(seen.writer.waiting > Some(Duration::from_millis(100))); // for how long
    /// # Ok(())
    /// # }
    /// ```
    pub fn snapshot_since(&self, earlier: &Snapshot) -> Snapshot {
        standstill::judged(&self.ring, earlier, self.snapshot())
    }

    /// Tells whether the process that holds `side` is stopped, if that can be told.
    ///
    /// A process is stopped by a signal (`SIGSTOP`, Ctrl-Z) or by a debugger. One that a cgroup has frozen does not
    /// count. Returns `None` if nobody holds the side, if the process is another user's or in another container, and on
    /// systems other than Linux.
    ///
    /// Goes through `/proc`: this takes some 10 microseconds for each descriptor that a process of this system has
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

    /// Iterates over copies of the messages that wait, oldest first, at most `max`. Never blocks.
    ///
    /// The messages stay in the ring. Those that come later are not seen.
    ///
    /// An item is a message or a [`ViewError`](crate::ViewError), which is the last item.
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
