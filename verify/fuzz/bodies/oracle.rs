//! What has to come of a call while nobody lied: a queue, and the arithmetic of records told again.

use std::collections::VecDeque;

/// The messages in the ring.
#[derive(Default)]
pub struct Oracle {
    pub queue: VecDeque<Vec<u8>>,
    /// Where the ends of streams end that no reader has gone past.
    pub ends: VecDeque<u64>,
    /// How many messages were made: each differs from its neighbours.
    made: usize,
}

impl Oracle {
    /// A reader stands at `position`. How many ends it has gone past since it was last said where.
    pub fn reader_is_at(&mut self, position: u64) -> usize {
        let is_past = |end: &&u64| position.wrapping_sub(**end) as i64 >= 0;
        let past = self.ends.iter().take_while(is_past).count();
        self.ends.drain(..past);
        past
    }

    /// Whether the end of a stream is what comes at `position`.
    pub fn is_at_an_end(&self, position: u64) -> bool {
        self.ends.front() == Some(&position.wrapping_add(8))
    }

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

/// Whether a message of `len` bytes fits between a writer and a reader that stand at these positions, with room for the
/// end of the stream.
///
/// Padding that exceeds the ring together with its message and that end goes ahead of it alone, and the message is
/// looked at anew from behind it.
pub fn fits(capacity: u64, writer: u64, reader: u64, len: usize) -> bool {
    let for_messages = capacity - 8;
    let free = for_messages.saturating_sub(writer.wrapping_sub(reader));
    let to_end = capacity - writer % capacity;
    let padding = if size(len) > to_end { to_end } else { 0 };
    if padding + size(len) <= for_messages {
        return padding + size(len) <= free;
    }
    padding <= free && size(len) <= free - padding
}
