//! When a count of messages depends on records that may have gone: then, and only then, somebody is asked.

use core::cell::Cell;

use crate::atomics::Bytes;
use crate::index::{Capacity, Position};
use crate::record::Record;
use crate::tally::Tally;

/// Messages of 0, 8 and 0 bytes from `start` on, in a ring of 64 bytes. They end at 8, 24 and 32; two were noted.
fn three_messages(start: Position) -> (Tally, Bytes, Capacity) {
    let (capacity, bytes) = (Capacity::new(64).unwrap(), Bytes::on_heap(64));
    let mut at = start;
    for record in [0, 8, 0].map(Record::data) {
        put(&bytes, capacity, at, record.to_word());
        at = at.after(record.size());
    }
    let tally = Tally::new(start);
    tally.note(start.after(24), 2);
    (tally, bytes, capacity)
}

fn put(bytes: &Bytes, capacity: Capacity, at: Position, word: u64) {
    // SAFETY: I2 (a multiple of 8 within the capacity); I3 (nobody else has these bytes).
    unsafe { bytes.write_word(capacity.index(at), word) };
}

#[test]
fn whether_records_are_still_there_is_asked_of_those_before_the_note_alone() {
    for start in [0, 40, u64::MAX - 23].map(Position::new) {
        let (tally, bytes, capacity) = three_messages(start);
        for (position, messages, questions) in [(0, 0, 1), (8, 1, 1), (24, 2, 0), (32, 3, 0)] {
            let asked = Cell::new(0);
            let messages_if = |answer: bool| {
                asked.set(0);
                tally.messages_at(start.after(position), &bytes, capacity, || {
                    asked.set(asked.get() + 1);
                    answer
                })
            };
            assert_eq!((messages_if(true), asked.get()), (Some(messages), questions), "{position}");
            let otherwise = if questions == 0 { Some(messages) } else { None };
            assert_eq!((messages_if(false), asked.get()), (otherwise, questions), "{position}");
        }
    }
}

#[test]
fn whether_records_are_still_there_is_asked_when_they_were_counted_and_before_the_notes_are_looked_at_again() {
    let start = Position::new(0);
    let (tally, bytes, capacity) = three_messages(start);
    let asked = Cell::new(0);
    let messages = tally.messages_at(start.after(8), &bytes, capacity, || {
        asked.set(asked.get() + 1);
        put(&bytes, capacity, start.after(8), 0); // no record
        true
    });
    assert_eq!((messages, asked.get()), (Some(1), 1));

    let (tally, bytes, capacity) = three_messages(start);
    asked.set(0);
    let messages = tally.messages_at(start.after(8), &bytes, capacity, || {
        asked.set(asked.get() + 1);
        tally.note(start.after(32), 3); // so that it is counted once more
        true
    });
    assert_eq!((messages, asked.get()), (Some(1), 2));
}
