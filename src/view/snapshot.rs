//! What a look at a ring finds.

use std::time::Duration;

use crate::protocol::{Check, CountError, Side};

/// How a ring was when it was looked at.
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
/// let waiting = seen.writer.message_count? - seen.reader.message_count?;
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
    /// The bytes of the ring that hold messages not yet popped, their headers, padding and ends of streams included:
    /// how far the reader lags behind. All of the ring where it is [corrupt](RingState::Corrupt).
    pub used_bytes: usize,
    /// What that makes of the ring.
    pub state: RingState,
}

/// A side of a ring as it was when it was looked at.
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
    /// Whether anybody holds it.
    pub state: SideState,
    /// The bytes that it ever pushed or popped, modulo 2^64, headers, padding and ends of streams included.
    pub position: u64,
    /// How many processes have held it, one after the other, the one that does now included.
    pub epoch: u64,
    /// The messages that it ever pushed or popped, also where processes were killed, or why nobody can tell.
    pub message_count: Result<u64, CountError>,
    /// How often it went to sleep, in all of its holders' lives.
    pub sleeps: u64,
    /// How often it woke its peer.
    pub wakes: u64,
    /// The longest that a call of it waited, rounded down to when it last looked at the clock.
    pub longest_wait: Duration,
    /// The position of its peer until which it has announced that it sleeps, if it has, and the peer is not there yet:
    /// the writer for space, the reader for a message. It may have given up meanwhile.
    pub awaits: Option<u64>,
    /// How long it has waited for that by now, in all calls that did, one after the other. `None` where
    /// [`awaits`](Self::awaits) is, and where it cannot be told.
    pub waiting: Option<Duration>,
    /// The messages that the writers said they gave up
    /// ([`RingWriter::count_dropped`](crate::RingWriter::count_dropped)), modulo 2^64. Of a reader it is 0.
    pub dropped: u64,
    /// The messages that the writers said they pushed again
    /// ([`RingWriter::count_repeated`](crate::RingWriter::count_repeated)), modulo 2^64. Of a reader it is 0.
    pub repeated: u64,
}

/// Whether anybody holds a side.
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
/// drop(reader); // where its process is killed: `Died`
/// assert_eq!(reader_is(), SideState::Closed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SideState {
    /// Nobody ever has.
    Absent,
    /// A living process does.
    Attached,
    /// The last one that did closed its end.
    Closed,
    /// The last one that did has ended without closing it.
    Died,
}

/// What is to be made of a ring.
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
    /// A living process holds a side, and waits: nothing has moved since an earlier look, and nothing will before
    /// somebody does something about the other side. Of a [`snapshot_since`](crate::RingView::snapshot_since) alone,
    /// which says when.
    Stuck {
        /// The side that waits. Since when is its [`waiting`](SideView::waiting), or not known. The other one's
        /// [`state`](SideView::state) says why it does nothing: if it is [`Attached`](SideState::Attached), its process
        /// is stopped.
        waiting: Side,
    },
    /// Nobody does, and whoever did has closed its end. Messages may wait.
    Idle,
    /// Nobody does, and a process that did has ended without closing its end. Whoever takes its side goes on where it
    /// stood.
    Orphaned,
    /// The positions of the sides make no sense: no process can go on with it.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
}
