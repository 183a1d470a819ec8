//! The positions of both sides: two words that change while a view loads them.

use crate::atomics::fence;
use crate::atomics::order::{OBSERVE, STILL_THERE};
use crate::file::Viewed;
use crate::protocol::{Check, Control, Mark, Position};

/// How often a view looks again if a side moved, came or left.
///
/// Then it takes what it has, which was true of each side at some moment of the look.
pub(super) const TRIES: u32 = 16;

/// Loads both cursors, again if the reader moved meanwhile.
///
/// A reader that has not moved was there when the writer's cursor was loaded.
pub(super) fn cursors(ring: &Viewed) -> Cursors {
    let load = |control: &Control| Mark::from_word(control.cursor.load(OBSERVE));
    let mut cursors = Cursors { reader: load(&ring.reader), writer: load(&ring.writer), later: None };
    for _ in 0..TRIES {
        let later = load(&ring.reader);
        if later == cursors.reader {
            return Cursors { later: None, ..cursors };
        }
        cursors = Cursors { reader: later, writer: load(&ring.writer), later: Some(later) };
    }
    Cursors { later: Some(load(&ring.reader)), ..cursors }
}

/// Whether the record at `position`, which was copied before, is still in the ring.
///
/// If so, the copy is the record's (I17), and the records after it were there too: the reader releases in order.
///
/// The writer overwrites a record only after it saw the reader's cursor past it. So a copy with one of the new bytes
/// was made after that store. The fence keeps this load from seeing an older cursor.
pub(super) fn was_there(ring: &Viewed, position: Position) -> bool {
    fence(STILL_THERE);
    position.reaches(Mark::from_word(ring.reader.cursor.load(OBSERVE)).position)
}

/// The cursors of both sides, as they were seen.
#[derive(Clone, Copy)]
pub(super) struct Cursors {
    /// Loaded first.
    pub(super) reader: Mark,
    /// Loaded second.
    pub(super) writer: Mark,
    /// The reader's cursor loaded once more, if the reader moved at each try.
    later: Option<Mark>,
}

impl Cursors {
    /// Returns the bytes between the two sides, if two sides can stand so.
    ///
    /// The writer is never before the reader, nor more than the capacity past it. The reader was between `reader` and
    /// `later` when the writer's cursor was loaded.
    pub(super) fn checked(&self, capacity: u64) -> Result<u64, Check> {
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
