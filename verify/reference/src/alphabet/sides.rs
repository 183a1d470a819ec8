//! Who does the operations: the two sides of a ring, wherever they come from.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipc_ring::model::HeapRing;
use ipc_ring::{OpenError, RingOptions, RingReader, RingView, RingWriter, Side, WaitStrategy};

use super::operation::{Manner, Operation, Outcome, Parcel, Report};
use super::sight::Sight;
use super::{adaptors, reading, writing};

/// Both sides of a ring, in one hand, in two processes, or imagined.
pub trait Sides {
    /// Does the operation, the `number`th of its program.
    fn apply(&mut self, number: usize, operation: Operation) -> Report;

    /// What somebody sees of the ring who has no part in it; `None` where nobody else can get at it.
    fn sight(&mut self) -> Option<Sight>;
}

/// Where a side is had from, once its last holder has left.
pub trait Source: Clone {
    /// The writer's side; `None` where there is no room for the end of another stream.
    fn writer(&self) -> Option<RingWriter>;
    fn reader(&self, stops_at_ends: bool) -> RingReader;
    /// A look from outside, where there is one: a ring on the heap has no outside.
    fn view(&self) -> Option<RingView>;
}

/// A ring on the heap, both of whose sides stay in one thread.
impl Source for &HeapRing {
    fn writer(&self) -> Option<RingWriter> {
        // SAFETY: I3 (`Hands` takes a side only when its last holder has left).
        unsafe { self.writer_within(WaitStrategy::Sleep, Some(Duration::ZERO)) }.unwrap()
    }

    fn reader(&self, stops_at_ends: bool) -> RingReader {
        let ring = if stops_at_ends { (*self).clone().stopping_at_ends() } else { (*self).clone() };
        // SAFETY: as above.
        unsafe { ring.reader(WaitStrategy::Sleep) }.unwrap()
    }

    fn view(&self) -> Option<RingView> {
        None
    }
}

/// A ring on the heap whose sides part.
impl Source for Arc<HeapRing> {
    fn writer(&self) -> Option<RingWriter> {
        Source::writer(&&**self)
    }

    fn reader(&self, stops_at_ends: bool) -> RingReader {
        Source::reader(&&**self, stops_at_ends)
    }

    fn view(&self) -> Option<RingView> {
        None
    }
}

/// The ring in a file.
impl Source for PathBuf {
    fn writer(&self) -> Option<RingWriter> {
        match RingOptions::new().wait_strategy(WaitStrategy::Sleep).attach(self) {
            Err(OpenError::Full { .. }) => None,
            attached => Some(attached.unwrap()),
        }
    }

    fn reader(&self, stops_at_ends: bool) -> RingReader {
        RingOptions::new().wait_strategy(WaitStrategy::Sleep).reader_stops_at_ends(stops_at_ends).open(self).unwrap()
    }

    fn view(&self) -> Option<RingView> {
        Some(RingView::open(self).unwrap())
    }
}

/// What holds the sides of a ring: both, one, or none yet.
pub struct Hands<S> {
    source: S,
    writer: Option<RingWriter>,
    reader: Option<RingReader>,
    view: Option<RingView>,
    buffer: Vec<u8>,
    /// The time-out of calls that wait.
    ever: Option<Duration>,
}

