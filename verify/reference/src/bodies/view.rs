//! What a view gives out of a ring in use is what was pushed, or nothing: no message in whose place the writer put
//! another while it was copied, and no count of such.

use super::{dies, try_pop, try_push, writer, Stream};
use crate::record::GRANULE;
use crate::thread;
use ipc_ring::model::engine::note;
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PushError, RingReader, RingState, RingView, RingWriter, SideState, Snapshot, ViewError};

/// Who puts another message in the place of one that the reader gave back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Overwriting {
    /// The writer that found the ring full.
    TheWriter,
    /// Another one, that takes over.
    ASuccessor,
}

/// The view copies the oldest message.
pub fn of_a_message(stream: &Stream, filled: usize, who: Overwriting) {
    let (messages, ends) = (stream.messages(), stream.positions());
    let (_, looking) = while_it_is_overwritten(stream, (filled, 1), who, move |view| match view.messages(1).next() {
        Some(Ok(message)) => {
            let number = ends.iter().position(|end| *end == message.position).expect("a message ends there") - 1;
            assert_eq!(message.bytes, messages[number], "message {number}");
            note("view", if number == 0 { "saw the oldest message" } else { "saw another message" });
        }
        Some(Err(ViewError::Overtaken)) => note("view", "was overtaken"),
        other => panic!("{other:?}"),
    });
    // The sides have left, from another thread: the end of the stream may stand where the message was.
    looking.join().unwrap();
}

/// The view takes a snapshot, which counts the messages up to where the sides stand. The writer notes a new lap
/// meanwhile.
pub fn of_the_count(stream: &Stream, filled: usize, takes: usize, who: Overwriting) {
    let (ends, capacity) = (stream.positions(), stream.capacity);
    let (_sides, looking) = while_it_is_overwritten(stream, (filled, takes), who, move |view| {
        let seen = view.snapshot();
        for (whose, side, began_at) in [("the writer", &seen.writer, filled), ("the reader", &seen.reader, 0)] {
            let truth = ends.iter().position(|end| *end == side.position).expect("a side stands there");
            match side.message_count {
                Ok(messages) => assert_eq!(messages, truth as u64, "messages up to {whose}"),
                Err(_) => note("view", "did not count"),
            }
            note(whose, if truth == began_at { "was seen where it was" } else { "was seen to have moved" });
        }
        is_of_one_moment(&seen, capacity);
    });
    looking.join().unwrap();
}

/// Two sides that live and never sleep are seen so, and where both stood at one moment: never farther apart than the
/// ring is large, without the room for an end.
fn is_of_one_moment(seen: &Snapshot, capacity: usize) {
    assert_eq!(seen.state, RingState::Live, "two sides that live");
    assert_eq!(seen.used_bytes as u64, seen.writer.position.wrapping_sub(seen.reader.position));
    assert!(seen.used_bytes <= capacity - GRANULE as usize, "{} bytes in use", seen.used_bytes);
    for side in [&seen.writer, &seen.reader] {
        assert_eq!((side.state, side.epoch), (SideState::Attached, 1));
        assert_eq!((side.sleeps, side.wakes, side.awaits, side.waiting), (0, 0, None, None), "nobody sleeps");
    }
}

/// A ring is full of the first `filled` messages, and its writer has noted how many they are. At once, the reader pops
/// `takes` of them, the others are pushed in their place if there is space, and the view looks, by words that are in
/// the engine's sight. Nobody sleeps: no fence but those that a view relies on. Returns both sides, and who looks.
fn while_it_is_overwritten(
    stream: &Stream,
    (filled, takes): (usize, usize),
    who: Overwriting,
    look: impl FnOnce(&RingView) + Send + 'static,
) -> ((RingWriter, RingReader), thread::JoinHandle<()>) {
    let ring = HeapRing::in_sight(stream.capacity, stream.start.position, FenceMode::Asymmetric);
    let (mut first_writer, mut reader) = (writer(&ring), super::reader(&ring));
    let mut messages = stream.messages();
    let others = messages.split_off(filled);
    for message in &messages {
        try_push(&mut first_writer, message).unwrap();
    }
    assert_eq!(try_push(&mut first_writer, &others[0]), Err(PushError::TimedOut));
    let view = ring.view();
    let looking = thread::spawn(move || look(&view));
    let sides = stream.race(
        move || {
            let mut writer = match who {
                Overwriting::TheWriter => first_writer,
                Overwriting::ASuccessor => {
                    dies(first_writer);
                    writer(&ring)
                }
            };
            for message in &others {
                if try_push(&mut writer, message).is_err() {
                    break;
                }
            }
            writer
        },
        move || {
            for message in messages.into_iter().take(takes) {
                assert_eq!(try_pop(&mut reader), Ok(Some(message)));
            }
            reader
        },
    );
    (sides, looking)
}
