//! What is pushed into a batch is published together, in order, and never withheld from a reader whose writer waits.
//! What is read in a batch is released by its commit, together, as far as that says, and not at all if there is none.

use std::time::Duration;

use super::{push_all, push_each, Stream};
use ipc_ring::model::engine::{note, within};
use ipc_ring::{InvalidPosition, Message, PopError, PopIntoError, PushError, ReadBatch, RingReader, RingWriter};
use ipc_ring::{TryPushError, WriteBatch};

/// A writer pushes messages into one batch, and there is space for all. A reader looks `looks` times in
/// vain. Neither waits: the reader finds all of the batch, or nothing.
pub fn is_published_as_one(stream: &Stream, looks: usize) {
    let (mut writer, mut reader) = stream.ends_that_do_not_sleep();
    let messages = stream.messages();
    let whole = vec![messages.clone()];
    let (_writer, (mut reader, mut found)) = stream.race(
        move || {
            let mut batch = writer.batch();
            for (number, message) in messages.iter().enumerate() {
                try_push_into(&mut batch, message, number % 2 == 1).unwrap();
            }
            drop(batch);
            writer
        },
        move || {
            let found = read_all(&mut reader, usize::MAX, looks);
            note("reader", if found.is_empty() { "found nothing of the batch" } else { "found the batch" });
            (reader, found)
        },
    );
    found.extend(read_all(&mut reader, usize::MAX, 1));
    assert_eq!(found, whole);
}

/// A writer that pushes into batches of `of` messages what there is space for, and a reader that reads as many in place
/// and looks `looks` times in vain. Neither waits, so nothing but the cursors' own orderings keeps the bytes apart: a
/// weakened one cannot hide behind a futex.
pub fn without_waiting(stream: &Stream, of: usize, looks: usize) {
    let (mut writer, mut reader) = stream.ends_that_do_not_sleep();
    let messages = stream.messages();
    let ((writer, pushed), (mut reader, mut found)) = stream.race(
        move || {
            let mut pushed = Vec::new();
            for messages in messages.chunks(of) {
                let mut batch = writer.batch();
                for (number, message) in messages.iter().enumerate() {
                    match try_push_into(&mut batch, message, number % 2 == 1) {
                        Ok(()) => pushed.push(message.clone()),
                        Err(error) => {
                            assert_eq!(error, TryPushError::Full);
                            note("writer", "found no space");
                        }
                    }
                }
            }
            (writer, pushed)
        },
        move || {
            let found = read_all(&mut reader, of, looks);
            (reader, found)
        },
    );
    found.extend(read_all(&mut reader, of, 1));
    assert_eq!(found.concat(), pushed);
    assert!(writer.is_empty(), "what was read was not given back");
}

/// A writer that pushes everything into one batch, waiting for space, and a reader that waits for batches of at most
/// `max`. If the writer withheld what it has pushed when it waits, both would wait for ever.
pub fn in_blocking_mode(stream: &Stream, max: usize) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    let (writer, reader) = stream.race(
        move || {
            let mut batch = writer.batch();
            for message in &messages {
                within(None, || batch.push(message, None)).unwrap();
            }
            drop(batch);
            writer
        },
        move || {
            let mut read = Vec::new();
            while read.len() < expected.len() {
                read.extend(read_batch(&mut reader, max));
            }
            assert_eq!(read, expected);
            reader
        },
    );
    assert_eq!(reader.position(), writer.position());
    assert!(writer.is_empty());
}

