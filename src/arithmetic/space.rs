//! Property: a push succeeds exactly where it and the end of the stream fit. Both sides then stand where they must, and
//! all messages come out. A writer is taken exactly where there is room for that end.
//!
//! Bounds: those of `mod.rs`, with every amount of bytes in use, and every length up to past the capacity. The writer
//! has seen where the reader is, or still takes the ring to be full.

use std::mem::ManuallyDrop;
use std::time::Duration;

use super::{granules, position, reader, ring, say, stand, writer, CAPACITIES};
use crate::protocol::SharedRing;
use crate::protocol::TryPushError;
use crate::protocol::WaitStrategy;
use crate::protocol::{NotTaken, Producer};
use crate::ring::{RingReader, RingWriter};

/// A model of a ring.
#[derive(Clone, Copy, Debug)]
struct Model {
    capacity: u128,
    written: u128,
    read: u128,
}

impl Model {
    /// A record lies in one lap: this one if it can, else the next. If the bytes up to its end can never be free at
    /// once, the rest of this lap is given up as soon as it is free. A granule is left for the end.
    fn push(&mut self, length: u128) -> Result<(), TryPushError> {
        let size = 8 + (length + 7) / 8 * 8;
        let for_messages = self.capacity - 8;
        if size > for_messages {
            return Err(TryPushError::TooLarge { len: length as usize, max: self.capacity as usize - 16 });
        }
        let next_lap = (self.written / self.capacity + 1) * self.capacity;
        let start = if self.written + size <= next_lap { self.written } else { next_lap };
        let is_free = |end: u128| end <= self.read + for_messages;
        if is_free(start + size) {
            self.written = start + size;
            return Ok(());
        }
        if start + size > self.written + for_messages && is_free(start) {
            self.written = start;
        }
        Err(TryPushError::Full)
    }

    fn used(&self) -> u128 {
        self.written - self.read
    }
}

/// Lengths of messages that use `used` bytes from `read` on: up to the end of the lap, and the rest.
fn lengths(capacity: u128, read: u128, used: u128) -> impl Iterator<Item = usize> {
    let first = used.min(capacity - read % capacity);
    [first, used - first].into_iter().filter(|&size| size > 0).map(|size| size as usize - 8)
}

fn assert_stands(writer: &RingWriter, reader: &RingReader, model: Model) {
    assert_eq!(writer.position(), position(model.written).get(), "{model:x?}");
    assert_eq!(reader.position(), position(model.read).get(), "{model:x?}");
    let (used, free) = (model.used() as usize, (model.capacity - model.used()) as usize);
    assert_eq!((writer.used_bytes(), writer.free_bytes()), (used, free), "{model:x?}");
    assert_eq!((reader.used_bytes(), reader.free_bytes()), (used, free), "{model:x?}");
}

/// Pops a message, which must be this one.
fn pop(reader: &mut RingReader, buffer: &mut Vec<u8>, message: &[u8]) {
    assert_eq!(reader.try_pop(buffer), Ok(Some(message.len())));
    assert_eq!(buffer, message);
}

/// Pushes `message` to a ring that holds `before`, by a writer that saw the reader at `seen`, and pops everything.
fn push(
    ring: &(SharedRing, SharedRing),
    mut model: Model,
    seen: u128,
    before: &[&[u8]],
    message: &[u8],
    buffer: &mut Vec<u8>,
) {
    stand(ring, model.written, seen);
    let mut writer = writer(ring);
    stand(ring, model.written, model.read);
    let mut reader = reader(ring);

    let context = model;
    let outcome = model.push(message.len() as u128);
    assert_eq!(writer.try_push(message), outcome, "{context:x?}, {} bytes", message.len());
    assert_stands(&writer, &reader, model);

    before.iter().for_each(|message| pop(&mut reader, buffer, message));
    if outcome.is_ok() {
        pop(&mut reader, buffer, message);
    }
    assert_eq!(reader.try_pop(buffer), Ok(None), "{context:x?}, {} bytes", message.len());
    assert_stands(&writer, &reader, Model { read: model.written, ..model });
}

// Checks: I1, I2, I18.
#[test]
fn a_push_succeeds_exactly_where_there_is_space_and_what_was_pushed_comes_out() {
    // Shifted by one, no byte of it is the same.
    let pattern: Vec<u8> = (0..2_000).map(|at| (at * 7) as u8).collect();
    let mut buffer = Vec::new();
    let mut cases = 0;
    for capacity in CAPACITIES {
        let ring = ring(capacity);
        for read in granules(capacity) {
            for used in (0..=capacity - 8).step_by(8) {
                let before = lengths(capacity, read, used).map(|length| &pattern[1000..1000 + length]);
                let before: Vec<&[u8]> = before.collect();
                stand(&ring, read, read);
                let mut predecessor = writer(&ring);
                before.iter().for_each(|message| predecessor.try_push(message).unwrap());

                let model = Model { capacity, written: read + used, read };
                for seen in [read, model.written - (capacity - 8)] {
                    for length in 0..=capacity as usize + 1 {
                        push(&ring, model, seen, &before, &pattern[length..2 * length], &mut buffer);
                        cases += 1;
                    }
                }
            }
        }
    }
    say("space", cases, 512);
}

// Checks: I18.
#[test]
fn a_writer_is_taken_exactly_where_there_is_room_for_the_end_of_its_stream() {
    let mut cases = 0;
    for capacity in CAPACITIES {
        let ring = ring(capacity);
        for read in granules(capacity) {
            for used in (0..=capacity).step_by(8) {
                stand(&ring, read + used, read);
                let taken = Producer::take(ring.0.clone(), WaitStrategy::Sleep, Some(Duration::ZERO));
                let taken = taken.map(RingWriter::of).map(ManuallyDrop::new).map(|writer| writer.position());
                let expected = if used < capacity { Ok(position(read + used).get()) } else { Err(NotTaken::Full) };
                assert_eq!(taken, expected, "{capacity}, {read:#x}, {used}");
                cases += 1;
            }
        }
    }
    say("room for an end", cases, 512);
}
