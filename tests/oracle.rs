//! Random sequences of operations, against a `VecDeque` and arithmetic in 128 bits. Every outcome is foretold, a
//! refusal too: `Full` where there was space would be a failure.
#![cfg(not(any(loom, shuttle)))]

mod common;

use std::collections::VecDeque;

use common::{Place, Words, CURSOR};
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, PopError, PushError, RingReader, RingWriter, WaitStrategy};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Operation {
    /// Push a message of this length, as a fraction of a bit more than the largest.
    Push(f64),
    Pop,
    /// The writer leaves, or a successor attaches.
    Writer,
    /// The reader leaves, or a successor opens.
    Reader,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        10 => (0.0..1.0f64).prop_map(Operation::Push),
        3 => (0.0..0.2f64).prop_map(Operation::Push),
        10 => Just(Operation::Pop),
        1 => Just(Operation::Writer),
        1 => Just(Operation::Reader),
    ]
}

/// Start positions: anywhere, and around the wraps of the kernel's 32 bits and of the position.
fn start() -> impl Strategy<Value = u64> {
    let near = |wrap: u64| (0..64u64).prop_map(move |granules| wrap.wrapping_sub(granules * 8));
    prop_oneof![Just(0), near(1 << 32), near(0), any::<u64>().prop_map(|position| position & !7)]
}

fn case() -> impl Strategy<Value = (usize, u64, Vec<Operation>)> {
    ((6..11u32).prop_map(|power| 1 << power), start(), prop::collection::vec(operation(), 1..80))
}

/// What a ring must do.
struct Oracle {
    capacity: u128,
    /// Positions that do not wrap.
    written: u128,
    read: u128,
    /// The records between the two: a message, or padding and its size.
    records: VecDeque<Result<Vec<u8>, u128>>,
    writer: bool,
    reader: bool,
}

impl Oracle {
    fn size(length: usize) -> u128 {
        8 + (length as u128 + 7) / 8 * 8
    }

    fn free(&self) -> u128 {
        self.capacity - (self.written - self.read)
    }

    fn push(&mut self, message: &[u8]) -> Result<(), PushError> {
        let (len, max) = (message.len(), self.capacity as usize - 8);
        if len > max {
            return Err(PushError::TooLarge { len, max });
        }
        if !self.reader {
            return Err(PushError::Closed);
        }
        let size = Self::size(len);
        let to_end = self.capacity - self.written % self.capacity;
        let padding = if size > to_end { to_end } else { 0 };
        let alone = padding + size > self.capacity;
        if self.free() < if alone { padding } else { padding + size } {
            return Err(PushError::Full);
        }
        if padding > 0 {
            self.records.push_back(Err(padding));
            self.written += padding;
        }
        if self.free() < size {
            return Err(PushError::Full);
        }
        self.records.push_back(Ok(message.to_vec()));
        self.written += size;
        Ok(())
    }

    fn pop(&mut self) -> Result<Option<Vec<u8>>, PopError> {
        if let Some(Err(padding)) = self.records.front() {
            self.read += padding;
            self.records.pop_front();
        }
        match self.records.pop_front() {
            Some(Ok(message)) => {
                self.read += Self::size(message.len());
                Ok(Some(message))
            }
            Some(Err(_)) => panic!("the oracle padded twice"),
            None if self.writer => Ok(None),
            None => Err(PopError::Closed),
        }
    }
}

/// Where the two sides of a ring come from.
trait Source {
    fn writer(&self) -> RingWriter;
    fn reader(&self) -> RingReader;
}

impl Source for HeapRing {
    fn writer(&self) -> RingWriter {
        // SAFETY: `run` takes a side only when its last holder has left.
        unsafe { HeapRing::writer(self, WaitStrategy::Sleep) }.unwrap()
    }

    fn reader(&self) -> RingReader {
        // SAFETY: as above.
        unsafe { HeapRing::reader(self, WaitStrategy::Sleep) }.unwrap()
    }
}

impl Source for Place {
    fn writer(&self) -> RingWriter {
        RingWriter::attach(self.ring()).unwrap()
    }

    fn reader(&self) -> RingReader {
        RingReader::open(self.ring()).unwrap()
    }
}

/// A ring in a file whose sides stand at `start`: made, left, and moved there.
fn file_ring(capacity: usize, start: u64) -> Place {
    let place = Place::new();
    drop(RingWriter::create(place.ring(), capacity).unwrap());
    let words = Words::of(&place.ring());
    words.set(words.writer(CURSOR), start);
    words.set(words.reader(CURSOR), start);
    place
}

fn run(source: &impl Source, capacity: usize, start: u64, operations: &[Operation]) {
    let start_index = start % capacity as u64;
    let mut oracle = Oracle {
        capacity: capacity as u128,
        written: start_index.into(),
        read: start_index.into(),
        records: VecDeque::new(),
        writer: true,
        reader: true,
    };
    let (mut writer, mut reader) = (Some(source.writer()), Some(source.reader()));
    let mut buffer = vec![0xAA; 3];
    for (number, operation) in operations.iter().enumerate() {
        match operation {
            Operation::Push(fraction) => {
                let length = (fraction * (capacity as f64 - 6.0)) as usize;
                let message: Vec<u8> = (0..length).map(|at| (number * 31 + at * 7) as u8).collect();
                if let Some(writer) = &mut writer {
                    assert_eq!(writer.try_push(&message), oracle.push(&message), "operation {number}");
                }
            }
            Operation::Pop => {
                if let Some(reader) = &mut reader {
                    let popped = reader.try_pop(&mut buffer).map(|length| length.map(|_| buffer.clone()));
                    assert_eq!(popped, oracle.pop(), "operation {number}");
                }
            }
            Operation::Writer => {
                writer = if writer.is_some() { None } else { Some(source.writer()) };
                oracle.writer = writer.is_some();
            }
            Operation::Reader => {
                reader = if reader.is_some() { None } else { Some(source.reader()) };
                oracle.reader = reader.is_some();
            }
        }
        let position = |bytes: u128| start.wrapping_sub(start_index).wrapping_add(bytes as u64);
        if let Some(writer) = &writer {
            assert_eq!(writer.position(), position(oracle.written));
            assert_eq!(writer.free_bytes() as u128, oracle.free());
            assert_eq!(writer.is_empty(), oracle.records.is_empty());
        }
        if let Some(reader) = &reader {
            assert_eq!(reader.position(), position(oracle.read));
            assert_eq!(reader.used_bytes() as u128, oracle.written - oracle.read);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ring_does_what_a_queue_does((capacity, start, operations) in case()) {
        run(&HeapRing::new(capacity, start, FenceMode::Symmetric), capacity, start, &operations);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ring_in_a_file_does_what_a_queue_does((capacity, start, operations) in case()) {
        run(&file_ring(capacity, start), capacity, start, &operations);
    }
}
