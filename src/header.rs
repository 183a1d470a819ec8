//! The shared words: what they mean, who writes each, and where they stand.
//!
//! ```text
//!   offset 0      writer page      the writer stores, the reader loads
//!   control size  reader page      the reader stores, the writer loads
//!   twice that    bytes            the writer stores, the reader loads; `capacity` of them
//!
//!   a page:   0    identity (file/identity.rs; the writer's page only, constant once the file has its name)
//!             128  epoch    u64    attaches so far; 0: this side has not come yet
//!             256  cursor   u64    this side's position, a multiple of 8 | CLOSED
//!             384  wake_at  u64    the peer's position at which this side wants to be woken | CLOSED
//!             512  figures 12 u64  for onlookers: how it sleeps, waits and wakes, and its messages (tally.rs)
//! ```
//!
//! This is ABI 2. **What is nothing of this is zero** in both pages, and kept for later versions: no side is taken of a
//! ring in which it is not (`file/identity.rs`).
//!
//! **Every shared word has exactly one writer** (I0), and that one never reads it back but at attach, figures apart. So
//! there is no read-modify-write anywhere, and only of its own words is a peer believed (T9).
//!
//! A cursor carries CLOSED in bit 0, so that the last position and that its side has left are seen together. The
//! writer's is stored with the end of the stream, a record (`record.rs`), which stays when a successor clears the
//! bit. `wake_at` carries it too, for the writer, which looks at that word before every push and at the reader's
//! cursor only when it needs space.
//!
//! Each word has two cache lines of its own (128 bytes): processors fetch lines in pairs.

use core::ops::{Deref, Range};

use crate::atomics::fence;
use crate::atomics::figure::Figure;
use crate::atomics::order::{EPOCH, NOTE, READ_NOTE};
use crate::atomics::{Bytes, FenceMode, Instant, Presence, Shared, Word};
use crate::error::Check;
use crate::id::RingId;
use crate::index::{Capacity, Position};
use crate::record::GRANULE;
use crate::tally::Tally;

/// The bytes at the start of each page that are not the heart's: the writer's page has the ring's identity there.
pub(crate) const IDENTITY_SIZE: usize = 128;

/// A value with two cache lines of its own.
#[repr(C, align(128))]
pub(crate) struct Line<T>(T);

impl<T> Deref for Line<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The shared words of one side, behind the identity in its page.
#[repr(C)]
pub(crate) struct Control {
    pub(crate) epoch: Line<Word>,
    pub(crate) cursor: Line<Word>,
    pub(crate) wake_at: Line<Word>,
    pub(crate) figures: Line<Figures>,
}

/// What a side says of itself to onlookers. No side depends on it.
#[repr(C)]
pub(crate) struct Figures {
    /// How often it went to sleep.
    pub(crate) sleeps: Figure,
    /// How often it woke its peer.
    pub(crate) wakes: Figure,
    /// The longest that a call of it waited, in nanoseconds.
    pub(crate) longest_wait: Figure,
    /// When the call began that first went to sleep until the position below, in nanoseconds of the monotonic clock; 0:
    /// none has, of this side's holder.
    waits_since: Figure,
    waits_for: Figure,
    /// The writer's alone, as is what follows.
    pub(crate) tally: Tally,
    /// How many messages its application has given up instead of pushing them.
    pub(crate) dropped: Figure,
    /// How many of its messages it has pushed that the ring had had already.
    pub(crate) repeated: Figure,
}

impl Figures {
    fn new(start: Position) -> Self {
        let none = || Figure::new(0);
        Self {
            sleeps: none(),
            wakes: none(),
            longest_wait: none(),
            waits_since: none(),
            waits_for: none(),
            tally: Tally::new(start),
            dropped: none(),
            repeated: none(),
        }
    }

    /// This side's holder, which is new, waits for nothing.
    pub(crate) fn begin(&self) {
        self.waits_since.set(0);
    }

    /// This side goes to sleep until its peer is at `target`, in a call that has waited since then. Where one before it
    /// gave up waiting for the same, what that one said stays.
    pub(crate) fn waits(&self, target: Position, since: Instant) {
        if self.waits_since.get() == 0 || self.waits_for.get() != target.get() {
            self.waits_since.set(since.to_nanoseconds());
            fence(NOTE);
            self.waits_for.set(target.get());
        }
    }

    /// Since when this side has waited for its peer to be at `target`, if it says so.
    pub(crate) fn waits_since(&self, target: Position) -> Option<Instant> {
        let is_for_it = self.waits_for.get() == target.get();
        fence(READ_NOTE);
        let since = self.waits_since.get();
        (is_for_it && since != 0).then(|| Instant::from_nanoseconds(since))
    }
}

