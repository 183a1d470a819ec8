//! The oracle: what a ring must do, by a `VecDeque` and arithmetic in 128 bits. Every outcome is foretold, a refusal
//! too: `Full` where there was space would be a failure.

use std::collections::VecDeque;

use ipc_ring::Side;

use super::operation::{message, Operation, Outcome, Patience, Report};
use super::sides::Sides;

/// A ring without an end, of which at most `capacity` bytes are in use.
#[derive(Clone, Debug)]
pub struct Oracle {
    capacity: u128,
    /// What a position of the ring's is when `written` or `read` is 0.
    origin: u64,
    /// The bytes ever written and read, counted from the beginning of the lap where both sides started.
    written: u128,
    read: u128,
    /// What lies between the two.
    records: VecDeque<Record>,
    writer: bool,
    reader: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Record {
    Message(Vec<u8>),
    Padding(u128),
}

/// What a record needs where the writer stands.
#[derive(Clone, Copy)]
struct Need {
    padding: u128,
    size: u128,
    /// Padding and record exceed the capacity together: the padding goes ahead.
    apart: bool,
}

impl Oracle {
    /// A ring whose sides stand at `start`, with nobody there.
    pub fn new(capacity: usize, start: u64) -> Self {
        let index = start % capacity as u64;
        Self {
            capacity: capacity as u128,
            origin: start.wrapping_sub(index),
            written: index.into(),
            read: index.into(),
            records: VecDeque::new(),
            writer: false,
            reader: false,
        }
    }

    pub fn holds(&self, side: Side) -> bool {
        match side {
            Side::Writer => self.writer,
            Side::Reader => self.reader,
        }
    }

    pub fn position(&self, side: Side) -> u64 {
        let bytes = match side {
            Side::Writer => self.written,
            Side::Reader => self.read,
        };
        self.origin.wrapping_add(bytes as u64)
    }

    pub fn used(&self) -> u128 {
        self.written - self.read
    }

    pub fn capacity(&self) -> u128 {
        self.capacity
    }

    /// The messages that are there to be popped.
    pub fn messages(&self) -> usize {
        self.records.iter().filter(|record| matches!(record, Record::Message(_))).count()
    }

    /// `operation`, but for a wait that nobody would end: a time-out of zero takes its place.
    pub fn in_turn(&self, operation: Operation) -> Operation {
        let would_wait = match operation {
            Operation::Push { length, .. } => self.reader && !self.is_too_large(length) && !self.has_space(length),
            Operation::Pop { .. } => self.writer && self.messages() == 0,
            _ => false,
        };
        if would_wait {
            operation.at_once()
        } else {
            operation
        }
    }

    pub fn is_too_large(&self, length: usize) -> bool {
        length as u128 + 8 > self.capacity
    }

    /// Whether a message of `length` bytes can be pushed although nothing is popped first.
    pub fn has_space(&self, length: usize) -> bool {
        let need = self.need(length);
        self.has_room(need.padding + need.size)
    }

    /// Whether a push of `length` bytes, as far as is known here, publishes padding before it looks for more space.
    pub fn pads_ahead(&self, length: usize) -> bool {
        let need = self.need(length);
        need.apart && self.has_room(need.padding)
    }

    fn has_room(&self, bytes: u128) -> bool {
        self.written + bytes <= self.read + self.capacity
    }

    fn need(&self, length: usize) -> Need {
        let size = Record::size_of(length);
        let to_end = self.capacity - self.written % self.capacity;
        let padding = if size > to_end { to_end } else { 0 };
        Need { padding, size, apart: padding + size > self.capacity }
    }

    /// A message is in the ring, and the padding that it needs before it.
    pub fn accept(&mut self, message: Vec<u8>) {
        let need = self.need(message.len());
        if need.padding > 0 {
            self.append(Record::Padding(need.padding));
        }
        self.append(Record::Message(message));
    }

