//! The end of a stream is a record: it comes to exactly one reader, in its place between the messages, whoever has
//! come, gone or died since. Who stops at ends is told of nothing else that a writer left.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use super::batch::in_place;
use super::{dies, pop, pop_to_the_end, reader, try_pop, try_push, writer, Stream};
use crate::record::GRANULE;
use ipc_ring::model::engine::{dies_after, note, within};
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, PushError, RingReader, RingWriter, WaitStrategy};

/// After a writer that leaves none, a stream of each message, one writer after the other. The reader, who stops at ends
/// and waits, gets each stream as it was, by `read`.
pub fn come_each_in_its_place(stream: &Stream, read: fn(&mut RingReader) -> (Vec<Vec<u8>>, PopError)) {
    let ring = stream.ring(FenceMode::Symmetric).stopping_at_ends();
    writer(&ring).abandon();
    let (first, mut reader) = (writer(&ring), reader(&ring));
    let messages = stream.messages();
    let expected = messages.clone();
    let mut reader = stream
        .race(
            move || {
                let mut next = Some(first);
                for message in &messages {
                    push_and_finish(next.take().unwrap_or_else(|| writer(&ring)), message);
                }
            },
            move || {
                for message in expected {
                    assert_eq!(read(&mut reader), (vec![message], PopError::Closed));
                    assert_eq!(pop(&mut reader), Err(PopError::Closed), "as long as it is not taken");
                    assert!(reader.take_end());
                }
                reader
            },
        )
        .1;
    // That the last writer has left is told by its end alone.
    assert!(!reader.take_end());
    assert_eq!(try_pop(&mut reader), Ok(None));
}

/// Reads batches, waiting for each, and returns all messages, and why there are no more.
pub fn batches_to_the_end(reader: &mut RingReader) -> (Vec<Vec<u8>>, PopError) {
    let mut messages = Vec::new();
    loop {
        match within(None, || reader.batch(usize::MAX, None)) {
            Ok(mut batch) => {
                messages.extend(in_place(&mut batch));
                batch.commit();
            }
            Err(end) => return (messages, end),
        }
    }
}

fn push_and_finish(mut writer: RingWriter, message: &[u8]) {
    try_push(&mut writer, message).unwrap();
    writer.finish();
}

/// A second writer, which takes over from one that has ended its stream, pushes a message and ends its own, dies before
/// its step number `steps`. The first end comes all the same; the second one only where the second stream did. Says
/// whether it died.
pub fn outlive_a_successor(stream: &Stream, steps: usize) -> bool {
    let ring = stream.ring(FenceMode::Symmetric).stopping_at_ends();
    let mut reader = reader(&ring);
    let messages = stream.messages();
    let expected = messages.clone();
    push_and_finish(writer(&ring), &messages[0]);
    let writers_ring = ring.clone();
    let (died, mut reader) = stream.race(
        move || dies_after(steps, || push_and_finish(writer(&writers_ring), &messages[1])).is_none(),
        move || {
            assert_eq!(pop_to_the_end(&mut reader), (vec![expected[0].clone()], PopError::Closed));
            assert!(reader.take_end());
            reader
        },
    );
    let rest: Vec<_> = std::iter::from_fn(|| try_pop(&mut reader).unwrap_or(None)).collect();
    assert!(rest.len() <= 1 && rest[..] == stream.messages()[1..=rest.len()]);
    let has_ended = reader.take_end();
    note("the second stream", if has_ended { "has ended" } else { "has not ended" });
    assert!(if died { rest.len() == 1 || !has_ended } else { has_ended }, "{rest:?}");
    died
}

/// A reader that takes over where a stream has ended pops its message, takes the end and leaves, or dies before its
/// step number `steps`, while the next writer comes and pushes. Its successor finds the end again unless it was
/// taken. Says whether it died.
pub fn come_again_until_they_are_taken(stream: &Stream, steps: usize) -> bool {
    const READ: usize = 1;
    const TAKEN: usize = 2;
    let ring = stream.ring(FenceMode::Symmetric).stopping_at_ends();
    dies(reader(&ring));
    let messages = stream.messages();
    let (first, second) = (messages[0].clone(), messages[1].clone());
    push_and_finish(writer(&ring), &first);
    let done = Arc::new(AtomicUsize::new(0));
    let (writers_ring, readers_ring, told) = (ring.clone(), ring.clone(), Arc::clone(&done));
    let ((_writer, is_pushed), died) = stream.race(
        move || {
            let mut writer = writer(&writers_ring);
            // A reader that has left has closed its end.
            let is_pushed = try_push(&mut writer, &second) != Err(PushError::Closed);
            (writer, is_pushed)
        },
        move || {
            let life = dies_after(steps, move || {
                let mut reader = reader(&readers_ring);
                assert_eq!(pop_to_the_end(&mut reader), (vec![first], PopError::Closed));
                told.store(READ, Ordering::Relaxed);
                assert!(reader.take_end());
                told.store(TAKEN, Ordering::Relaxed);
            });
            life.is_none()
        },
    );
    let rest = all_that_is_left(&mut reader(&ring));
    let [first, second] = [0, 1].map(|number| Some(messages[number].clone()));
    let all = if is_pushed { vec![first, None, second] } else { vec![first, None] };
    assert!(all.ends_with(&rest), "{rest:?} of {all:?}");
    let came = rest.contains(&None);
    match done.load(Ordering::Relaxed) {
        TAKEN => assert!(!came, "it came twice"),
        READ => note("an end", if came { "came again" } else { "had been taken" }),
        _ => assert!(came, "nobody had come to it"),
    }
    died
}

/// The messages, and `None` for each end.
fn all_that_is_left(reader: &mut RingReader) -> Vec<Option<Vec<u8>>> {
    std::iter::from_fn(|| match try_pop(reader) {
        Ok(None) => None,
        Ok(message) => Some(message),
        Err(_) => reader.take_end().then_some(None),
    })
    .collect()
}

/// The ring is full of the ends of empty streams. A writer that waits for room is let in when the reader takes one, and
/// not before.
pub fn leave_no_room_for_another(stream: &Stream) {
    let ring = stream.ring(FenceMode::Symmetric).stopping_at_ends();
    let mut reader = reader(&ring);
    let ends = stream.capacity as u64 / GRANULE;
    for _ in 0..ends {
        writer(&ring).finish();
    }
    assert!(super::attach_writer(&ring, WaitStrategy::Sleep).unwrap().is_none(), "there is no room");
    let (_writer, mut reader) = stream.race(
        move || {
            let writer = wait_for_room(&ring);
            assert!(writer.used_bytes() as u64 <= (ends - 1) * GRANULE);
            writer.finish();
        },
        move || {
            assert_eq!(pop(&mut reader), Err(PopError::Closed));
            assert!(reader.take_end());
            reader
        },
    );
    assert_eq!(all_that_is_left(&mut reader), vec![None; ends as usize]);
}

fn wait_for_room(ring: &HeapRing) -> RingWriter {
    // SAFETY: I3 (its last holder has left).
    let taken = within(None, || unsafe { ring.writer_within(WaitStrategy::Sleep, None) });
    taken.unwrap().expect("nobody gives up")
}
