//! Whoever sleeps with cause is woken: no interleaving leaves a side asleep whose target was reached. A lost wake is a
//! deadlock, which the engine reports: in a model time stands still, and nobody wakes for the time.

use super::{pop, Stream};
use crate::engine::thread;

/// A reader that may fall asleep on an empty ring; the writer has space for everything.
pub fn the_reader(stream: &Stream) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    let reading = thread::spawn(move || {
        let popped = pop(&mut reader, expected.len());
        assert_eq!(popped, expected);
        reader
    });
    for message in &messages {
        writer.try_push(message).unwrap();
    }
    reading.join().unwrap();
}

/// A writer that may fall asleep on a full ring, which the first `filled` messages filled before the race
/// began. The reader finds them there and never waits.
pub fn the_writer(stream: &Stream, filled: usize) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    for message in &messages[..filled] {
        writer.try_push(message).unwrap();
    }
    let expected = messages.clone();
    let writing = thread::spawn(move || {
        for message in &messages[filled..] {
            writer.push(message, None).unwrap();
        }
        writer
    });
    let mut popped = pop(&mut reader, filled);
    let _writer = writing.join().unwrap();
    popped.extend(super::try_pop(&mut reader, 1));
    assert_eq!(popped, expected);
}

/// Both sides may fall asleep, again and again: each message fills the ring.
pub fn both(stream: &Stream) {
    super::wrap::in_blocking_mode(stream);
}