    /// The padding that a message of `length` bytes needs is in the ring, and the message is not. Whether that
    /// can be: only where the two cannot be in the ring together.
    pub fn accept_padding_for(&mut self, length: usize) -> bool {
        let need = self.need(length);
        if need.apart {
            self.append(Record::Padding(need.padding));
        }
        need.apart
    }

    fn append(&mut self, record: Record) {
        self.written += record.size();
        self.records.push_back(record);
    }

    /// Takes the padding that is next, if it is; then the message behind it.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        self.take_padding();
        match self.records.pop_front()? {
            Record::Padding(_) => panic!("padding follows padding"),
            Record::Message(message) => {
                self.read += Record::size_of(message.len());
                Some(message)
            }
        }
    }

    /// Takes the padding that is next. Whether it was.
    pub fn take_padding(&mut self) -> bool {
        let Some(Record::Padding(size)) = self.records.front() else { return false };
        self.read += size;
        self.records.pop_front();
        true
    }

    pub fn moved(&mut self, side: Side, here: bool) -> Outcome {
        let held = match side {
            Side::Writer => &mut self.writer,
            Side::Reader => &mut self.reader,
        };
        let was = std::mem::replace(held, here);
        if was || here {
            Outcome::Moved
        } else {
            Outcome::Absent
        }
    }

    /// The outcome of a push that does not depend on the ring's contents.
    pub fn refusal(&self, length: usize) -> Option<Outcome> {
        if !self.writer {
            Some(Outcome::Absent)
        } else if self.is_too_large(length) {
            Some(Outcome::TooLarge { len: length, max: self.capacity as usize - 8 })
        } else {
            None
        }
    }

    fn push(&mut self, number: usize, length: usize, patience: Patience) -> Outcome {
        if let Some(refusal) = self.refusal(length) {
            return refusal;
        }
        if !self.reader {
            return Outcome::Closed;
        }
        if self.pads_ahead(length) {
            self.accept_padding_for(length);
        }
        if self.has_space(length) {
            self.accept(message(number, length));
            return Outcome::Pushed;
        }
        patience.in_vain(Outcome::Full)
    }

    fn pop(&mut self, patience: Patience) -> Outcome {
        match self.take() {
            Some(message) => Outcome::Popped(message),
            None if self.writer => patience.in_vain(Outcome::Nothing),
            None => Outcome::Closed,
        }
    }

    fn measure(&self, side: Side) -> Outcome {
        let (used, free) = (self.used(), self.capacity - self.used());
        match self.holds(side) {
            true => Outcome::Measured { used: used as usize, free: free as usize },
            false => Outcome::Absent,
        }
    }
}

impl Sides for Oracle {
    fn apply(&mut self, number: usize, operation: Operation) -> Report {
        let outcome = match operation {
            Operation::Push { length, patience } => self.push(number, length, patience),
            Operation::Pop { .. } if !self.reader => Outcome::Absent,
            Operation::Pop { patience } => self.pop(patience),
            Operation::Leave(side) => self.moved(side, false),
            Operation::Attach(side) => self.moved(side, true),
            Operation::Measure(side) => self.measure(side),
        };
        let side = operation.side();
        Report { outcome, position: self.holds(side).then(|| self.position(side)) }
    }
}

impl Record {
    /// What a message of `length` bytes takes: its header, and itself in whole granules.
    fn size_of(length: usize) -> u128 {
        8 + (length as u128 + 7) / 8 * 8
    }

    fn size(&self) -> u128 {
        match self {
            Record::Message(message) => Self::size_of(message.len()),
            Record::Padding(size) => *size,
        }
    }
}

impl Patience {
    /// What comes of a call that had to wait: `at_once` from `try_push` and `try_pop`, else it timed out.
    pub fn in_vain(self, at_once: Outcome) -> Outcome {
        match self {
            Patience::Try => at_once,
            Patience::Zero => Outcome::TimedOut,
            Patience::Ever => panic!("a call without a time-out waits until it succeeds"),
        }
    }
}
