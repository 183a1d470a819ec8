//! A ring seen by somebody who has no part in it: where both sides stand, who is there, and what waits.
//!
//! Knows the shared words, and in `view/waiting.rs` records, and believes neither: whoever holds a side goes on
//! meanwhile, and may break the protocol. So every word is loaded once and checked on the copy, what a record says is
//! held against the ring, and a message is copied first, and given out only if its place had not been given back by
//! then (I17).

mod remove;
mod snapshot;
mod standstill;
mod waiting;

use core::fmt;
use std::path::Path;
use std::time::Duration;

use crate::atomics::order::{EPOCH, GLANCE, OBSERVE};
use crate::atomics::{FenceMode, Instant};
use crate::file::{self, OpenError, Trust, Viewed};
use crate::protocol::{Check, Control, CountError, Mark, Position, RingId, Side};

pub use remove::{remove, remove_drained};
pub use snapshot::{RingState, SideState, SideView, Snapshot};
pub use waiting::{ViewError, WaitingMessage, WaitingMessages};

/// How often a view looks again where a side moved, came or left while it looked. Then it takes what it has, which was
/// true of each side at some moment of the look.
const TRIES: u32 = 16;

/// How many looks it takes for the sake of the messages, where a side was too fast for them to be counted.
const COUNTS: u32 = 4;

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
        let mut before = self.holders();
        for look in 1..=TRIES {
            let cursors = self.cursors();
            let now = self.holders();
            if now == before {
                let seen = self.judged(now, cursors);
                let is_counted = [seen.writer, seen.reader].iter().all(|side| side.message_count.is_ok());
                if is_counted || look >= COUNTS {
                    return seen;
                }
            }
            before = now;
        }
        // A living side is never called dead: one that comes and goes all the time is there.
        let (cursors, now) = (self.cursors(), self.holders());
        let settled = |at: usize| Holder { is_there: now[at].is_there || now[at] != before[at], ..now[at] };
        self.judged([settled(0), settled(1)], cursors)
    }

    /// The messages that wait to be popped, oldest first and at most `max`, as copies: they stay in the ring.
    ///
    /// It ends with those that were there when it began, and with an error where the ring leaves it no more to see: see
    /// [`ViewError`].
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
        let cursors = self.cursors();
        let position = cursors.reader.position;
        let (waiting, refused) = match cursors.checked(self.ring.capacity.bytes()) {
            Ok(waiting) => (waiting, None),
            Err(check) => (0, Some(check)),
        };
        WaitingMessages::new(self, position, waiting, max, refused)
    }

    /// Who holds the sides: writer, reader.
    fn holders(&self) -> [Holder; 2] {
        [(Side::Writer, &self.ring.writer), (Side::Reader, &self.ring.reader)].map(|(side, control)| Holder {
            // Asked first: who has left has said so before.
            is_there: self.ring.is_held(side),
            epoch: control.epoch.load(EPOCH),
        })
    }

    /// Where both sides are: the reader as it was before the writer was looked at and, as often as it goes, still is.
    fn cursors(&self) -> Cursors {
        let load = |control: &Control| Mark::from_word(control.cursor.load(OBSERVE));
        let mut cursors = Cursors { reader: load(&self.ring.reader), writer: load(&self.ring.writer), later: None };
        for _ in 0..TRIES {
            let later = load(&self.ring.reader);
            if later == cursors.reader {
                return Cursors { later: None, ..cursors };
            }
            cursors = Cursors { reader: later, writer: load(&self.ring.writer), later: Some(later) };
        }
        Cursors { later: Some(load(&self.ring.reader)), ..cursors }
    }

    /// The messages that were ever pushed up to this position, where a side stood a moment ago.
    fn messages_at(&self, position: Position) -> Result<u64, CountError> {
        let Viewed { writer, bytes, capacity, .. } = &self.ring;
        writer.figures.tally.messages_at(position, bytes, *capacity, || self.was_there(position))
    }

    /// What all that was seen means.
    fn judged(&self, [writer, reader]: [Holder; 2], cursors: Cursors) -> Snapshot {
        let capacity = self.ring.capacity.bytes();
        let checked = cursors.checked(capacity);
        let side = |holder: Holder, mark: Mark, own: &Control, peer_at: Position| {
            let target = Mark::from_word(own.wake_at.load(GLANCE)).position;
            let announced = holder.is_there && (1..=capacity).contains(&target.since(peer_at));
            let state = match (holder.is_there, mark.closed) {
                (true, _) => SideState::Attached,
                _ if holder.epoch == 0 => SideState::Absent,
                (false, true) => SideState::Closed,
                (false, false) => SideState::Died,
            };
            let figures = &own.figures;
            let waits_since = announced.then(|| figures.waits_since(target)).flatten();
            SideView {
                state,
                position: mark.position.get(),
                epoch: holder.epoch,
                message_count: self.messages_at(mark.position),
                sleeps: figures.sleeps.get(),
                wakes: figures.wakes.get(),
                longest_wait: Duration::from_nanos(figures.longest_wait.get()),
                awaits: announced.then_some(target.get()),
                waiting: waits_since.and_then(|since| Instant::now().checked_duration_since(since)),
                dropped: figures.dropped.get(),
                repeated: figures.repeated.get(),
            }
        };
        let writer = side(writer, cursors.writer, &self.ring.writer, cursors.reader.position);
        let reader = side(reader, cursors.reader, &self.ring.reader, cursors.writer.position);
        let states = [writer.state, reader.state];
        let state = match checked {
            Err(check) => RingState::Corrupt { check },
            Ok(_) if states.contains(&SideState::Attached) => RingState::Live,
            Ok(_) if states.contains(&SideState::Died) => RingState::Orphaned,
            Ok(_) => RingState::Idle,
        };
        Snapshot { writer, reader, used_bytes: checked.unwrap_or(capacity) as usize, state }
    }
}

