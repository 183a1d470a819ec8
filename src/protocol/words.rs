//! The shared words: what each means, and who writes it. `docs/layout.md` (sections 2 to 4) specifies where they stand;
//! `layout.rs` has the numbers.
//!
//! **Every shared word has exactly one writer** (I0). Its writer reads a word back only when it attaches, except
//! figures. So nothing here is a read-modify-write, and a peer is believed only about its own words (T9).
//!
//! A side has three words, and its figures:
//!
//! - `cursor`: the side's position. CLOSED, in bit 0, says that the side has left. One load shows both.
//! - `wake_at`: the position of the peer at which this side wants to be woken. It carries CLOSED as well, for the
//!   writer. A writer loads the reader's `wake_at` before every push, and the reader's cursor only when it needs space.
//! - `epoch`: how many have held this side.
//!
//! A writer that leaves stores CLOSED together with the end of its stream, which is a record (`record.rs`). A successor
//! clears CLOSED; the record stays.
//!
//! Each word has two cache lines (128 bytes) to itself, since processors fetch lines in pairs.

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

/// A value with two cache lines to itself.
#[repr(C, align(128))]
pub(crate) struct Line<T>(T);

impl<T> Deref for Line<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

/// The shared words of one side. In the side's page they come after the bytes of the identity.
#[repr(C)]
pub(crate) struct Control {
    pub(crate) epoch: Line<Word>,
    pub(crate) cursor: Line<Word>,
    pub(crate) wake_at: Line<Word>,
    pub(crate) figures: Line<Figures>,
}

/// The words that a side stores for onlookers. No side depends on them.
#[repr(C)]
pub(crate) struct Figures {
    /// How often this side was about to sleep.
    pub(crate) sleeps: Figure,
    /// How often this side woke its peer.
    pub(crate) wakes: Figure,
    /// The longest wait of one call, in nanoseconds.
    pub(crate) longest_wait: Figure,
    /// When this side began to wait for the position in `waits_for`, in nanoseconds of the monotonic clock. 0: its
    /// holder has not slept since it attached, or stores another target now.
    waits_since: Figure,
    waits_for: Figure,
    /// The writer's notes. These and the figures below are the writer's alone.
    pub(crate) tally: Tally,
    /// How many messages the application gave up instead of pushing them.
    pub(crate) dropped: Figure,
    /// How many messages the application pushed that the ring had had already.
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

    /// Says that this side waits for nothing, for a new holder.
    pub(crate) fn clear_wait(&self) {
        self.waits_since.set(0);
    }

    /// Says that this side sleeps for `target`, in a call that has waited since `since`. If an earlier call gave up
    /// waiting for the same target, the time of that call stays.
    pub(crate) fn begin_wait(&self, target: Position, since: Instant) {
        if self.waits_since.get() == 0 || self.waits_for.get() != target.get() {
            // No time stands beside a target that is not its own, not even while both change.
            self.waits_since.set(0);
            fence(NOTE);
            self.waits_for.set(target.get());
            fence(NOTE);
            self.waits_since.set(since.to_nanoseconds());
        }
    }

    /// Returns since when this side has waited for its peer to be at `target`, if it says so.
    pub(crate) fn waits_since(&self, target: Position) -> Option<Instant> {
        let since = self.waits_since.get();
        fence(READ_NOTE);
        let is_for_it = self.waits_for.get() == target.get();
        fence(READ_NOTE);
        let stayed = self.waits_since.get() == since;
        (is_for_it && stayed && since != 0).then(|| Instant::from_nanoseconds(since))
    }
}

// The map of `layout.rs`: each word a line, in the order of declaration, and as many figures as the layout has.
const _: () = assert!(core::mem::size_of::<Line<u64>>() == 128 && identity::SIZE == word::EPOCH);
const _: () = assert!(core::mem::size_of::<Figures>() == figure::COUNT * core::mem::size_of::<Figure>());

impl Control {
    /// The places of a side's words and figures in its page, in bytes.
    pub(crate) const PLACES: [Range<usize>; 4] = [
        word::EPOCH..word::EPOCH + 8,
        word::CURSOR..word::CURSOR + 8,
        word::WAKE_AT..word::WAKE_AT + 8,
        word::FIGURES..word::FIGURES + figure::COUNT * 8,
    ];

    /// The words of a side that nobody has held yet, and which starts at `start`.
    pub(crate) fn new(start: Position) -> Self {
        Self {
            epoch: Line(Word::new(0)),
            cursor: Line(Word::new(Mark::open(start).to_word())),
            wake_at: Line(Word::new(Mark::open(start).to_word())),
            figures: Line(Figures::new(start)),
        }
    }
}

/// The content of a `cursor` or a `wake_at`: a position, and whether its side has left.
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

    /// Reads a mark from a word, whatever a peer stored there.
    pub(crate) const fn from_word(word: u64) -> Self {
        Self { position: Position::new(word & !word::CLOSED), closed: word & word::CLOSED != 0 }
    }

    /// Returns the mark if a record can start at its position.
    pub(crate) const fn aligned(self) -> Result<Self, Check> {
        if self.position.get() % GRANULE == 0 {
            Ok(self)
        } else {
            Err(Check::CursorAlignment)
        }
    }
}
