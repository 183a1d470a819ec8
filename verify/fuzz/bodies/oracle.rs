//! What has to come of a call while nobody lied: a queue, and the arithmetic of records told again.

use std::collections::VecDeque;

/// The messages in the ring.
#[derive(Default)]
pub struct Oracle {
    pub queue: VecDeque<Vec<u8>>,
    /// How many messages were made: each differs from its neighbours.
    made: usize,
}

impl Oracle {
    /// Another message, of `len` bytes.
    pub fn make(&mut self, len: usize) -> Vec<u8> {
        self.made += 1;
        (0..len).map(|at| (self.made * 31 + at) as u8).collect()
    }
}

/// The bytes that a message of `len` takes.
pub fn size(len: usize) -> u64 {
    (8 + len as u64).div_ceil(8) * 8
}

/// Whether a message of `len` bytes fits between a writer and a reader that stand at these positions.
///
/// Padding that exceeds the ring together with its message goes ahead of it alone, and the message is looked at anew
/// from behind it.
pub fn fits(capacity: u64, writer: u64, reader: u64, len: usize) -> bool {
    let free = capacity - writer.wrapping_sub(reader);
    let to_end = capacity - writer % capacity;
    let padding = if size(len) > to_end { to_end } else { 0 };
    if padding + size(len) <= capacity {
        return padding + size(len) <= free;
    }
    padding <= free && size(len) <= free - padding
}
