//! A side that dies between any two of its steps leaves a ring that goes on: its peer sees exactly what it published,
//! is never left waiting, and a successor attaches and goes on where the stored cursors stand.
//!
//! The side that dies takes over from a first holder, works and leaves; so every step of attaching, pushing or
//! popping, falling asleep, waking and closing is one before which it dies once. It is not the first holder: a writer
//! is that before its ring has a name, and a reader that dies before it has come once is waited for, as one that has
//! not come yet.

use std::sync::{Arc, Mutex};

use super::{dies, pop, pop_many, pop_to_the_end, push, try_pop, try_pop_all, try_push, Stream};
use ipc_ring::model::engine::dies_after;
use ipc_ring::{FenceMode, PopError, PushError};

/// What a side had done when it died, as it would have told others.
type Done = Arc<Mutex<Vec<Vec<u8>>>>;

/// A writer takes over, pushes all messages, waiting for space, and leaves; but it dies before its step number `steps`.
/// Says whether it did: it may have had fewer.
pub fn of_the_writer(stream: &Stream, steps: usize) -> bool {
    let ring = stream.ring(FenceMode::Symmetric);
    let mut reader = super::reader(&ring);
    dies(super::writer(&ring));
    let messages = stream.messages();
    let (writers_ring, done) = (ring.clone(), Done::default());
    let told = Arc::clone(&done);
    let (died, (mut reader, popped)) = stream.race(
        move || {
            let life = dies_after(steps, || {
                let mut writer = super::writer(&writers_ring);
                for message in messages {
                    push(&mut writer, &message).unwrap();
                    told.lock().unwrap().push(message);
                }
            });
            writers_ring.writer_is_dead(life.is_none());
            life.is_none()
        },
        move || {
            let (popped, end) = pop_to_the_end(&mut reader);
            assert!(matches!(end, PopError::PeerGone | PopError::Closed), "{end}");
            (reader, popped)
        },
    );
    ring.writer_is_dead(false);
    let done = done.lock().unwrap().len();
    assert!(popped.len() == done || died && popped.len() == done + 1, "{} of {done} came", popped.len());
    assert_eq!(popped, stream.messages()[..popped.len()]);
    let mut successor = super::writer(&ring);
    assert_eq!(successor.used_bytes(), reader.used_bytes());
    // Its predecessor may have left properly; that is over.
    assert_eq!(try_pop(&mut reader), Ok(None));
    try_push(&mut successor, b"goes on").unwrap();
    assert_eq!(pop_many(&mut reader, 1), [b"goes on"]);
    assert_eq!(reader.position(), successor.position());
    died
}

/// A reader takes over from one that left the first `filled` messages, pops as many, waiting for them, and leaves; but
/// it dies before its step number `steps`. Says whether it did.
pub fn of_the_reader(stream: &Stream, filled: usize, steps: usize) -> bool {
    let ring = stream.ring(FenceMode::Symmetric);
    let mut writer = super::writer(&ring);
    dies(super::reader(&ring));
    let messages = stream.messages();
    for message in &messages[..filled] {
        try_push(&mut writer, message).unwrap();
    }
    let takes = messages.len();
    let (readers_ring, done) = (ring.clone(), Done::default());
    let told = Arc::clone(&done);
    let ((mut writer, pushed), died) = stream.race(
        move || {
            let mut pushed = messages[..filled].to_vec();
            for message in &messages[filled..] {
                match push(&mut writer, message) {
                    Ok(()) => pushed.push(message.clone()),
                    Err(PushError::PeerGone | PushError::Closed) => break,
                    Err(error) => panic!("{error}"),
                }
            }
            (writer, pushed)
        },
        move || {
            let life = dies_after(steps, || {
                let mut reader = super::reader(&readers_ring);
                for _ in 0..takes {
                    let message = pop(&mut reader).unwrap();
                    told.lock().unwrap().push(message);
                }
            });
            readers_ring.reader_is_dead(life.is_none());
            life.is_none()
        },
    );
    ring.reader_is_dead(false);
    let mut successor = super::reader(&ring);
    let mut popped = done.lock().unwrap().clone();
    let rest = try_pop_all(&mut successor, 1);
    // The one in the hands of the reader that died may be lost with it, once its space was given back.
    let lost = pushed.len() - popped.len() - rest.len();
    assert!(lost == 0 || died && lost == 1, "{lost} messages were lost");
    assert_eq!(popped, pushed[..popped.len()]);
    popped.splice(.., rest);
    assert_eq!(popped, pushed[pushed.len() - popped.len()..]);
    try_push(&mut writer, b"goes on").unwrap();
    assert_eq!(pop_many(&mut successor, 1), [b"goes on"]);
    assert_eq!(successor.position(), writer.position());
    died
}
