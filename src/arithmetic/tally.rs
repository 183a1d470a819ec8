//! When a count of messages depends on records that may have gone: then, and only then, somebody is asked.

use core::cell::Cell;

use crate::atomics::Bytes;
use crate::protocol::{last_message, Tally};
use crate::protocol::{Capacity, Position};
use crate::protocol::{CountError, Record};

/// Messages of 0, 8, 0 and 24 bytes from `start` on, in a ring of 64 bytes. They end at 8, 24, 32 and 64; two were
/// noted.
fn four_messages(start: Position) -> (Tally, Bytes, Capacity) {
    let (capacity, bytes) = (Capacity::new(64).unwrap(), Bytes::on_heap(64));
    let mut at = start;
    for record in [0, 8, 0, 24].map(Record::data) {
        put(&bytes, capacity, at, record.to_word());
        at = at.after(record.size());
    }
    // The note before that is of the lap before.
    let tally = Tally::new(start.before(64));
    tally.note(start.after(24), 2, capacity);
    (tally, bytes, capacity)
}

fn put(bytes: &Bytes, capacity: Capacity, at: Position, word: u64) {
    // SAFETY: I2 (a multiple of 8 within the capacity); I3 (nobody else has these bytes).
    unsafe { bytes.write_word(capacity.index(at), word) };
}

// Checks: I17.
#[test]
fn whether_records_are_still_there_is_asked_of_those_before_the_note_alone() {
    for start in [0, 64, u64::MAX - 63].map(Position::new) {
        let (tally, bytes, capacity) = four_messages(start);
        for (position, messages, questions) in [(0, 0, 1), (8, 1, 1), (24, 2, 0), (32, 3, 0)] {
            let asked = Cell::new(0);
            let messages_if = |answer: bool| {
                asked.set(0);
                tally.messages_at(start.after(position), &bytes, capacity, || {
                    asked.set(asked.get() + 1);
                    answer
                })
            };
            assert_eq!((messages_if(true), asked.get()), (Ok(messages), questions), "{position}");
            let otherwise = if questions == 0 { Ok(messages) } else { Err(CountError::Outrun) };
            assert_eq!((messages_if(false), asked.get()), (otherwise, questions), "{position}");
        }
    }
}

#[test]
fn whether_records_are_still_there_is_asked_when_they_were_counted_and_before_the_notes_are_looked_at_again() {
    let start = Position::new(0);
    let (tally, bytes, capacity) = four_messages(start);
    let asked = Cell::new(0);
    let messages = tally.messages_at(start.after(8), &bytes, capacity, || {
        asked.set(asked.get() + 1);
        put(&bytes, capacity, start.after(8), 0); // no record
        true
    });
    assert_eq!((messages, asked.get()), (Ok(1), 1));

    let (tally, bytes, capacity) = four_messages(start);
    asked.set(0);
    let messages = tally.messages_at(start.after(8), &bytes, capacity, || {
        asked.set(asked.get() + 1);
        tally.note(start.after(64), 4, capacity); // so that it is counted once more
        true
    });
    assert_eq!((messages, asked.get()), (Ok(1), 2));
}

#[test]
fn a_lap_is_noted_once_unless_somebody_went_on_who_did_not_get_so_far() {
    let capacity = Capacity::new(64).unwrap();
    for start in [0, 64, u64::MAX - 63].map(Position::new) {
        let tally = Tally::new(start);
        let intact_from = |bytes| tally.intact_from(start.after(bytes)).since(start);
        let noted = |bytes| {
            tally.note(start.after(bytes), bytes / 8, capacity);
            intact_from(bytes)
        };
        let steps = [(0, 0), (8, 0), (56, 0), (64, 64), (72, 64), (120, 64), (136, 136), (184, 136)];
        assert_eq!(steps.map(|(bytes, _)| noted(bytes)), steps.map(|(_, from)| from));
        // It wrote another lap, and published none of it. Whoever attaches notes that anew.
        noted(192);
        assert_eq!([intact_from(160), intact_from(192), intact_from(200)], [160, 192, 192]);
        tally.note_anew(start.after(160), 20);
        assert_eq!([noted(168), noted(192), noted(200)], [160, 192, 192]);
    }
}

#[test]
fn the_last_message_is_looked_for_from_one_record_to_another() {
    let start = Position::new(u64::MAX - 63);
    let (_, bytes, capacity) = four_messages(start);
    let last = |from, to| {
        let found = last_message(start.after(from), start.after(to), &bytes, capacity);
        found.map(|(at, record)| (at.since(start), record.length()))
    };
    assert_eq!([last(0, 24), last(8, 24), last(24, 24)], [Some((8, 8)), Some((8, 8)), None]);
    assert_eq!([last(0, 64), last(32, 64), last(64, 64)], [Some((32, 24)), Some((32, 24)), None]);
    // After the end of a stream, which stands where the first message was.
    put(&bytes, capacity, start.after(64), Record::END.to_word());
    assert_eq!([last(8, 72), last(32, 72), last(64, 72)], [Some((32, 24)), Some((32, 24)), None]);
    assert_eq!(last(0, 72), None, "more than a lap");
}
