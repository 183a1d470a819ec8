//! Whoever sleeps with cause is woken: no interleaving leaves a side asleep whose target was reached. A lost wake is a
//! deadlock, which the engine reports: no timer rings unless a model says so.

use super::{pop, pop_many, push_all, push_each, try_pop_all, try_push, Stream};
use crate::thread;
use ipc_ring::model::engine::{times, Awakening};
use ipc_ring::{FenceMode, PopError};

/// A reader that may fall asleep on an empty ring; the writer has space for everything.
pub fn the_reader(stream: &Stream) {
    let (writer, reader) = stream.ends();
    let _sides = stream.pass(writer, reader, try_push);
    a_wake_was_asked_for("writer", "reader");
}

/// A side makes a system call at most once for each time that its peer announced where it wants to be woken.
fn a_wake_was_asked_for(waker: &'static str, sleeper: &'static str) {
    let wakes = times(waker, "woke its peer") + times(waker, "woke nobody");
    assert!(wakes <= times(sleeper, "announced itself"), "{wakes} wakes by the {waker}");
}

/// A writer that may fall asleep on a full ring, which the first `filled` messages filled before the race
/// began. The reader finds them there and never waits.
pub fn the_writer(stream: &Stream, filled: usize) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    push_each(&mut writer, &messages[..filled]);
    let (_writer, (mut reader, mut popped)) = stream.race(
        move || {
            push_all(&mut writer, &messages[filled..]);
            writer
        },
        move || {
            let popped = pop_many(&mut reader, filled);
            (reader, popped)
        },
    );
    a_wake_was_asked_for("reader", "writer");
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, expected);
}

/// Both sides may fall asleep, again and again: each message fills the ring.
pub fn both(stream: &Stream) {
    super::wrap::in_blocking_mode(stream);
}

/// A reader that may fall asleep on an empty ring while somebody else sleeps on the same word, who may have come first:
/// a message wakes both, and so does the end, where there is no message.
pub fn the_reader_beside_a_thief(stream: &Stream) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let (thiefs_ring, position) = (ring.clone(), stream.start.position);
    let thief = thread::spawn(move || thiefs_ring.sleep_beside_the_reader(position));
    let messages = stream.messages();
    let expected = messages.clone();
    stream.race(
        move || {
            push_each(&mut writer, &messages);
            drop(writer);
        },
        move || {
            assert_eq!(pop_many(&mut reader, expected.len()), expected);
            assert_eq!(pop(&mut reader), Err(PopError::Closed));
        },
    );
    // A thief that was not woken, for nobody else was asleep.
    ring.interrupt_reader(Awakening::ByTheTimer);
    thief.join().unwrap();
}

/// The same of a writer that may fall asleep on a full ring, which the first `filled` messages filled before the race
/// began.
pub fn the_writer_beside_a_thief(stream: &Stream, filled: usize) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    let expected = messages.clone();
    push_each(&mut writer, &messages[..filled]);
    let (thiefs_ring, position) = (ring.clone(), stream.start.position);
    let thief = thread::spawn(move || thiefs_ring.sleep_beside_the_writer(position));
    let (_writer, (mut reader, mut popped)) = stream.race(
        move || {
            push_all(&mut writer, &messages[filled..]);
            writer
        },
        move || {
            let popped = pop_many(&mut reader, filled);
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, expected);
    ring.interrupt_writer(Awakening::ByTheTimer);
    thief.join().unwrap();
}
