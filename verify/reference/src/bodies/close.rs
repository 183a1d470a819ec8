//! A side that leaves is missed: the peer, awake or asleep, gets what is left and then learns the end, or that there is
//! none. A successor goes on.

use super::{dies, pop, pop_many, pop_to_the_end, push, push_all, push_each, try_pop, try_pop_all, try_push, Stream};
use ipc_ring::model::engine::by_a_panic;
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, PushError, RingWriter};

/// The writer pushes everything and leaves. The reader gets all of it, then `Closed`.
pub fn by_the_writer(stream: &Stream) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    stream.race(
        move || {
            push_each(&mut writer, &messages);
        },
        move || {
            assert_eq!(pop_to_the_end(&mut reader), (expected, PopError::Closed));
        },
    );
}

/// How a writer goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Going {
    Finished,
    Abandoned,
    /// Dropped by a panic.
    ByAPanic,
}

/// The writer pushes everything, the last message into a batch that it forgets, and goes. The reader gets all of it,
/// then `Closed` if the stream was finished, and what a death tells otherwise: that nobody holds the writer's side,
/// which the kernel tells once the handle is gone.
pub fn by_the_writer_who_may_say_so(stream: &Stream, going: Going) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    let expected = messages.clone();
    let told = if going == Going::Finished { PopError::Closed } else { PopError::PeerGone };
    stream.race(
        move || {
            let (last, others) = messages.split_last().unwrap();
            push_each(&mut writer, others);
            let mut batch = writer.batch();
            batch.try_push(last).unwrap();
            std::mem::forget(batch);
            match going {
                Going::Finished => writer.finish(),
                Going::Abandoned => writer.abandon(),
                Going::ByAPanic => by_a_panic(move || drop(writer)),
            }
            ring.writer_is_dead(true);
        },
        move || {
            assert_eq!(pop_to_the_end(&mut reader), (expected, told));
        },
    );
}

/// The reader takes `takes` messages without waiting and leaves. The writer pushes until it learns of it, which
/// it does although it may be asleep; what was pushed and not popped is there for the next reader.
pub fn by_the_reader(stream: &Stream, takes: usize) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    let ((_writer, pushed), mut popped) = stream.race(
        move || {
            let mut pushed = Vec::new();
            // The last message is pushed over and over, so that the ring fills up and the writer cannot miss the end.
            for message in messages.iter().chain(std::iter::repeat(messages.last().unwrap())) {
                match push(&mut writer, message) {
                    Ok(()) => pushed.push(message.clone()),
                    Err(PushError::Closed) => break,
                    Err(error) => panic!("{error}"),
                }
            }
            (writer, pushed)
        },
        move || (0..takes).filter_map(|_| try_pop(&mut reader).unwrap()).collect::<Vec<_>>(),
    );
    popped.extend(try_pop_all(&mut super::reader(&ring), 1));
    assert_eq!(popped, pushed);
}

/// The first message is pushed by `writer`, which leaves, the others by a successor.
fn push_in_succession(ring: &HeapRing, mut writer: RingWriter, messages: &[Vec<u8>]) -> RingWriter {
    try_push(&mut writer, &messages[0]).unwrap();
    drop(writer);
    let mut successor = super::writer(ring);
    for message in &messages[1..] {
        try_push(&mut successor, message).unwrap();
    }
    successor
}

