//! The bodies of the models: what two sides do, and what must be true of it. One property a file.
//!
//! Nothing here knows which engine runs it: `crate::engine` is loom's or shuttle's. Every side under test is
//! production code; the only thing modelled is what lies below the facade.

pub mod close;
pub mod publish;
pub mod wake;
pub mod wrap;

use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, RingReader, RingWriter, WaitStrategy};

/// Where a model's cursors start: at the beginning, and just below the wraps of the 32 bits that the kernel compares
/// and of the position itself, so that the first messages cross them.
pub const STARTS: [u64; 3] = [0, (1 << 32) - 32, u64::MAX - 31];

/// A ring and the lengths of the messages that go through it, in order.
#[derive(Clone)]
pub struct Stream {
    pub capacity: usize,
    pub start: u64,
    pub lengths: Vec<usize>,
}

impl Stream {
    pub fn new(capacity: usize, start: u64, lengths: &[usize]) -> Self {
        Self { capacity, start, lengths: lengths.to_vec() }
    }

    /// Both sides of a ring, which sleep as soon as they have to wait.
    pub fn ends(&self) -> (RingWriter, RingReader) {
        let ring = self.ring(FenceMode::Symmetric);
        (writer(&ring), reader(&ring))
    }

    /// Both sides of a ring without a light fence: whoever sleeps there may not be woken.
    pub fn ends_that_do_not_sleep(&self) -> (RingWriter, RingReader) {
        let ring = self.ring(FenceMode::Asymmetric);
        (writer(&ring), reader(&ring))
    }

    /// The ring itself, of which a side can be taken after another has left it.
    pub fn ring(&self, fences: FenceMode) -> HeapRing {
        HeapRing::new(self.capacity, self.start, fences)
    }

    /// The messages. Of 256 that follow each other, no two agree in any byte at the same place.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        let byte = |number: usize, at: usize| (number * 37 + at * 5 + 1) as u8;
        let message = |(number, &length): (usize, &usize)| (0..length).map(|at| byte(number, at)).collect();
        self.lengths.iter().enumerate().map(message).collect()
    }
}

/// The writer's side of `ring`.
pub fn writer(ring: &HeapRing) -> RingWriter {
    // SAFETY: I3 (a body takes a side only when its last holder has left).
    unsafe { ring.writer(WaitStrategy::Sleep) }.unwrap()
}

/// The reader's side of `ring`.
pub fn reader(ring: &HeapRing) -> RingReader {
    // SAFETY: as above.
    unsafe { ring.reader(WaitStrategy::Sleep) }.unwrap()
}

/// Pops until `count` messages have come, waiting for each.
pub fn pop(reader: &mut RingReader, count: usize) -> Vec<Vec<u8>> {
    let mut popped = Vec::new();
    let mut buffer = Vec::new();
    while popped.len() < count {
        let length = reader.pop(&mut buffer, None).unwrap();
        assert_eq!(length, buffer.len());
        popped.push(buffer.clone());
    }
    popped
}

/// Pops what there is, without waiting, until `tries` were made in vain.
pub fn try_pop(reader: &mut RingReader, mut tries: usize) -> Vec<Vec<u8>> {
    let mut popped = Vec::new();
    let mut buffer = Vec::new();
    while tries > 0 {
        match reader.try_pop(&mut buffer).unwrap() {
            Some(length) => {
                assert_eq!(length, buffer.len());
                popped.push(buffer.clone());
            }
            None => tries -= 1,
        }
    }
    popped
}
