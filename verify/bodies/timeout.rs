//! A wait that times out has no effect, and a wake that races the time-out is not lost for the next sleep.

use std::time::Duration;

use super::{pop, pop_by, pop_many, push, push_by, try_pop_all, try_push, Stream};
use crate::engine::thread;
use ipc_ring::{FenceMode, PopError, PushError};

/// A time-out that passes when the model's timer rings, and not before.
const A_WHILE: Option<Duration> = Some(Duration::from_millis(1));

/// The reader waits for a while; the timer may ring at any moment, in the midst of the writer's wake too. Then it waits
/// for as long as it takes, for what did not come in time.
pub fn of_the_reader(stream: &Stream) {
    let ring = stream.ring(FenceMode::Symmetric);
    let (mut writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let expected = messages.clone();
    let timer = thread::spawn(move || ring.reader_times_out());
    stream.race(
        move || {
            for message in &messages {
                try_push(&mut writer, message).unwrap();
            }
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

/// The same of the writer, whose ring the first `filled` messages filled before the race began.
pub fn of_the_writer(stream: &Stream, filled: usize) {
    let ring = stream.ring(FenceMode::Symmetric);
    let (mut writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let expected = messages.clone();
    for message in &messages[..filled] {
        try_push(&mut writer, message).unwrap();
    }
    let timer = thread::spawn(move || ring.writer_times_out());
    let (_writer, (mut reader, mut popped)) = stream.race(
        move || {
            for message in &messages[filled..] {
                let from = writer.position();
                if let Err(error) = push_by(&mut writer, message, |writer, message| writer.push(message, A_WHILE)) {
                    assert_eq!((error, writer.position()), (PushError::TimedOut, from));
                    push(&mut writer, message).unwrap();
                }
            }
            writer
        },
        move || {
            let popped = pop_many(&mut reader, filled);
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, expected);
    timer.join().unwrap();
}

/// The writer pushes everything and dies. The reader, whom a timer may have look around at any moment, has all of it
/// before it learns of that.
pub fn of_a_reader_whose_writer_dies(stream: &Stream) {
    let ring = stream.ring(FenceMode::Symmetric);
    let (mut writer, mut reader) = (super::writer(&ring), super::reader(&ring));
    let messages = stream.messages();
    let expected = messages.clone();
    let timers_ring = ring.clone();
    let timer = thread::spawn(move || timers_ring.reader_times_out());
    stream.race(
        move || {
            for message in &messages {
                try_push(&mut writer, message).unwrap();
            }
            std::mem::forget(writer);
            ring.writer_is_dead(true);
        },
        move || {
            let mut popped = Vec::new();
            let end = loop {
                match pop(&mut reader) {
                    Ok(message) => popped.push(message),
                    Err(end) => break end,
                }
            };
            assert_eq!((popped, end), (expected, PopError::PeerGone));
        },
    );
    timer.join().unwrap();
}
