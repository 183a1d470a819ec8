//! The shared words: what they mean and who writes each. Where they stand is specified by `docs/layout.md` (sections 2
//! to 4), and `layout.rs` has it in numbers.
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

use super::error::Check;
use super::position::Position;
use super::record::GRANULE;
use super::tally::Tally;
use crate::atomics::fence;
use crate::atomics::figure::Figure;
use crate::atomics::order::{NOTE, READ_NOTE};
use crate::atomics::{Instant, Word};
use crate::layout::{figure, identity, word};

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

/// The shared words of one side, after the identity in its page.
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
    pub(crate) fn clear_wait(&self) {
        self.waits_since.set(0);
    }

    /// This side goes to sleep until its peer is at `target`, in a call that has waited since then. Where one before it
    /// gave up waiting for the same, what that one said stays.
    pub(crate) fn begin_wait(&self, target: Position, since: Instant) {
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

// The map above: a line each, in the order of their declaration, and as many figures as the layout has.
const _: () = assert!(core::mem::size_of::<Line<u64>>() == 128 && identity::SIZE == word::EPOCH);
const _: () = assert!(core::mem::size_of::<Figures>() == figure::COUNT * core::mem::size_of::<Figure>());

impl Control {
    /// Where in a page something of a side's stands, in bytes.
    pub(crate) const PLACES: [Range<usize>; 4] = [
        word::EPOCH..word::EPOCH + 8,
        word::CURSOR..word::CURSOR + 8,
        word::WAKE_AT..word::WAKE_AT + 8,
        word::FIGURES..word::FIGURES + figure::COUNT * 8,
    ];

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
    pub(crate) const fn open(position: Position) -> Self {
        Self { position, closed: false }
    }

    pub(crate) const fn closed(position: Position) -> Self {
        Self { position, closed: true }
    }

    pub(crate) const fn to_word(self) -> u64 {
        self.position.get() | if self.closed { word::CLOSED } else { 0 }
    }

    /// The mark a word means, whatever a peer stored there.
    pub(crate) const fn from_word(word: u64) -> Self {
        Self { position: Position::new(word & !word::CLOSED), closed: word & word::CLOSED != 0 }
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
