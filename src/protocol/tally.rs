//! How many messages went through a ring: exact, even where the writer was killed at any instant, and free on the hot
//! path.
//!
//! A position does not tell how many messages came before it: records differ in size, and some are padding. So the
//! writer makes a **note** now and then: where it stands, and how many messages it has written up to there. Whoever
//! wants the number up to another position takes the last note, and counts the records between the two.
//!
//! ```text
//!      reader              note              writer
//!        |  still to read    |  of this lap    |
//!   -----+-------------------+-----------------+------  positions
//!        <---- count -------->
//!                            <---- count ------>
//! ```
//!
//! Are those records still there?
//!
//! - *After the note*: yes, as long as it is the last one. The writer makes a note where each lap begins, before it
//!   writes anything in that lap. So what it writes after its last note overwrites nothing after that note.
//! - *Before the note*: yes, as long as the reader has not passed the position that the count begins at. Once the
//!   reader has, the writer may have overwritten them, and has not made another note. A side that asks for its own
//!   position passes nothing meanwhile. A view has to check it afterwards.
//!
//! There are two notes, and a word that counts them and so tells which is the last. A writer that dies while it makes
//! one leaves the other. No side depends on any of this. A peer that lies here lies about a figure alone.
//!
//! Read [`Tally::note`] and [`Tally::messages_at`] first. [`last_message`] and [`last_record`] begin at the last note,
//! too ([`Tally::intact_from`]).

use super::error::CountError;
use super::position::{Capacity, Position};
use super::record::{Kind, Record, GRANULE};
use crate::atomics::figure::Figure;
use crate::atomics::order::{NOTE, READ_NOTE};
use crate::atomics::{fence, Bytes};

/// The writer's notes, in its page of the file.
#[repr(C)]
pub(crate) struct Tally {
    /// The number of notes made so far. The last one stands at this number modulo 2.
    notes: Figure,
    note: [Note; 2],
}

/// A note: up to this position, the writer has written this number of messages.
#[repr(C)]
struct Note {
    position: Figure,
    messages: Figure,
}

impl Tally {
    /// The notes of a new ring, whose sides stand at `start`.
    pub(crate) fn new(start: Position) -> Self {
        let note = || Note { position: Figure::new(start.get()), messages: Figure::new(0) };
        Self { notes: Figure::new(0), note: [note(), note()] }
    }

    /// Notes that `messages` were written up to `position`, if it is due. It is not if the last note is in this lap, at
    /// `position` or before it.
    pub(crate) fn note(&self, position: Position, messages: u64, capacity: Capacity) {
        if position.since(self.position_noted()) > capacity.index(position) as u64 {
            self.note_anew(position, messages);
        }
    }

    /// Notes that `messages` were written up to `position`. Called for the position of the last note, it makes both
    /// notes the same, so that none is left from before.
    pub(crate) fn note_anew(&self, position: Position, messages: u64) {
        // It is the writer's own word, so reading it needs no fence.
        let notes = self.notes.get().wrapping_add(1);
        let note = self.slot(notes);
        note.position.set(position.get());
        note.messages.set(messages);
        fence(NOTE);
        self.notes.set(notes);
        fence(NOTE);
    }

    /// Returns the position in the last note.
    fn position_noted(&self) -> Position {
        Position::new(self.slot(self.notes.get()).position.get())
    }

    /// Returns from where on the records up to `position` are as they were written. A writer stands there, or attaches.
    ///
    /// They are from the last note on: whatever was written since then, published or not, overwrote older records
    /// alone. But a predecessor may have died in a later lap than it had published. Then the last note is after
    /// `position`, and nothing before `position` is known to be intact. A writer that attaches then makes that note
    /// anew, at its own position.
    pub(crate) fn intact_from(&self, position: Position) -> Position {
        let noted = self.position_noted();
        if position.reaches(noted) {
            noted
        } else {
            position
        }
    }

    /// Returns the place of the note with this number.
    fn slot(&self, notes: u64) -> &Note {
        &self.note[(notes % 2) as usize]
    }

    /// Loads the last note: its number, its position and its messages.
    fn last(&self) -> (u64, Position, u64) {
        let notes = self.notes.get();
        fence(READ_NOTE);
        let note = self.slot(notes);
        (notes, Position::new(note.position.get()), note.messages.get())
    }

    /// Counts the messages that were written up to `position`, where a side stands.
    ///
    /// The count may have read records that are not there any more. So after it `still_there` is asked, where that
    /// matters, whether the reader has not passed `position`. Once it has, another attempt would not help.
    pub(crate) fn messages_at(
        &self,
        position: Position,
        bytes: &Bytes,
        capacity: Capacity,
        still_there: impl Fn() -> bool,
    ) -> Result<u64, CountError> {
        const ATTEMPTS: u32 = 8;
        for _ in 0..ATTEMPTS {
            let (notes, noted, messages) = self.last();
            let before_the_note = !position.reaches(noted);
            let counted = if before_the_note {
                count(position, noted, bytes, capacity).map(|less| messages.wrapping_sub(less))
            } else {
                count(noted, position, bytes, capacity).map(|more| messages.wrapping_add(more))
            };
            fence(READ_NOTE);
            if before_the_note && !still_there() {
                return Err(CountError::Outrun);
            }
            if self.notes.get() == notes {
                return counted.ok_or(CountError::Damaged);
            }
        }
        Err(CountError::Outrun)
    }
}

/// Counts the messages from one record to another, by their headers.
fn count(from: Position, to: Position, bytes: &Bytes, capacity: Capacity) -> Option<u64> {
    let mut messages = 0;
    each_record(from, to, bytes, capacity, |_, record| messages += (record.kind == Kind::Data) as u64)?;
    Some(messages)
}

/// Finds the last message between two positions, at which records begin, and its record.
pub(crate) fn last_message(
    from: Position,
    to: Position,
    bytes: &Bytes,
    capacity: Capacity,
) -> Option<(Position, Record)> {
    let mut last = None;
    let keep = |at, record: Record| last = if record.kind == Kind::Data { Some((at, record)) } else { last };
    each_record(from, to, bytes, capacity, keep)?;
    last
}

/// Finds the last record between two positions, at which records begin.
pub(crate) fn last_record(from: Position, to: Position, bytes: &Bytes, capacity: Capacity) -> Option<Record> {
    let mut last = None;
    each_record(from, to, bytes, capacity, |_, record| last = Some(record))?;
    last
}

/// Reads the record at `at`, if it ends within its lap and by `end`.
fn record_at(at: Position, end: Position, bytes: &Bytes, capacity: Capacity) -> Option<Record> {
    // SAFETY: I2 (a multiple of 8 within the capacity).
    let record = Record::from_word(unsafe { bytes.glance(capacity.index(at)) })?;
    Some(record).filter(|record| record.size() <= end.since(at).min(capacity.to_end(at)))
}

/// Calls `each` with each record between two positions, and with where it stands. Returns `None` once a header makes no
/// sense.
fn each_record(
    from: Position,
    to: Position,
    bytes: &Bytes,
    capacity: Capacity,
    mut each: impl FnMut(Position, Record),
) -> Option<()> {
    if to.since(from) > capacity.bytes() || from.get() % GRANULE != 0 {
        return None;
    }
    let mut at = from;
    while at != to {
        let record = record_at(at, to, bytes, capacity)?;
        each(at, record);
        at = at.after(record.size());
    }
    Some(())
}
