//! A wait that times out has no effect, and a wake that races the time-out, or a signal, is not lost for the next
//! sleep. Who is told by a time-out that its peer is dead has all that it left.

use std::time::Duration;

use super::{
    attach_reader, dies, pop_many, pop_to_the_end, pop_within, push, push_by, push_each, try_pop_all, try_push, Stream,
};
use crate::record::Need;
use crate::thread;
use ipc_ring::model::engine::{awake, within, Awakening};
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, PushError, RingReader, RingWriter, WaitStrategy};

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
            match pop_within(&mut reader, A_WHILE) {
                Ok(message) => popped.push(message),
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
                let in_time =
                    |writer: &mut RingWriter, message: &[u8]| within(A_WHILE, || writer.push(message, A_WHILE));
                if let Err(error) = push_by(&mut writer, message, in_time) {
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

/// A signal may end the reader's sleep at any moment, half way to its end. The reader is woken all the same. It waits
/// for each message without a limit, so that the next question ends its sleeps.
pub fn and_signals(stream: &Stream) {
    let (ring, writer, reader) = stream.sides(FenceMode::Symmetric);
    let signal = thread::spawn(move || ring.interrupt_reader(Awakening::ByASignal));
    stream.pass(writer, reader, try_push);
    signal.join().unwrap();
}

/// The same, but the reader waits for the first message for so short a time that its deadline ends its sleeps. Where
/// its time passes, it waits again: no model's timer rings here, but Miri's clock goes on.
pub fn and_signals_in_time(stream: &Stream) {
    const LESS_THAN_TO_THE_QUESTION: Option<Duration> = Some(Duration::from_millis(30));
    let (ring, mut writer, mut reader) = stream.sides(FenceMode::Symmetric);
    let messages = stream.messages();
    let expected = messages.clone();
    let signal = thread::spawn(move || ring.interrupt_reader(Awakening::ByASignal));
    stream.race(
        move || push_each(&mut writer, &messages),
        move || {
            let mut tries = std::iter::repeat_with(|| pop_within(&mut reader, LESS_THAN_TO_THE_QUESTION));
            let first = tries.find(|popped| *popped != Err(PopError::TimedOut)).unwrap().unwrap();
            assert_eq!([vec![first], pop_many(&mut reader, expected.len() - 1)].concat(), expected);
        },
    );
    signal.join().unwrap();
}

/// The writer pushes everything and dies. The reader, whom a timer may have look around at any moment, has all of it
/// before it learns of that. In the asymmetric mode, which has no light fence here, all that tells it so is the death.
pub fn of_a_reader_whose_writer_dies(stream: &Stream, fences: FenceMode) {
    let ring = stream.ring(fences);
    let timers_ring = ring.clone();
    let timer = thread::spawn(move || timers_ring.interrupt_reader(Awakening::ByTheTimer));
    let reader = super::reader(&ring);
    the_writer_dies(stream, ring, reader, pop_to_the_end);
    timer.join().unwrap();
}

/// The same of a reader that waits awake all the time, and without a fence.
pub fn of_a_reader_awake_whose_writer_dies(stream: &Stream) {
    let ring = stream.ring(FenceMode::Asymmetric);
    let reader = attach_reader(&ring, WaitStrategy::Spin).unwrap();
    the_writer_dies(stream, ring, reader, |reader| awake(|| pop_to_the_end(reader)));
}

fn the_writer_dies(
    stream: &Stream,
    ring: HeapRing,
    mut reader: RingReader,
    pop_to_the_end: fn(&mut RingReader) -> (Vec<Vec<u8>>, PopError),
) {
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
