//! The ways in which messages get through a ring. Each is a pair of functions that are inlined nowhere, under
//! names by which callgrind tells them apart.

use std::hint::black_box;

use ipc_ring::{PopError, PopIntoError, PushError, RingReader, RingWriter};

/// How many messages make a batch, and a burst of a stream.
const BATCH: usize = 64;

/// Passes this number of messages like the given one through a ring, and leaves none there. Returns their bytes.
pub type Way = fn(&mut RingWriter, &mut RingReader, message: &[u8], messages: usize) -> usize;

/// The way of this name.
pub fn called(name: &str) -> Option<Way> {
    match name {
        "stream" => Some(stream),
        "each" => Some(each),
        "batch" => Some(batch),
        "array" => Some(array),
        "in_place" => Some(in_place),
        _ => None,
    }
}

/// A push and a pop a message, as where both sides are busy: some pushes, then as many pops.
fn stream(writer: &mut RingWriter, reader: &mut RingReader, message: &[u8], messages: usize) -> usize {
    let mut buffer = Vec::with_capacity(message.len());
    let (mut left, mut popped) = (messages, 0);
    while left > 0 {
        let some = left.min(BATCH);
        push_stream(writer, message, some).expect("there is space");
        popped += pop_stream(reader, &mut buffer, some).expect("there is a message");
        left -= some;
    }
    popped
}

#[no_mangle]
#[inline(never)]
fn push_stream(writer: &mut RingWriter, message: &[u8], messages: usize) -> Result<(), PushError> {
    (0..messages).try_for_each(|_| writer.push(message, None))
}

#[no_mangle]
#[inline(never)]
fn pop_stream(reader: &mut RingReader, buffer: &mut Vec<u8>, messages: usize) -> Result<usize, PopError> {
    (0..messages).try_fold(0, |popped, _| Ok(popped + reader.pop(buffer, None)?))
}

/// One push and one pop in turn: each pop has to look whether there is a message.
fn each(writer: &mut RingWriter, reader: &mut RingReader, message: &[u8], messages: usize) -> usize {
    let mut buffer = Vec::with_capacity(message.len());
    let mut popped = 0;
    for _ in 0..messages {
        push_each(writer, message).expect("there is space");
        popped += pop_each(reader, &mut buffer).expect("there is a message");
    }
    popped
}

#[no_mangle]
#[inline(never)]
fn push_each(writer: &mut RingWriter, message: &[u8]) -> Result<(), PushError> {
    writer.push(message, None)
}

#[no_mangle]
#[inline(never)]
fn pop_each(reader: &mut RingReader, buffer: &mut Vec<u8>) -> Result<usize, PopError> {
    reader.pop(buffer, None)
}

/// A batch of pushes, then a batch of pops.
fn batch(writer: &mut RingWriter, reader: &mut RingReader, message: &[u8], messages: usize) -> usize {
    let mut buffer = Vec::with_capacity(message.len());
    let (mut left, mut popped) = (messages, 0);
    while left > 0 {
        let some = left.min(BATCH);
        push_batch(writer, message, some).expect("there is space");
        popped += pop_batch(reader, &mut buffer, some).expect("there is a message");
        left -= some;
    }
    popped
}

#[no_mangle]
#[inline(never)]
fn push_batch(writer: &mut RingWriter, message: &[u8], messages: usize) -> Result<(), PushError> {
    let mut batch = writer.batch();
    (0..messages).try_for_each(|_| batch.push(message, None))
}

#[no_mangle]
#[inline(never)]
fn pop_batch(reader: &mut RingReader, buffer: &mut Vec<u8>, messages: usize) -> Result<usize, PopError> {
    let mut batch = reader.batch(messages, None)?;
    let mut popped = 0;
    for message in &mut batch {
        message.copy_to(buffer);
        popped += buffer.len();
    }
    batch.commit();
    Ok(popped)
}

/// An array of messages, then another that takes them. They are 8 bytes long.
fn array(writer: &mut RingWriter, reader: &mut RingReader, message: &[u8], messages: usize) -> usize {
    let sent = [*<&[u8; 8]>::try_from(message).expect("it has 8 bytes"); BATCH];
    let mut taken = [[0; 8]; BATCH];
    let (mut left, mut popped) = (messages, 0);
    while left > 0 {
        let pushed = push_array(writer, &sent[..left.min(BATCH)]).expect("there is space");
        let mut there = pushed;
        while there > 0 {
            there -= pop_array(reader, &mut taken).expect("there is a message");
        }
        popped += pushed * message.len();
        left -= pushed;
    }
    popped
}

#[no_mangle]
#[inline(never)]
fn push_array(writer: &mut RingWriter, messages: &[[u8; 8]]) -> Result<usize, PushError> {
    writer.push_many(messages, None)
}

#[no_mangle]
#[inline(never)]
fn pop_array(reader: &mut RingReader, messages: &mut [[u8; 8]]) -> Result<usize, PopIntoError> {
    reader.pop_many_into(messages, None)
}

/// A grant a message, filled in place, and a look at it where it stands: one copy in place of two.
fn in_place(writer: &mut RingWriter, reader: &mut RingReader, message: &[u8], messages: usize) -> usize {
    let mut popped = 0;
    for _ in 0..messages {
        push_in_place(writer, message).expect("there is space");
        popped += pop_in_place(reader).expect("there is a message");
    }
    popped
}

#[no_mangle]
#[inline(never)]
fn push_in_place(writer: &mut RingWriter, message: &[u8]) -> Result<(), PushError> {
    let mut grant = writer.reserve(message.len(), None)?;
    // SAFETY: T7 (the reader is in this very thread).
    unsafe { grant.as_mut_slice() }.copy_from_slice(message);
    grant.commit();
    Ok(())
}

#[no_mangle]
#[inline(never)]
fn pop_in_place(reader: &mut RingReader) -> Result<usize, PopError> {
    let mut batch = reader.batch(1, None)?;
    let mut popped = 0;
    for message in &mut batch {
        // SAFETY: T7 (the writer is in this very thread).
        popped += black_box(unsafe { message.as_slice() }).len();
    }
    batch.commit();
    Ok(popped)
}