/// A writer leaves and a successor takes its side while the reader reads on, asleep or not. Both writers' messages
/// come, in order.
pub fn and_a_successor_of_the_writer(stream: &Stream) {
    let (ring, writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    let expected = messages.clone();
    let (_successor, (mut reader, mut popped)) = stream.race(
        move || push_in_succession(&ring, writer, &messages),
        move || {
            let mut popped = Vec::new();
            // The reader may or may not see the end between the two writers.
            let mut ends = 0;
            while popped.len() < expected.len() && ends < 2 {
                match pop(&mut reader) {
                    Ok(message) => popped.push(message),
                    Err(PopError::Closed) => ends += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, stream.messages());
}

/// A writer leaves and a successor goes on, while a reader reads that awaits one: it is told of no end.
pub fn and_the_reader_awaits_a_successor(stream: &Stream) {
    let ring = stream.ring(FenceMode::Symmetric).awaiting_successors();
    let (writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let count = messages.len();
    let (_successor, popped) =
        stream.race(move || push_in_succession(&ring, writer, &messages), move || pop_many(&mut reader, count));
    assert_eq!(popped, stream.messages());
}

/// A reader leaves and a successor goes on, while a writer that awaits one fills the ring and waits for space: it is
/// told of no end.
pub fn and_the_writer_awaits_a_successor(stream: &Stream) {
    let ring = stream.ring(FenceMode::Symmetric).awaiting_successors();
    let (mut writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let count = messages.len();
    let (_writer, popped) = stream.race(
        move || {
            push_all(&mut writer, &messages);
            writer
        },
        move || {
            let mut popped = pop_many(&mut reader, 1);
            drop(reader);
            popped.extend(pop_many(&mut super::reader(&ring), count - 1));
            popped
        },
    );
    assert_eq!(popped, stream.messages());
}

/// As [`and_a_successor_of_the_writer`], and nobody waits: only the orderings of the cursors, which leaving and
/// attaching store too, keep the bytes apart. The reader looks `looks` times in vain, or finds the end as often.
pub fn and_a_successor_without_waiting(stream: &Stream, looks: usize) {
    let (ring, writer, mut reader) = stream.sides(FenceMode::Asymmetric);
    let messages = stream.messages();
    let (_successor, (mut reader, mut popped)) = stream.race(
        move || push_in_succession(&ring, writer, &messages),
        move || {
            let mut popped = Vec::new();
            let mut in_vain = 0;
            while in_vain < looks {
                match try_pop(&mut reader) {
                    Ok(Some(message)) => popped.push(message),
                    Ok(None) | Err(PopError::Closed) => in_vain += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, stream.messages());
}

/// A reader leaves after the first message and a successor takes its side, while the writer writes on where that
/// message was. Nobody waits: what the successor stores when it attaches is all that keeps the new bytes from the old
/// reading. The writer finds no space, or nobody, `looks` times.
#[cfg_attr(shuttle, allow(dead_code))] // It is about orderings alone.
pub fn and_a_successor_of_the_reader_without_waiting(stream: &Stream, filled: usize, looks: usize) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Asymmetric);
    let messages = stream.messages();
    push_each(&mut writer, &messages[..filled]);
    let ((_writer, pushed), (mut reader, mut popped)) = stream.race(
        move || {
            let (mut pushed, mut in_vain) = (filled, 0);
            while pushed < messages.len() && in_vain < looks {
                match try_push(&mut writer, &messages[pushed]) {
                    Ok(()) => pushed += 1,
                    Err(PushError::TimedOut | PushError::Closed) => in_vain += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            (writer, pushed)
        },
        move || {
            let popped = vec![try_pop(&mut reader).unwrap().unwrap()];
            drop(reader);
            (super::reader(&ring), popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, stream.messages()[..pushed]);
}

/// A reader dies without a word while the writer sleeps for space, or is about to. Its successor goes on where it
/// stood, and the writer is woken as if nothing had happened.
pub fn and_a_successor_of_a_dead_reader(stream: &Stream, filled: usize) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    push_each(&mut writer, &messages[..filled]);
    let (_writer, (mut reader, mut popped)) = stream.race(
        move || {
            push_all(&mut writer, &messages[filled..]);
            writer
        },
        move || {
            let mut popped = pop_many(&mut reader, 1);
            dies(reader);
            let mut reader = super::reader(&ring);
            popped.extend(pop_many(&mut reader, filled - 1));
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, stream.messages());
}
