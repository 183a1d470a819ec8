//! The findings of a view that looks at a ring.

use std::time::Duration;

use crate::protocol::{Check, CountError, Side};

/// A ring as it was when a view looked at it.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// for message in [b"one", b"two", b"six"] {
///     writer.push(message, None)?;
/// }
/// reader.pop(&mut Vec::new(), None)?;
///
/// let seen = ipc_ring::RingView::open(&path)?.snapshot();
/// let waiting = seen.writer.message_count?.wrapping_sub(seen.reader.message_count?);
/// assert_eq!((waiting, seen.used_bytes), (2, 32));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The side that pushes.
    pub writer: SideView,
    /// The side that pops.
    pub reader: SideView,
    /// The number of bytes in use: messages not yet popped, headers, padding, ends. All bytes of the ring if it is
    /// [corrupt](RingState::Corrupt).
    pub used_bytes: usize,
    /// The state of the ring.
    pub state: RingState,
}

/// A side of a ring as it was when a view looked at it.
///
/// Apart from `state`, all of it is what the file says. Whoever can write to the file can make it say anything, and so
/// can damage: add and subtract with `wrapping_` or `checked_` methods.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{RingView, RingWriter};
///
/// RingWriter::create(&path, 4096)?.push(b"data", None)?;
/// let mut successor = RingWriter::attach(&path)?;
/// successor.push(b"more", None)?;
///
/// let writer = RingView::open(&path)?.snapshot().writer;
/// assert_eq!((writer.epoch, writer.message_count), (2, Ok(2))); // its predecessor's message counts
/// assert_eq!((writer.position, writer.awaits), (40, None)); // it has space, so it does not sleep
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SideView {
    /// Whether a living process holds the side.
    pub state: SideState,
    /// The bytes that this side ever pushed or popped, modulo 2^64. Headers, padding and ends of streams count.
    pub position: u64,
    /// The number of holders that this side ever had, the present one included.
    pub epoch: u64,
    /// The number of messages that all its holders pushed or popped, or why nobody can tell.
    pub message_count: Result<u64, CountError>,
    /// How often this side was about to sleep, over all its holders.
    pub sleeps: u64,
    /// How often this side woke its peer, over all its holders.
    pub wakes: u64,
    /// The longest wait of one call, as of its last look at the clock.
    pub longest_wait: Duration,
    /// The target that this side announced, if its peer has not reached it. The writer sleeps for space, the reader for
    /// a message. It may have given up since.
    pub awaits: Option<u64>,
    /// How long this side has waited for [`awaits`](Self::awaits) so far, over several calls in a row. `None` if it
    /// awaits nothing, or if nobody can tell.
    pub waiting: Option<Duration>,
    /// The messages that the writers counted as given up
    /// ([`RingWriter::count_dropped`](crate::RingWriter::count_dropped)), modulo 2^64. 0 for a reader.
    pub dropped: u64,
    /// The messages that the writers counted as pushed again
    /// ([`RingWriter::count_repeated`](crate::RingWriter::count_repeated)), modulo 2^64. 0 for a reader.
    pub repeated: u64,
}

/// Whether a living process holds a side, or how the last holder left.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let _writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// use ipc_ring::{RingReader, RingView, SideState};
///
/// let view = RingView::open(&path)?;
/// let reader_is = || view.snapshot().reader.state;
/// assert_eq!(reader_is(), SideState::Absent);
/// let reader = RingReader::open(&path)?;
/// assert_eq!(reader_is(), SideState::Attached);
/// drop(reader); // if its process is killed: `Died`
/// assert_eq!(reader_is(), SideState::Closed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SideState {
    /// Nobody has ever held the side.
    Absent,
    /// A living process holds the side.
    Attached,
    /// Nobody holds the side. Its last holder closed it.
    Closed,
    /// Nobody holds the side. Its last holder died, or was a writer that was abandoned.
    Died,
}

/// The state of a ring, by a look at both sides.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # drop(ipc_ring::RingWriter::create(&path, 4096)?);
/// use ipc_ring::{RingState, RingView};
///
/// let advice = match RingView::open(&path)?.snapshot().state {
///     RingState::Live => "leave it alone",
///     RingState::Stuck { .. } => "start the other side",
///     RingState::Idle => "use it, or remove it",
///     RingState::Orphaned => "go on where somebody was killed",
///     RingState::Corrupt { .. } => "remove it",
///     _ => "ask a newer version",
/// };
/// assert_eq!(advice, "use it, or remove it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RingState {
    /// A living process holds a side.
    Live,
    /// A living process holds a side and waits in vain.
    ///
    /// Nothing moves until somebody does something about the other side. Only
    /// [`snapshot_since`](crate::RingView::snapshot_since) finds this; it says when.
    Stuck {
        /// The side that waits. Its [`waiting`](SideView::waiting) says how long, if that is known. The
        /// [`state`](SideView::state) of the other side says why: if that is [`Attached`](SideState::Attached), its
        /// process is stopped.
        waiting: Side,
    },
    /// Nobody holds a side, and the last holder of each closed it. Messages may wait.
    Idle,
    /// Nobody holds a side, and a last holder died or was abandoned. Its successor goes on where it stood.
    Orphaned,
    /// The positions of the sides make no sense. No process can go on with this ring: remove it.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
}