/// A writer that pushes all messages, which have `N` bytes each, as one array, and twice what had no space. A reader
/// pops arrays of up to `most` and looks `looks` times in vain. Neither waits, as in [`without_waiting`].
pub fn of_one_length<const N: usize>(stream: &Stream, most: usize, looks: usize) {
    let (mut writer, mut reader) = stream.ends_that_do_not_sleep();
    let messages: Vec<[u8; N]> = arrays(stream);
    let all = messages.clone();
    let ((writer, pushed), (mut reader, mut popped)) = stream.race(
        move || {
            let mut pushed = 0;
            for _ in 0..3 {
                pushed += push_array(&mut writer, &messages[pushed..], Some(Duration::ZERO));
            }
            (writer, pushed)
        },
        move || {
            let (mut popped, mut left) = (Vec::new(), looks);
            while left > 0 {
                let found = pop_array(&mut reader, most, Some(Duration::ZERO));
                left -= usize::from(found.is_empty());
                popped.extend(found);
            }
            (reader, popped)
        },
    );
    while popped.len() < pushed {
        popped.extend(pop_array(&mut reader, most, None));
    }
    assert_eq!(popped, all[..pushed]);
    assert!(writer.is_empty(), "what was popped was not given back");
}

/// A writer that pushes all messages, which have `N` bytes each, as arrays, and a reader that pops arrays of up to
/// `most`. Each waits for the other, as in [`in_blocking_mode`].
pub fn of_one_length_in_blocking_mode<const N: usize>(stream: &Stream, most: usize) {
    let (mut writer, mut reader) = stream.ends();
    let messages: Vec<[u8; N]> = arrays(stream);
    let expected = messages.clone();
    let (writer, reader) = stream.race(
        move || {
            let mut pushed = 0;
            while pushed < messages.len() {
                pushed += push_array(&mut writer, &messages[pushed..], None);
            }
            writer
        },
        move || {
            let mut popped = Vec::new();
            while popped.len() < expected.len() {
                popped.extend(pop_array(&mut reader, most, None));
            }
            assert_eq!(popped, expected);
            reader
        },
    );
    assert_eq!(reader.position(), writer.position());
    assert!(writer.is_empty());
}

fn arrays<const N: usize>(stream: &Stream) -> Vec<[u8; N]> {
    stream.messages().into_iter().map(|message| message.try_into().unwrap()).collect()
}

fn push_array<const N: usize>(writer: &mut RingWriter, messages: &[[u8; N]], timeout: Option<Duration>) -> usize {
    match within(timeout, || writer.push_many(messages, timeout)) {
        Ok(pushed) => {
            note("an array", if pushed < messages.len() { "was pushed in part" } else { "was pushed whole" });
            pushed
        }
        Err(error) => {
            assert_eq!((error, timeout), (PushError::TimedOut, Some(Duration::ZERO)));
            0
        }
    }
}

fn pop_array<const N: usize>(reader: &mut RingReader, most: usize, timeout: Option<Duration>) -> Vec<[u8; N]> {
    let mut messages = vec![[0; N]; most];
    match within(timeout, || reader.pop_many_into(&mut messages, timeout)) {
        Ok(popped) => {
            is_of_at_most(most, &messages[..popped]);
            messages.truncate(popped);
            messages
        }
        Err(error) => {
            assert_eq!((error, timeout), (PopIntoError::Pop(PopError::TimedOut), Some(Duration::ZERO)));
            Vec::new()
        }
    }
}

/// A writer that may fall asleep on a ring that the first `filled` messages filled. The reader gives all of them back
/// at once, which takes it past what the writer waits for by more than a record.
pub fn wakes_the_writer(stream: &Stream, filled: usize) {
    the_writer_waits(stream, filled, move |reader| read_batch(reader, filled));
}

/// The same, but the reader leaves the batch in each way that releases nothing, before it reads it again, in two: the
/// writer gets no space by that.
pub fn may_be_left(stream: &Stream, filled: usize) {
    let refused = |batch: ReadBatch, from: u64| {
        let given = from.wrapping_add(4); // in the midst of a message
        assert_eq!(batch.commit_through(given), Err(InvalidPosition { given }));
    };
    #[allow(clippy::forget_non_drop)] // that there is no difference is what is to be seen
    let leave: [fn(ReadBatch, u64); 3] = [|batch, _| drop(batch), |batch, _| std::mem::forget(batch), refused];
    the_writer_waits(stream, filled, move |reader| {
        let (from, used) = (reader.position(), reader.used_bytes());
        let left = leave.map(|leave| {
            let mut batch = reader.batch(filled, None).unwrap();
            let read = in_place(&mut batch);
            leave(batch, from);
            assert_eq!((reader.position(), reader.used_bytes()), (from, used), "a batch that was left is gone");
            read
        });
        let again = [read_batch(reader, 1), read_batch(reader, filled - 1)].concat();
        assert!(left.iter().all(|read| *read == again), "what comes again is not what was left");
        again
    });
}

