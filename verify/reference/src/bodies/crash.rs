//! A side that dies between any two of its steps leaves a ring that goes on: its peer sees exactly what it published,
//! is never left waiting, and a successor attaches and goes on where the stored cursors stand.
//!
//! The side that dies takes over from a first holder, works and leaves; so every step of attaching, pushing or
//! popping, falling asleep, waking and closing is one before which it dies once. It is not the first holder: a writer
//! is that before its ring has a name, and a reader that dies before it has come once is waited for, as one that has
//! not come yet.

use std::sync::{Arc, Mutex};

use super::batch::in_place;
use super::{dies, pop, pop_many, pop_to_the_end, push_each, try_pop, try_pop_all, try_push, Stream};
use ipc_ring::model::engine::dies_after;
use ipc_ring::{FenceMode, PopError, PushError, RingReader, RingWriter};

/// What a side had done when it died, as it would have told others.
type Done = Arc<Mutex<Vec<Vec<u8>>>>;

/// A writer takes over, pushes all messages by `push`, waiting for space, and leaves; but it dies before its step
/// number `steps`. Says whether it did: it may have had fewer.
pub fn of_the_writer(stream: &Stream, steps: usize, push: fn(&mut RingWriter, &[u8]) -> Result<(), PushError>) -> bool {
    let end = the_writer_dies(stream, steps, move |writer, messages, done| {
        for message in messages {
            push(writer, &message).unwrap();
            done.lock().unwrap().push(message);
        }
    });
    let WritersEnd { died, done, came } = end;
    assert!(came == done || died && came == done + 1, "{came} of {done} came");
    died
}

/// A writer that pushes all messages into one batch, which it publishes after the first and at its end. What it had
/// pushed since and not published is gone.
pub fn of_the_writers_batch(stream: &Stream, steps: usize) -> bool {
    let end = the_writer_dies(stream, steps, |writer, messages, done| {
        let mut batch = writer.batch();
        let (first, others) = messages.split_first().unwrap();
        batch.push(first, None).unwrap();
        batch.publish();
        done.lock().unwrap().push(first.clone());
        for message in others {
            batch.push(message, None).unwrap();
        }
        drop(batch);
        done.lock().unwrap().extend_from_slice(others);
    });
    let WritersEnd { died, done, came } = end;
    let next = if done == 0 { 1 } else { stream.lengths.len() };
    // Where space may run out, it may publish at any message.
    let may_be = if stream.fits() { came == next } else { came > done };
    assert!(came == done || died && may_be, "{came} of {done} came");
    died
}

/// What is left of a writer's life.
struct WritersEnd {
    died: bool,
    /// How many messages it had published, as it would have told others.
    done: usize,
    /// How many the reader popped.
    came: usize,
}

