//! The ways in which messages get through a ring. Each is a pair of functions of which no copy is inlined anywhere,
//! under names by which callgrind tells them apart.

use ipc_ring::{PopError, PushError, RingReader, RingWriter};

/// Passes messages of the length of the first through a ring: so many, each popped before the next is pushed.
pub type Way = fn(&mut RingWriter, &mut RingReader, message: &[u8], messages: usize) -> Vec<u8>;

/// The way of this name.
pub fn called(name: &str) -> Option<Way> {
    match name {
        "each" => Some(each),
        _ => None,
    }
}

/// One push and one pop a message. Returns the last that was popped.
fn each(writer: &mut RingWriter, reader: &mut RingReader, message: &[u8], messages: usize) -> Vec<u8> {
    let mut popped = Vec::with_capacity(message.len());
    for _ in 0..messages {
        push_each(writer, message).expect("there is space");
        pop_each(reader, &mut popped).expect("there is a message");
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
