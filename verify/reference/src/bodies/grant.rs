//! Of a grant exactly what is committed becomes a message: all of what was reserved or less, and of one that is dropped
//! nothing. Padding that a dropped one has left behind holds nobody up.

use std::io::Write;

use super::{pop_many, push, try_pop_all, Stream};
use ipc_ring::model::engine::{note, within};
use ipc_ring::{PushError, RingWriter, TryPushError};

/// A writer that fills each message where it will stand, if there is space, after it has dropped a grant of the same
/// size, and a reader that looks `looks` times in vain. Neither waits: only the cursors' orderings keep the bytes
/// apart.
pub fn without_waiting(stream: &Stream, looks: usize) {
    let (mut writer, mut reader) = stream.ends_that_do_not_sleep();
    let messages = stream.messages();
    let ((_writer, pushed), (mut reader, mut popped)) = stream.race(
        move || {
            let mut pushed = Vec::new();
            for (number, message) in messages.into_iter().enumerate() {
                abandon(&mut writer, message.len());
                match fill(&mut writer, message, number % 2 == 1) {
                    Ok(committed) => pushed.push(committed),
                    Err(error) => {
                        assert_eq!(error, TryPushError::Full);
                        note("writer", "found no space");
                    }
                }
            }
            (writer, pushed)
        },
        move || {
            let popped = try_pop_all(&mut reader, looks);
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, pushed);
}

/// A writer that forgets a batch of the first message, drops a grant, and pushes the second, and a reader that looks
/// `looks` times in vain. The grant takes back nothing of the batch.
pub fn dropped_after_a_batch_that_was_forgotten(stream: &Stream, looks: usize) {
    let (mut writer, mut reader) = stream.ends_that_do_not_sleep();
    let messages = stream.messages();
    let expected = messages.clone();
    let (_writer, (mut reader, mut popped)) = stream.race(
        move || {
            let mut batch = writer.batch();
            batch.try_push(&messages[0]).unwrap();
            std::mem::forget(batch);
            abandon(&mut writer, messages[1].len());
            writer.try_push(&messages[1]).unwrap();
            writer
        },
        move || {
            let popped = try_pop_all(&mut reader, looks);
            (reader, popped)
        },
    );
    popped.extend(try_pop_all(&mut reader, 1));
    assert_eq!(popped, expected);
}

/// A grant that needs padding is dropped, so that the padding is written and not published, and then comes a message as
/// large as the ring. The writer may sleep until the reader has gone past the padding, and has to learn of that.
pub fn aborted_before_a_message_as_large_as_the_ring(stream: &Stream, aborted: usize) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    let (writer, reader) = stream.race(
        move || {
            push(&mut writer, &messages[0]).unwrap();
            drop(writer.reserve(aborted, None).unwrap());
            push(&mut writer, &messages[1]).unwrap();
            writer
        },
        move || {
            assert_eq!(pop_many(&mut reader, expected.len()), expected);
            reader
        },
    );
    assert_eq!(reader.position(), writer.position());
    assert!(writer.is_empty());
}

/// Reserves space for a message of `len` bytes, if there is any, writes to it and leaves it at that.
fn abandon(writer: &mut RingWriter, len: usize) {
    if let Ok(mut grant) = writer.try_reserve(len) {
        grant.write_all(&vec![0xEE; len]).unwrap();
        note("writer", "dropped a grant");
    }
}

/// Reserves a granule more than `message` needs and commits as much as it needs, written in place, or the first
/// half of it. Returns what became of the message.
fn fill(writer: &mut RingWriter, mut message: Vec<u8>, in_place: bool) -> Result<Vec<u8>, TryPushError> {
    let (len, half) = (message.len(), message.len() / 2);
    let mut grant = writer.try_reserve(len + 8)?;
    if in_place {
        // SAFETY: T7 (the reader keeps to the protocol as its code does, which is what a model checks).
        let payload = unsafe { grant.as_mut_slice() };
        payload[..len].copy_from_slice(&message);
        grant.truncate(len);
    } else {
        message.truncate(half);
        grant.write_all(&message).unwrap();
    }
    grant.commit();
    Ok(message)
}

/// Pushes a message that is filled in place, in two parts, waiting for space.
pub fn push_by_grant(writer: &mut RingWriter, message: &[u8]) -> Result<(), PushError> {
    let mut grant = within(None, || writer.reserve(message.len(), None))?;
    let (front, back) = message.split_at(message.len() / 2);
    grant.write_all(front).unwrap();
    grant.write_all(back).unwrap();
    grant.commit();
    Ok(())
}
