//! A side that leaves is missed: the peer, awake or asleep, gets what is left and then learns the end. A successor
//! goes on.

use super::Stream;
use crate::engine::thread;
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, PushError, RingWriter};

/// The writer pushes everything and leaves. The reader gets all of it, then `Closed`.
pub fn by_the_writer(stream: &Stream) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    let writing = thread::spawn(move || {
        for message in &messages {
            writer.try_push(message).unwrap();
        }
    });
    let mut popped = Vec::new();
    let mut buffer = Vec::new();
    while reader.pop(&mut buffer, None).map_err(|error| assert_eq!(error, PopError::Closed)).is_ok() {
        popped.push(buffer.clone());
    }
    assert_eq!(popped, expected);
    writing.join().unwrap();
}

/// The reader takes `takes` messages without waiting and leaves. The writer pushes until it learns of it, which
/// it does although it may be asleep; what was pushed and not popped is there for the next reader.
pub fn by_the_reader(stream: &Stream, takes: usize) {
    let ring = stream.ring(FenceMode::Symmetric);
    let (mut writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let writing = thread::spawn(move || {
        let mut pushed = Vec::new();
        // The last message is pushed over and over, so that the ring fills up and the writer cannot miss the end.
        for message in messages.iter().chain(std::iter::repeat(messages.last().unwrap())) {
            match writer.push(message, None) {
                Ok(()) => pushed.push(message.clone()),
                Err(PushError::Closed) => return (writer, pushed),
                Err(error) => panic!("{error}"),
            }
        }
        unreachable!("the messages do not end")
    });
    let mut popped = Vec::new();
    let mut buffer = Vec::new();
    for _ in 0..takes {
        if reader.try_pop(&mut buffer).unwrap().is_some() {
            popped.push(buffer.clone());
        }
    }
    drop(reader);
    let (writer, pushed) = writing.join().unwrap();
    let mut reader = super::reader(&ring);
    popped.extend(super::try_pop(&mut reader, 1));
    assert_eq!(popped, pushed);
    drop(writer);
}

/// The first message is pushed by `writer`, which leaves, the others by a successor.
fn push_in_succession(ring: &HeapRing, mut writer: RingWriter, messages: &[Vec<u8>]) -> RingWriter {
    writer.try_push(&messages[0]).unwrap();
    drop(writer);
    let mut successor = super::writer(ring);
    for message in &messages[1..] {
        successor.try_push(message).unwrap();
    }
    successor
}

/// A writer leaves and a successor takes its side while the reader reads on, asleep or not. Both writers' messages
/// come, in order.
pub fn and_a_successor_of_the_writer(stream: &Stream) {
    let ring = stream.ring(FenceMode::Symmetric);
    let (writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let expected = messages.clone();
    let writing = thread::spawn(move || push_in_succession(&ring, writer, &messages));
    let mut popped = Vec::new();
    let mut buffer = Vec::new();
    // The reader may or may not see the end between the two writers.
    let mut ends = 0;
    while popped.len() < expected.len() && ends < 2 {
        match reader.pop(&mut buffer, None) {
            Ok(_) => popped.push(buffer.clone()),
            Err(PopError::Closed) => ends += 1,
            Err(error) => panic!("{error}"),
        }
    }
    let _successor = writing.join().unwrap();
    popped.extend(super::try_pop(&mut reader, 1));
    assert_eq!(popped, expected);
}

/// As [`and_a_successor_of_the_writer`], and nobody waits: only the orderings of the cursors, which leaving and
/// attaching store too, keep the bytes apart. The reader looks `looks` times in vain, or finds the end as often.
pub fn and_a_successor_without_waiting(stream: &Stream, looks: usize) {
    let ring = stream.ring(FenceMode::Asymmetric);
    let (writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let expected = messages.clone();
    let writing = thread::spawn(move || push_in_succession(&ring, writer, &messages));
    let mut popped = Vec::new();
    let mut buffer = Vec::new();
    let mut in_vain = 0;
    while in_vain < looks {
        match reader.try_pop(&mut buffer) {
            Ok(Some(_)) => popped.push(buffer.clone()),
            Ok(None) | Err(PopError::Closed) => in_vain += 1,
            Err(error) => panic!("{error}"),
        }
    }
    let _successor = writing.join().unwrap();
    popped.extend(super::try_pop(&mut reader, 1));
    assert_eq!(popped, expected);
}

/// A reader dies without a word while the writer sleeps for space, or is about to. Its successor goes on where it
/// stood, and the writer is woken as if nothing had happened.
pub fn and_a_successor_of_a_dead_reader(stream: &Stream, filled: usize) {
    let ring = stream.ring(FenceMode::Symmetric);
    let (mut writer, mut reader) = (super::writer(&ring), super::reader(&ring));
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
    let mut popped = super::pop(&mut reader, 1);
    // No destructor runs: neither CLOSED nor a wake.
    std::mem::forget(reader);
    let mut reader = super::reader(&ring);
    popped.extend(super::pop(&mut reader, filled - 1));
    let _writer = writing.join().unwrap();
    popped.extend(super::try_pop(&mut reader, 1));
    assert_eq!(popped, expected);
}
