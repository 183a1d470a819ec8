//! Who does the operations: the two sides of a ring, wherever they come from.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipc_ring::model::HeapRing;
use ipc_ring::{PopError, PushError, RingOptions, RingReader, RingWriter, Side, WaitStrategy};

use super::operation::{message, Operation, Outcome, Report};

/// Both sides of a ring, in one hand, in two processes, or imagined.
pub trait Sides {
    /// Does the operation, the `number`th of its program.
    fn apply(&mut self, number: usize, operation: Operation) -> Report;
}

/// Where a side is had from, once its last holder has left.
pub trait Source: Clone {
    fn writer(&self) -> RingWriter;
    fn reader(&self) -> RingReader;
}

/// A ring on the heap, both of whose sides stay in one thread.
impl Source for &HeapRing {
    fn writer(&self) -> RingWriter {
        // SAFETY: I3 (`Hands` takes a side only when its last holder has left).
        unsafe { HeapRing::writer(self, WaitStrategy::Sleep) }.unwrap()
    }

    fn reader(&self) -> RingReader {
        // SAFETY: as above.
        unsafe { HeapRing::reader(self, WaitStrategy::Sleep) }.unwrap()
    }
}

/// A ring on the heap whose sides part.
impl Source for Arc<HeapRing> {
    fn writer(&self) -> RingWriter {
        Source::writer(&&**self)
    }

    fn reader(&self) -> RingReader {
        Source::reader(&&**self)
    }
}

/// The ring in a file.
impl Source for PathBuf {
    fn writer(&self) -> RingWriter {
        RingOptions::new().wait(WaitStrategy::Sleep).attach(self).unwrap()
    }

    fn reader(&self) -> RingReader {
        RingOptions::new().wait(WaitStrategy::Sleep).open(self).unwrap()
    }
}

/// What holds the sides of a ring: both, one, or none yet.
pub struct Hands<S> {
    source: S,
    writer: Option<RingWriter>,
    reader: Option<RingReader>,
    buffer: Vec<u8>,
    /// The time-out of calls that wait.
    ever: Option<Duration>,
}

impl<S: Source> Hands<S> {
    /// Empty hands.
    pub fn new(source: S) -> Self {
        // A buffer that was used before, so that a pop has something to replace.
        Self { source, writer: None, reader: None, buffer: vec![0xAA; 3], ever: None }
    }

    /// Calls that wait give up after `ever`. For sides that act in turn, where whoever has to wait at all waits
    /// in vain: so that a defect is a failure, and no standstill.
    pub fn giving_up_after(self, ever: Duration) -> Self {
        Self { ever: Some(ever), ..self }
    }

    /// The writer's hand and the reader's.
    pub fn split(mut self) -> (Self, Self) {
        let mut reading = Self::new(self.source.clone());
        reading.reader = self.reader.take();
        (self, reading)
    }

    /// Both hands together again.
    pub fn join(mut writing: Self, mut reading: Self) -> Self {
        writing.reader = reading.reader.take();
        writing
    }

    fn outcome(&mut self, number: usize, operation: Operation) -> Option<Outcome> {
        match operation {
            Operation::Push { length, patience } => {
                let (writer, message) = (self.writer.as_mut()?, message(number, length));
                let pushed = match patience.timeout(self.ever) {
                    Some(timeout) => writer.push(&message, timeout),
                    None => writer.try_push(&message),
                };
                Some(of_push(pushed))
            }
            Operation::Pop { patience } => {
                let (reader, buffer) = (self.reader.as_mut()?, &mut self.buffer);
                let before = buffer.clone();
                let popped = match patience.timeout(self.ever) {
                    Some(timeout) => reader.pop(buffer, timeout).map(Some),
                    None => reader.try_pop(buffer),
                };
                match popped {
                    Ok(Some(length)) => assert_eq!(length, buffer.len()),
                    _ => assert_eq!(*buffer, before, "a buffer is as it was where nothing was popped"),
                }
                Some(of_pop(popped, buffer))
            }
            Operation::Leave(Side::Writer) => self.writer.take().map(|_| Outcome::Moved),
            Operation::Leave(Side::Reader) => self.reader.take().map(|_| Outcome::Moved),
            Operation::Attach(Side::Writer) => {
                self.writer = None;
                self.writer = Some(self.source.writer());
                Some(Outcome::Moved)
            }
            Operation::Attach(Side::Reader) => {
                self.reader = None;
                self.reader = Some(self.source.reader());
                Some(Outcome::Moved)
            }
            Operation::Measure(Side::Writer) => {
                let writer = self.writer.as_ref()?;
                let (used, free) = (writer.used_bytes(), writer.free_bytes());
                assert_eq!(writer.is_empty(), used == 0);
                Some(Outcome::Measured { used, free })
            }
            Operation::Measure(Side::Reader) => {
                let reader = self.reader.as_ref()?;
                Some(Outcome::Measured { used: reader.used_bytes(), free: reader.free_bytes() })
            }
        }
    }

    fn position(&self, side: Side) -> Option<u64> {
        match side {
            Side::Writer => self.writer.as_ref().map(RingWriter::position),
            Side::Reader => self.reader.as_ref().map(RingReader::position),
        }
    }
}

impl<S: Source> Sides for Hands<S> {
    fn apply(&mut self, number: usize, operation: Operation) -> Report {
        let outcome = self.outcome(number, operation).unwrap_or(Outcome::Absent);
        Report { outcome, position: self.position(operation.side()) }
    }
}

fn of_push(pushed: Result<(), PushError>) -> Outcome {
    match pushed {
        Ok(()) => Outcome::Pushed,
        Err(PushError::TooLarge { len, max }) => Outcome::TooLarge { len, max },
        Err(PushError::Full) => Outcome::Full,
        Err(PushError::TimedOut) => Outcome::TimedOut,
        Err(PushError::Closed) => Outcome::Closed,
        Err(error) => panic!("push: {error}"),
    }
}

fn of_pop(popped: Result<Option<usize>, PopError>, buffer: &[u8]) -> Outcome {
    match popped {
        Ok(Some(_)) => Outcome::Popped(buffer.to_vec()),
        Ok(None) => Outcome::Nothing,
        Err(PopError::TimedOut) => Outcome::TimedOut,
        Err(PopError::Closed) => Outcome::Closed,
        Err(error) => panic!("pop: {error}"),
    }
}
