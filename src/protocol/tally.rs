//! How many messages went through a ring: exact, even where its writer was killed at any instant, and for nothing on
//! the hot path.
//!
//! A position does not tell, for records differ in size and some are padding. So the writer notes every so often where
//! it stands and how many messages it has written up to there, and whoever wants to know the number up to some other
//! position counts the records between the two. Those from the note on are there as long as it is the last one: a note
//! is made where each lap begins, before anything is written in it, so what the writer writes behind its last note
//! overwrites nothing behind that. Those before the note are there as long as the reader has not passed where the count
//! begins; once it has, the writer may have written over them, and without another note. A side that asks for its own
//! position passes nothing meanwhile. An onlooker has to see to it afterwards.
//!
//! ```text
//!      reader              note              writer
//!        |  still to read    |  of this lap    |
//!   -----+-------------------+-----------------+------  positions
//!        <---- count -------->
//!                            <---- count ------>
//! ```
//!
//! There are two notes, and a word that says which is the newer one: a writer that dies while it makes one leaves the
//! other. No side depends on any of this; a peer that lies here lies about a figure.

use super::error::CountError;
use super::position::{Capacity, Position};
use super::record::{Kind, Record, GRANULE};
use crate::atomics::figure::Figure;
use crate::atomics::order::{NOTE, READ_NOTE};
use crate::atomics::{fence, Bytes};

/// The writer's notes, in its page.
#[repr(C)]
pub(crate) struct Tally {
    /// How many notes were made. The last of them is the one of its parity.
    notes: Figure,
    note: [Note; 2],
}

/// So many messages were written up to this position.
#[repr(C)]
struct Note {
    position: Figure,
    messages: Figure,
}

impl Tally {
    /// The one of a ring whose sides stand at `start`.
    pub(crate) fn new(start: Position) -> Self {
        let note = || Note { position: Figure::new(start.get()), messages: Figure::new(0) };
        Self { notes: Figure::new(0), note: [note(), note()] }
    }

    /// Notes that `messages` were written up to `position`, unless there is a note of its lap up to there.
    pub(crate) fn note(&self, position: Position, messages: u64, capacity: Capacity) {
        if position.since(self.position_noted(0)) > capacity.index(position) as u64 {
            self.note_anew(position, messages);
        }
    }

    /// Notes it in any case. Where it is noted by the last note already, the one before that is gone.
    pub(crate) fn note_anew(&self, position: Position, messages: u64) {
        // The writer's own word: it needs no fence to read it.
        let notes = self.notes.get().wrapping_add(1);
        let note = self.slot(notes);
        note.position.set(position.get());
        note.messages.set(messages);
        fence(NOTE);
        self.notes.set(notes);
        fence(NOTE);
    }

    /// Where the writer stood at its last note, or at the one which is as many notes before it.
    fn position_noted(&self, before: u64) -> Position {
        Position::new(self.slot(self.notes.get().wrapping_sub(before)).position.get())
    }

    /// From where on the records up to `position`, at which a writer attaches, are as they were written.
    ///
    /// Its predecessor may have died and have written more, without publishing it, and so over what is a lap before.
    /// Where that began another lap, there is a note of it, at `position` or after it. Who attaches then notes that
    /// anew, so that nothing before it is taken for intact later on.
    pub(crate) fn intact_from(&self, position: Position, capacity: Capacity) -> Position {
        let [last, before] = [0, 1].map(|before| self.position_noted(before));
        let began_a_lap = last == position && capacity.index(position) == 0;
        if began_a_lap || !position.reaches(last) {
            position
        } else if last.reaches(before) {
            before
        } else {
            last
        }
    }

    /// Where the note of this number is made.
    fn slot(&self, notes: u64) -> &Note {
        &self.note[(notes % 2) as usize]
    }

    /// The last note, its number first.
    fn last(&self) -> (u64, Position, u64) {
        let notes = self.notes.get();
        fence(READ_NOTE);
        let note = self.slot(notes);
        (notes, Position::new(note.position.get()), note.messages.get())
    }

    /// How many messages were written up to `position`, which is that of the writer or of the reader.
    ///
    /// Records may be counted that are not there any more: `still_there` is asked after the count whether the reader
    /// has not passed `position`, where that matters. Once it has, no other attempt can help.
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

/// The messages from one record to another, as their headers have it.
fn count(from: Position, to: Position, bytes: &Bytes, capacity: Capacity) -> Option<u64> {
    let mut messages = 0;
    each_record(from, to, bytes, capacity, |_, record| messages += (record.kind == Kind::Data) as u64)?;
    Some(messages)
}

/// Where the last message before `position`, that of the writer, stands, if it can be found. The records from
/// `intact_from` up to there are as they were written, as far as the ring still has them.
///
/// A record begins there, and where each lap does, so those since then can be gone through. Where this lap has no
/// message yet, the last one is in the lap before, of which the beginning may be overwritten by now. There it is
/// found if one place alone looks like the header of a record that ends where the lap does, or where the ends of
/// streams do that follow it: what a payload holds may look like one, too.
pub(crate) fn last_message(
    position: Position,
    intact_from: Position,
    bytes: &Bytes,
    capacity: Capacity,
) -> Option<(Position, Record)> {
    let intact = position.since(intact_from).min(capacity.bytes());
    // What was written in this lap; all of the last one, where this one has only begun.
    let written = match capacity.index(position) as u64 {
        0 => capacity.bytes(),
        index => index,
    };
    let (begin, oldest) = (position.before(written.min(intact)), position.before(intact));
    let mut last = None;
    let keep = |at, record: Record| last = if record.kind == Kind::Data { Some((at, record)) } else { last };
    each_record(begin, position, bytes, capacity, keep)?;
    let mut end = begin;
    while last.is_none() {
        let ending = |at| record_at(at, end, bytes, capacity).filter(|record| record.size() == end.since(at));
        let places = (0..end.since(oldest)).step_by(GRANULE as usize).map(|bytes| oldest.after(bytes));
        let mut found = places.filter_map(|at| Some((at, ending(at)?)));
        match (found.next(), found.next()) {
            (Some((at, record)), None) if record.kind == Kind::Data => last = Some((at, record)),
            (Some((at, record)), None) if record == Record::END => end = at,
            _ => return None,
        }
    }
    last
}

/// The record whose header is at `at`, if it is one, ends by `end` and within its lap.
fn record_at(at: Position, end: Position, bytes: &Bytes, capacity: Capacity) -> Option<Record> {
    // SAFETY: I2 (a multiple of 8 within the capacity).
    let record = Record::from_word(unsafe { bytes.glance(capacity.index(at)) })?;
    Some(record).filter(|record| record.size() <= end.since(at).min(capacity.to_end(at)))
}

/// Shows `each` the records from one to another, as their headers have it, and where they stand. `None` where they make
/// no sense, once that is seen.
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
