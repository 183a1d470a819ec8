//! A wait that times out has no effect, and a wake that races the time-out, or a signal, is not lost for the next
//! sleep. Who is told by a time-out that its peer is dead has all that it left.

use std::time::Duration;

use super::{
    attach_reader, dies, pop_by, pop_many, pop_to_the_end, push, push_by, push_each, try_pop_all, try_push, Stream,
};
use crate::record::Need;
use crate::thread;
use ipc_ring::model::engine::Awakening;
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, PushError, RingReader, WaitStrategy};

/// A time-out that passes when the model's timer rings, and not before.
const A_WHILE: Option<Duration> = Some(Duration::from_millis(1));

/// The reader waits for a while; the timer may ring at any moment, in the midst of the writer's wake too. Then it waits
/// for as long as it takes, for what did not come in time.
pub fn of_the_reader(stream: &Stream) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    let expected = messages.clone();
    let timer = thread::spawn(move || ring.interrupt_reader(Awakening::ByTheTimer));
    stream.race(
        move || {
            push_each(&mut writer, &messages);
            writer
        },
        move || {
            let from = reader.position();
            let mut popped = Vec::new();
            match pop_by(&mut reader, |reader, buffer| reader.pop(buffer, A_WHILE).map(Some)) {
                Ok(message) => popped.extend(message),
                Err(error) => assert_eq!((error, reader.position()), (PopError::TimedOut, from)),
            }
            let missing = expected.len() - popped.len();
            popped.extend(pop_many(&mut reader, missing));
            assert_eq!(popped, expected);
            reader
        },
    );
    timer.join().unwrap();
}

/// The same of the writer, whose ring the first `filled` messages filled before the race began. The reader waits for
/// the first `takes`.
pub fn of_the_writer(stream: &Stream, filled: usize, takes: usize) {
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    let expected = messages.clone();
    push_each(&mut writer, &messages[..filled]);
    let timer = thread::spawn(move || ring.interrupt_writer(Awakening::ByTheTimer));
    let (_writer, (mut reader, mut popped)) = stream.race(
        move || {
            for message in &messages[filled..] {
                let from = writer.position();
                if let Err(error) = push_by(&mut writer, message, |writer, message| writer.push(message, A_WHILE)) {
                    let moved = writer.position().wrapping_sub(from);
                    let ahead = Need::of(message.len(), writer.capacity() as u64, from).ahead();
                    assert!(moved == 0 || moved == ahead, "{moved}");
                    assert_eq!(error, PushError::TimedOut);
                    push(&mut writer, message).unwrap();
                }
            }
            writer
        },
        move || {
            let popped = pop_many(&mut reader, takes);
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, expected);
    timer.join().unwrap();
}

/// A signal may end the reader's sleep at any moment. The reader has time for ever, and is woken all the same.
pub fn and_signals(stream: &Stream) {
    let (ring, writer, reader) = stream.sides(FenceMode::Symmetric);
    let signal = thread::spawn(move || ring.interrupt_reader(Awakening::ByASignal));
    stream.pass(writer, reader, try_push);
    signal.join().unwrap();
}

/// The writer pushes everything and dies. The reader, whom a timer may have look around at any moment, has all of it
/// before it learns of that. In the asymmetric mode, which has no light fence here, all that tells it so is the death.
pub fn of_a_reader_whose_writer_dies(stream: &Stream, fences: FenceMode) {
    let ring = stream.ring(fences);
    let timers_ring = ring.clone();
    let timer = thread::spawn(move || timers_ring.interrupt_reader(Awakening::ByTheTimer));
    let reader = super::reader(&ring);
    the_writer_dies(stream, ring, reader);
    timer.join().unwrap();
}

/// The same of a reader that waits awake, and without a fence.
pub fn of_a_reader_awake_whose_writer_dies(stream: &Stream) {
    let ring = stream.ring(FenceMode::Asymmetric);
    let reader = attach_reader(&ring, WaitStrategy::Spin).unwrap();
    the_writer_dies(stream, ring, reader);
}

fn the_writer_dies(stream: &Stream, ring: HeapRing, mut reader: RingReader) {
    let mut writer = super::writer(&ring);
    let messages = stream.messages();
    let expected = messages.clone();
    stream.race(
        move || {
            push_each(&mut writer, &messages);
            dies(writer);
            ring.writer_is_dead(true);
        },
        move || {
            assert_eq!(pop_to_the_end(&mut reader), (expected, PopError::PeerGone));
        },
    );
}