// The map above: a line each, in the order of their declaration.
const _: () = assert!(core::mem::size_of::<Line<u64>>() == 128 && IDENTITY_SIZE == 128);

impl Control {
    /// Where in a page something of a side's stands, in bytes.
    pub(crate) const PLACES: [Range<usize>; 4] = {
        const WORD: usize = 8;
        const fn line(number: usize, len: usize) -> Range<usize> {
            let begin = IDENTITY_SIZE + 128 * number;
            begin..begin + len
        }
        [line(0, WORD), line(1, WORD), line(2, WORD), line(3, core::mem::size_of::<Figures>())]
    };

    /// The words of a side that stands at `start` and has not come yet.
    pub(crate) fn new(start: Position) -> Self {
        Self {
            epoch: Line(Word::new(0)),
            cursor: Line(Word::new(Mark::open(start).to_word())),
            wake_at: Line(Word::new(Mark::open(start).to_word())),
            figures: Line(Figures::new(start)),
        }
    }
}

/// What a `cursor` and a `wake_at` hold: a position, and whether their side has left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    pub(crate) position: Position,
    pub(crate) closed: bool,
}

impl Mark {
    const CLOSED: u64 = 1;

    pub(crate) const fn open(position: Position) -> Self {
        Self { position, closed: false }
    }

    pub(crate) const fn closed(position: Position) -> Self {
        Self { position, closed: true }
    }

    pub(crate) const fn to_word(self) -> u64 {
        self.position.get() | self.closed as u64
    }

    /// The mark a word means, whatever a peer stored there.
    pub(crate) const fn from_word(word: u64) -> Self {
        Self { position: Position::new(word & !Self::CLOSED), closed: word & Self::CLOSED != 0 }
    }

    /// The mark, if its position is one a record can start at.
    pub(crate) const fn aligned(self) -> Result<Self, Check> {
        if self.position.get() % GRANULE == 0 {
            Ok(self)
        } else {
            Err(Check::CursorAlignment)
        }
    }
}

/// A ring as one side sees it: its own words, the peer's, and the bytes between them.
#[derive(Clone)]
pub(crate) struct Ring {
    /// This side stores, the peer loads.
    pub(crate) own: Shared<Control>,
    /// The peer stores, this side loads.
    pub(crate) peer: Shared<Control>,
    pub(crate) bytes: Bytes,
    pub(crate) capacity: Capacity,
    pub(crate) fences: FenceMode,
    pub(crate) id: RingId,
    pub(crate) presence: Presence,
    /// Whether this side waits for another peer where one died or left, as for one that has not come yet.
    pub(crate) awaits_successors: bool,
    /// Whether this side is a reader to whom each end of a stream is told by its record, and none by CLOSED.
    pub(crate) stops_at_ends: bool,
    /// Where the stream begins that such a reader gets: where it came, or where it has taken an end.
    pub(crate) stream_from: Position,
}

impl Ring {
    /// Whether a peer is waited for where there is none, to reach `target`: none has come yet, successors are
    /// awaited, or a stream that a reader gets as a whole has not begun.
    pub(crate) fn awaits_a_peer(&self, target: Position) -> bool {
        let has_not_begun = self.stops_at_ends && target == self.stream_from.after(GRANULE);
        self.awaits_successors || has_not_begun || self.peer.epoch.load(EPOCH) == 0
    }

    /// Whether what this mark says of the peer is the last that there will be.
    pub(crate) fn ends_at(&self, peer: Mark) -> bool {
        peer.closed && !self.awaits_successors && !self.stops_at_ends
    }

    /// A ring on the heap, both of whose sides stand at `start`, as its two sides see it: writer, reader.
    pub(crate) fn on_heap(capacity: Capacity, start: Position, fences: FenceMode) -> (Self, Self) {
        let (writers_view, readers_view) = Presence::on_heap();
        let writer = Self {
            own: Shared::on_heap(Control::new(start)),
            peer: Shared::on_heap(Control::new(start)),
            bytes: Bytes::on_heap(capacity.bytes() as usize),
            capacity,
            fences,
            id: RingId::NONE,
            presence: writers_view,
            awaits_successors: false,
            stops_at_ends: false,
            stream_from: start,
        };
        let (own, peer) = (writer.peer.clone(), writer.own.clone());
        let reader = Self { own, peer, presence: readers_view, ..writer.clone() };
        (writer, reader)
    }
}
