//! What a view gives out of a ring in use is what was pushed, or nothing: no message in whose place the writer put
//! another while it was copied, and no count of such.

use super::{dies, try_pop, try_push, writer, Stream};
use crate::record::{ends, size, GRANULE};
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
    let filled = Filled::with(filled);
    let (_, looking) = while_it_is_overwritten(stream, filled, 1, who, move |view| match view.messages(1).next() {
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

/// The view copies all messages that wait, past the end of a stream and past padding. What it gives out follows each
/// other without a gap, and stood in the ring at one moment.
pub fn of_the_messages(stream: &Stream, filled: Filled, takes: usize) {
    let (messages, capacity) = (stream.messages(), stream.capacity as u64);
    let ended_after = filled.ended_after.expect("a stream ends");
    let (of_the_first, of_the_next) = stream.lengths.split_at(ended_after);
    let mut bounds = vec![stream.start.position];
    bounds.extend(ends(capacity, bounds[0], of_the_first.iter().copied()));
    let next_stream = bounds[ended_after].wrapping_add(GRANULE);
    bounds.extend(ends(capacity, next_stream, of_the_next.iter().copied()));
    let (_sides, looking) = while_it_is_overwritten(stream, filled, takes, Overwriting::TheWriter, move |view| {
        let mut first = None;
        let mut expected = None;
        for copied in view.messages(usize::MAX) {
            let message = match copied {
                Err(ViewError::Overtaken) => return note("view", "was overtaken"),
                copied => copied.unwrap(),
            };
            let number = bounds.iter().position(|end| *end == message.position).expect("a message ends there") - 1;
            assert_eq!(message.bytes, messages[number], "message {number}");
            assert_eq!(*expected.get_or_insert(number), number, "the next message");
            expected = Some(number + 1);
            let from = *first.get_or_insert(message.position.wrapping_sub(size(message.bytes.len())));
            let waited = message.position.wrapping_sub(from);
            assert!(waited <= capacity - GRANULE, "{waited} bytes never waited at one moment");
            if bounds[number + 1].wrapping_sub(bounds[number]) > size(messages[number].len()) {
                note("view", "went past padding");
            }
            note("view", if number < ended_after { "saw the first stream" } else { "saw the next stream" });
        }
        note("view", "came to the end");
    });
    looking.join().unwrap();
}

/// The view takes a snapshot, which counts the messages up to where the sides stand. The writer notes a new lap
/// meanwhile.
pub fn of_the_count(stream: &Stream, filled: usize, takes: usize, who: Overwriting) {
    let (ends, capacity) = (stream.positions(), stream.capacity);
    let held = Filled::with(filled);
    let (_sides, looking) = while_it_is_overwritten(stream, held, takes, who, move |view| {
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

/// What a ring is full of.
#[derive(Clone, Copy)]
pub struct Filled {
    /// How many messages.
    pub messages: usize,
    /// After how many of them a writer ended its stream, and another one came.
    pub ended_after: Option<usize>,
}

impl Filled {
    /// Fills the ring with this many messages of one stream.
    fn with(messages: usize) -> Self {
        Self { messages, ended_after: None }
    }
}

/// A ring is full of the first messages, as `filled` says, and its writer has noted how many they are. At once, the
/// reader pops `takes` of them, the others are pushed in their place if there is space, and the view looks, by words
/// that are in the engine's sight. Nobody sleeps: no fence but those that a view relies on. Returns both sides, and who
/// looks.
fn while_it_is_overwritten(
    stream: &Stream,
    filled: Filled,
    takes: usize,
    who: Overwriting,
    look: impl FnOnce(&RingView) + Send + 'static,
) -> ((RingWriter, RingReader), thread::JoinHandle<()>) {
    let ring = HeapRing::in_sight(stream.capacity, stream.start.position, FenceMode::Asymmetric);
    let (mut first_writer, mut reader) = (writer(&ring), super::reader(&ring));
    let mut messages = stream.messages();
    let others = messages.split_off(filled.messages);
    for (number, message) in messages.iter().enumerate() {
        if filled.ended_after == Some(number) {
            drop(first_writer);
            first_writer = writer(&ring);
        }
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