/// A writer takes over and does `work`, in which it dies before its step number `steps`; a successor goes on.
fn the_writer_dies(
    stream: &Stream,
    steps: usize,
    work: impl FnOnce(&mut RingWriter, Vec<Vec<u8>>, &Done) + Send + 'static,
) -> WritersEnd {
    let ring = stream.ring(FenceMode::Symmetric);
    let mut reader = super::reader(&ring);
    dies(super::writer(&ring));
    let messages = stream.messages();
    let (writers_ring, done) = (ring.clone(), Done::default());
    let told = Arc::clone(&done);
    let (died, (mut reader, popped)) = stream.race(
        move || {
            let life = dies_after(steps, || {
                work(&mut super::writer(&writers_ring), messages, &told);
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
    let (done, came) = (done.lock().unwrap().len(), popped.len());
    assert_eq!(popped, stream.messages()[..came]);
    let mut successor = super::writer(&ring);
    assert_eq!(successor.used_bytes(), reader.used_bytes());
    // Its predecessor may have left properly; that is over.
    assert_eq!(try_pop(&mut reader), Ok(None));
    try_push(&mut successor, b"goes on").unwrap();
    assert_eq!(pop_many(&mut reader, 1), [b"goes on"]);
    assert_eq!(reader.position(), successor.position());
    WritersEnd { died, done, came }
}

/// A reader takes over from one that left the first `filled` messages, pops as many, waiting for them, and leaves; but
/// it dies before its step number `steps`. Says whether it did.
pub fn of_the_reader(stream: &Stream, filled: usize, steps: usize) -> bool {
    let takes = stream.lengths.len();
    let ReadersEnd { died, pushed, done, rest } = the_reader_dies(stream, filled, steps, move |reader, done| {
        for _ in 0..takes {
            let message = pop(reader).unwrap();
            done.lock().unwrap().push(message);
        }
    });
    // The one in the hands of the reader that died may be lost with it, once its space was given back.
    let lost = pushed.len() - done.len() - rest.len();
    assert!(lost == 0 || died && lost == 1, "{lost} messages were lost");
    died
}

/// A reader that reads all messages in batches, and deals with each batch before it releases it. Nothing is lost; a
/// batch that was not released comes again, all of it.
pub fn of_the_readers_batch(stream: &Stream, filled: usize, steps: usize) -> bool {
    let takes = stream.lengths.len();
    let last = Arc::new(Mutex::new(0));
    let in_hand = Arc::clone(&last);
    let ReadersEnd { died, pushed, done, rest } = the_reader_dies(stream, filled, steps, move |reader, done| {
        while done.lock().unwrap().len() < takes {
            let mut batch = reader.batch(takes, None).unwrap();
            let messages = in_place(&mut batch);
            *in_hand.lock().unwrap() = messages.len();
            done.lock().unwrap().extend(messages);
            batch.commit();
        }
    });
    let again = (done.len() + rest.len()).checked_sub(pushed.len()).expect("nothing is lost");
    let last = *last.lock().unwrap();
    assert!(again == 0 || died && again == last, "{again} messages came again, of {last} in the last batch");
    died
}

/// What is left of a reader's life.
struct ReadersEnd {
    died: bool,
    /// What its writer had pushed.
    pushed: Vec<Vec<u8>>,
    /// What it had dealt with, as it would have told others.
    done: Vec<Vec<u8>>,
    /// What it left to its successor.
    rest: Vec<Vec<u8>>,
}

/// A reader takes over and does `work`, in which it dies before its step number `steps`; a successor goes on.
fn the_reader_dies(
    stream: &Stream,
    filled: usize,
    steps: usize,
    work: impl FnOnce(&mut RingReader, &Done) + Send + 'static,
) -> ReadersEnd {
    let ring = stream.ring(FenceMode::Symmetric);
    let mut writer = super::writer(&ring);
    dies(super::reader(&ring));
    let messages = stream.messages();
    push_each(&mut writer, &messages[..filled]);
    let (readers_ring, done) = (ring.clone(), Done::default());
    let told = Arc::clone(&done);
    let ((mut writer, pushed), died) = stream.race(
        move || {
            let mut pushed = messages[..filled].to_vec();
            for message in &messages[filled..] {
                match super::push(&mut writer, message) {
                    Ok(()) => pushed.push(message.clone()),
                    Err(PushError::PeerGone | PushError::Closed) => break,
                    Err(error) => panic!("{error}"),
                }
            }
            (writer, pushed)
        },
        move || {
            let life = dies_after(steps, || {
                work(&mut super::reader(&readers_ring), &told);
            });
            readers_ring.reader_is_dead(life.is_none());
            life.is_none()
        },
    );
    ring.reader_is_dead(false);
    let mut successor = super::reader(&ring);
    let done = done.lock().unwrap().clone();
    let rest = try_pop_all(&mut successor, 1);
    assert_eq!(done, pushed[..done.len()]);
    assert_eq!(rest, pushed[pushed.len() - rest.len()..]);
    try_push(&mut writer, b"goes on").unwrap();
    assert_eq!(pop_many(&mut successor, 1), [b"goes on"]);
    assert_eq!(successor.position(), writer.position());
    ReadersEnd { died, pushed, done, rest }
}