/// The same, but the reader commits each batch through its first message alone, and the others come again.
pub fn may_be_committed_in_part(stream: &Stream, filled: usize) {
    the_writer_waits(stream, filled, move |reader| {
        let mut read = Vec::new();
        while read.len() < filled {
            let (mut copy, left) = (Vec::new(), filled - read.len());
            let mut batch = reader.batch(left, None).unwrap();
            let mut messages = batch.messages();
            let first = messages.next().unwrap();
            first.copy_to(&mut copy);
            let end = first.position();
            drop(first); // A model sees that it is used for as long as it is there.
            let others = messages.count();
            batch.commit_through(end).unwrap();
            assert_eq!((reader.position(), 1 + others), (end, left), "another part was given back");
            read.push(copy);
        }
        read
    });
}

/// A writer that waits for space on a ring that the first `filled` messages filled, and a reader that does not wait.
fn the_writer_waits(
    stream: &Stream,
    filled: usize,
    read: impl FnOnce(&mut RingReader) -> Vec<Vec<u8>> + Send + 'static,
) {
    let (mut writer, mut reader) = stream.ends();
    let messages = stream.messages();
    let expected = messages.clone();
    push_each(&mut writer, &messages[..filled]);
    let (_writer, (mut reader, mut found)) = stream.race(
        move || {
            push_all(&mut writer, &messages[filled..]);
            writer
        },
        move || {
            let found = read(&mut reader);
            (reader, found)
        },
    );
    found.extend(read_all(&mut reader, usize::MAX, 1).concat());
    assert_eq!(found, expected);
}

/// Pushes a message into a batch if there is space, by a copy or by filling it in place.
fn try_push_into(batch: &mut WriteBatch, message: &[u8], in_place: bool) -> Result<(), TryPushError> {
    if !in_place {
        return batch.try_push(message);
    }
    let mut grant = batch.try_reserve(message.len())?;
    // SAFETY: T7 (the reader keeps to the protocol as its code does, which is what a model checks).
    unsafe { grant.as_mut_slice() }.copy_from_slice(message);
    grant.commit();
    Ok(())
}

/// Waits for a batch of at most `max` messages, and reads and releases it.
pub fn read_batch(reader: &mut RingReader, max: usize) -> Vec<Vec<u8>> {
    let mut batch = within(None, || reader.batch(max, None)).unwrap();
    let messages = in_place(&mut batch);
    batch.commit();
    is_of_at_most(max, &messages);
    messages
}

fn is_of_at_most<T>(max: usize, batch: &[T]) {
    assert!((1..=max).contains(&batch.len()), "{} messages in a batch of {max}", batch.len());
    note("a batch", if batch.len() > 1 { "was of several messages" } else { "was of one message" });
}

/// Reads what there is, without waiting, as batches of at most `max`, until it has looked `looks` times in vain.
fn read_all(reader: &mut RingReader, max: usize, mut looks: usize) -> Vec<Vec<Vec<u8>>> {
    let mut batches = Vec::new();
    while looks > 0 {
        match reader.try_batch(max).unwrap() {
            Some(mut batch) => {
                batches.push(in_place(&mut batch));
                batch.commit();
            }
            None => looks -= 1,
        }
    }
    batches.iter().for_each(|batch| is_of_at_most(max, batch));
    batches
}

/// The messages of a batch: all are read where they stand before one is let go.
pub fn in_place(batch: &mut ReadBatch) -> Vec<Vec<u8>> {
    let messages: Vec<Message> = batch.into_iter().collect();
    // SAFETY: T7 (the writer keeps to the protocol as its code does, which is what a model checks).
    let slices: Vec<&[u8]> = messages.iter().map(|message| unsafe { message.as_slice() }).collect();
    slices.into_iter().map(<[u8]>::to_vec).collect()
}