impl fmt::Debug for RingView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingView").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// Who holds a side, as far as can be told at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Holder {
    is_there: bool,
    epoch: u64,
}

/// Where both sides were seen.
#[derive(Clone, Copy)]
struct Cursors {
    /// Loaded first.
    reader: Mark,
    /// Loaded then.
    writer: Mark,
    /// The reader once more, where it would not stand still.
    later: Option<Mark>,
}

impl Cursors {
    /// The bytes between the two, if these are places where two sides can be.
    ///
    /// The writer is never behind the reader, and never more than the capacity ahead of it. When it was looked at, the
    /// reader was somewhere from where it was seen before to where it was seen later.
    fn checked(&self, capacity: u64) -> Result<u64, Check> {
        let (reader, writer) = (self.reader.aligned()?.position, self.writer.aligned()?.position);
        let moved = self.later.map_or(0, |later| later.position.since(reader));
        let ahead = writer.since(reader);
        let possible = moved < 1 << 63 && ahead <= moved.saturating_add(capacity);
        possible.then_some(ahead.min(capacity)).ok_or(Check::CursorRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_moves_while_it_is_looked_at_excuses_a_writer_that_is_farther_ahead_but_no_more_than_that() {
        let open = |position| Mark::open(Position::new(position));
        let checked = |reader, writer, later: Option<u64>| {
            Cursors { reader: open(reader), writer: open(writer), later: later.map(open) }.checked(64)
        };
        for start in [0, 1 << 32, u64::MAX - 63] {
            let at = |bytes: u64| start.wrapping_add(bytes);
            assert_eq!(checked(at(0), at(64), None), Ok(64));
            assert_eq!(checked(at(0), at(72), None), Err(Check::CursorRange));
            assert_eq!(checked(at(0), at(72), Some(at(8))), Ok(64), "no more than the ring holds");
            assert_eq!(checked(at(0), at(80), Some(at(8))), Err(Check::CursorRange));
            assert_eq!(checked(at(8), at(0), Some(at(16))), Err(Check::CursorRange));
            assert_eq!(checked(at(8), at(16), Some(at(0))), Err(Check::CursorRange), "it never goes back");
        }
    }
}
