//! What has to come of a call while nobody lied: a queue.

use std::collections::VecDeque;

use ipc_ring_reference::message;
use ipc_ring_reference::record::Need;

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
        message(self.made, len)
    }
}

/// Whether a message of `len` bytes fits between a writer and a reader that stand at these positions.
pub fn fits(capacity: u64, writer: u64, reader: u64, len: usize) -> bool {
    Need::of(len, capacity, writer).has_space(capacity, writer.wrapping_sub(reader))
}