impl<S: Source> Hands<S> {
    /// Empty hands.
    pub fn new(source: S) -> Self {
        // A buffer that was used before, so that a pop has something to replace.
        Self { source, writer: None, reader: None, view: None, buffer: vec![0xAA; 3], ever: None }
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
            Operation::Push { parcel, patience } => {
                let (writer, message) = (self.writer.as_mut()?, parcel.message(number, 0));
                Some(writing::push(writer, parcel, &message, patience.timeout(self.ever)))
            }
            Operation::PushBatch { parcels, disposal, patience } => {
                let mut batch = self.writer.as_mut()?.batch();
                let mut each = Vec::new();
                for (at, parcel) in parcels.into_iter().enumerate() {
                    let message = parcel.message(number, at);
                    let outcome = writing::push(&mut batch, parcel, &message, patience.timeout(self.ever));
                    let has_space = outcome.has_space();
                    each.push(outcome);
                    if !has_space {
                        break;
                    }
                }
                disposal.of(batch);
                Some(Outcome::Each(each))
            }
            Operation::Publish => {
                self.writer.as_mut()?.batch().publish();
                Some(Outcome::Published)
            }
            Operation::Pop { patience } => {
                Some(reading::pop(self.reader.as_mut()?, &mut self.buffer, patience.timeout(self.ever)))
            }
            Operation::Peek { access, disposal, patience } => {
                Some(reading::peek(self.reader.as_mut()?, access, disposal, patience.timeout(self.ever)))
            }
            Operation::PopBatch { max, access, ending, patience } => {
                let reader = self.reader.as_mut()?;
                Some(reading::pop_batch(reader, max, access, ending, patience.timeout(self.ever)))
            }
            Operation::Write { pieces, buffer, disposal, patience } => {
                let stream = Parcel { length: pieces.iter().sum(), manner: Manner::Copied }.message(number, 0);
                let pieces = stream.split_at(pieces[0]);
                let timeout = patience.timeout(self.ever);
                Some(adaptors::write(self.writer.as_mut()?, pieces, buffer, disposal, timeout))
            }
            Operation::Read { count, most, access, disposal, patience } => {
                let timeout = patience.timeout(self.ever);
                Some(adaptors::read(self.reader.as_mut()?, (count, most), access, disposal, timeout))
            }
            Operation::Iterate { count, access, disposal, patience } => {
                let timeout = patience.timeout(self.ever);
                Some(adaptors::iterate(self.reader.as_mut()?, count, access, disposal, timeout))
            }
            Operation::PopMany { max, patience } => {
                Some(adaptors::pop_many(self.reader.as_mut()?, max, patience.timeout(self.ever)))
            }
            Operation::PushEqual { count, patience } => {
                Some(adaptors::push_equal(self.writer.as_mut()?, number, count, patience.timeout(self.ever)))
            }
            Operation::PopEqual { max, patience } => {
                Some(adaptors::pop_equal(self.reader.as_mut()?, max, patience.timeout(self.ever)))
            }
            Operation::Leave(Side::Writer) => {
                // Dropped, it would not end a stream in which a `ByteWriter` has lost bytes.
                self.writer.take().map(RingWriter::finish).map(|()| Outcome::Moved)
            }
            Operation::Leave(Side::Reader) => self.reader.take().map(|_| Outcome::Moved),
            Operation::Attach(Side::Writer) => {
                if let Some(writer) = self.writer.take() {
                    writer.finish();
                }
                self.writer = self.source.writer();
                Some(if self.writer.is_some() { Outcome::Moved } else { Outcome::Full })
            }
            Operation::Attach(Side::Reader) | Operation::AttachToStop => {
                self.reader = None;
                self.reader = Some(self.source.reader(operation == Operation::AttachToStop));
                Some(Outcome::Moved)
            }
            Operation::TakeEnd => {
                let is_taken = self.reader.as_mut()?.take_end();
                Some(if is_taken { Outcome::EndTaken } else { Outcome::NoEnd })
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

    /// Where this side stands, and how many messages were ever pushed up to there.
    fn standing(&self, side: Side) -> (Option<u64>, Option<u64>) {
        match side {
            Side::Writer => (
                self.writer.as_ref().map(RingWriter::position),
                self.writer.as_ref().and_then(|writer| writer.message_count().ok()),
            ),
            Side::Reader => (
                self.reader.as_ref().map(RingReader::position),
                self.reader.as_ref().and_then(|reader| reader.message_count().ok()),
            ),
        }
    }
}

impl<S: Source> Sides for Hands<S> {
    fn apply(&mut self, number: usize, operation: Operation) -> Report {
        let outcome = self.outcome(number, operation).unwrap_or(Outcome::Absent);
        let (position, messages) = self.standing(operation.side());
        Report { outcome, position, messages }
    }

    fn sight(&mut self) -> Option<Sight> {
        if self.view.is_none() {
            self.view = self.source.view();
        }
        self.view.as_ref().map(Sight::of)
    }
}
