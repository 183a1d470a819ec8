//! The bodies of the models: what two sides do, and what must be true of it. One property a file.
//!
//! Nothing here knows which engine runs it: loom or shuttle, or Miri, which runs production's arm of the facade. Every
//! side under test is production code; the only thing modelled is what lies below the facade.

pub mod batch;
pub mod close;
#[cfg(not(miri))]
pub mod crash;
pub mod ends;
pub mod grant;
pub mod hostile;
pub mod programs;
pub mod publish;
pub mod snapshot;
pub mod timeout;
pub mod view;
pub mod wake;
pub mod wrap;

use std::time::Duration;

use crate::record::{ends, size, Need, GRANULE};
use crate::thread;
use ipc_ring::model::engine::{dies_after, note, within};
use ipc_ring::model::HeapRing;
use ipc_ring::{Check, FenceMode, PopError, PushError, RingReader, RingWriter, WaitStrategy};

/// Where a model starts.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Where the cursors stand.
    pub position: u64,
    /// Which side runs on a thread of its own; the other runs on the model's first. An engine that tried one order only
    /// could miss what the other shows.
    pub spawned: Spawned,
}

impl Start {
    /// Where the lap begins in which this is, in a ring of `capacity` bytes: so the next one begins when that is full.
    pub fn of_its_lap(self, capacity: u64) -> Self {
        Self { position: self.position - self.position % capacity, ..self }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spawned {
    Writer,
    Reader,
}

/// Where models start: at the beginning, and just below the wraps of the 32 bits that the kernel compares
/// and of the position itself, so that the first messages cross them.
pub const STARTS: [Start; 3] = [
    Start { position: 0, spawned: Spawned::Writer },
    Start { position: (1 << 32) - 32, spawned: Spawned::Reader },
    Start { position: u64::MAX - 31, spawned: Spawned::Writer },
];

/// A ring and the lengths of the messages that go through it, in order.
#[derive(Clone)]
pub struct Stream {
    pub capacity: usize,
    pub start: Start,
    pub lengths: Vec<usize>,
}

impl Stream {
    pub fn new(capacity: usize, start: Start, lengths: &[usize]) -> Self {
        Self { capacity, start, lengths: lengths.to_vec() }
    }

    /// A ring and both its sides, which sleep as soon as they have to wait. Without a light fence, as asymmetric fences
    /// are here, whoever sleeps there may not be woken.
    pub fn sides(&self, fences: FenceMode) -> (HeapRing, RingWriter, RingReader) {
        let ring = self.ring(fences);
        let (writer, reader) = (writer(&ring), reader(&ring));
        (ring, writer, reader)
    }

    /// The same, where nobody needs the ring itself.
    pub fn ends(&self) -> (RingWriter, RingReader) {
        let (_, writer, reader) = self.sides(FenceMode::Symmetric);
        (writer, reader)
    }

    /// Both sides of a ring without a light fence.
    pub fn ends_that_do_not_sleep(&self) -> (RingWriter, RingReader) {
        let (_, writer, reader) = self.sides(FenceMode::Asymmetric);
        (writer, reader)
    }

    /// The ring itself: a side of it can be taken after its holder has left.
    pub fn ring(&self, fences: FenceMode) -> HeapRing {
        HeapRing::new(self.capacity, self.start.position, fences)
    }

    /// The messages. Of 256 that follow each other, no two agree in any byte at the same place.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.lengths.iter().enumerate().map(|(number, &length)| crate::message(number, length)).collect()
    }

    /// Where each message ends, after where the first begins, if nothing goes ahead alone.
    pub fn positions(&self) -> Vec<u64> {
        let start = self.start.position;
        std::iter::once(start).chain(ends(self.capacity as u64, start, self.lengths.iter().copied())).collect()
    }

    /// Whether the ring holds all messages at once.
    pub fn fits(&self) -> bool {
        let positions = self.positions();
        positions[positions.len() - 1].wrapping_sub(positions[0]) <= self.capacity as u64 - GRANULE
    }

    /// All messages go from `writer`, which pushes them by `push`, to `reader`, which waits for each.
    pub fn pass(
        &self,
        mut writer: RingWriter,
        mut reader: RingReader,
        push: fn(&mut RingWriter, &[u8]) -> Result<(), PushError>,
    ) -> (RingWriter, RingReader) {
        let messages = self.messages();
        let expected = messages.clone();
        self.race(
            move || {
                for message in &messages {
                    push(&mut writer, message).unwrap();
                }
                writer
            },
            move || {
                assert_eq!(pop_many(&mut reader, expected.len()), expected);
                reader
            },
        )
    }

    /// Runs the two sides at once, to the end of both.
    pub fn race<W, R>(
        &self,
        writing: impl FnOnce() -> W + Send + 'static,
        reading: impl FnOnce() -> R + Send + 'static,
    ) -> (W, R)
    where
        W: Send + 'static,
        R: Send + 'static,
    {
        match self.start.spawned {
            Spawned::Writer => {
                let writing = thread::spawn(writing);
                let read = reading();
                (writing.join().unwrap(), read)
            }
            Spawned::Reader => {
                let reading = thread::spawn(reading);
                let written = writing();
                (written, reading.join().unwrap())
            }
        }
    }
}

/// The writer's side of `ring`, which sleeps as soon as it has to wait.
pub fn writer(ring: &HeapRing) -> RingWriter {
    attach_writer(ring, WaitStrategy::Sleep).unwrap().expect("there is room for an end")
}

/// The reader's side of `ring`, which sleeps as soon as it has to wait.
pub fn reader(ring: &HeapRing) -> RingReader {
    attach_reader(ring, WaitStrategy::Sleep).unwrap()
}

/// The writer's side of `ring`, if it can be taken; `None` where there is no room for the end of its stream.
pub fn attach_writer(ring: &HeapRing, strategy: WaitStrategy) -> Result<Option<RingWriter>, Check> {
    // SAFETY: I3 (a body takes a side only when its last holder has left).
    unsafe { ring.writer_within(strategy, Some(Duration::ZERO)) }
}

/// The reader's side of `ring`, if it can be taken.
pub fn attach_reader(ring: &HeapRing, strategy: WaitStrategy) -> Result<RingReader, Check> {
    // SAFETY: as above.
    unsafe { ring.reader(strategy) }
}

/// Has a side die without a word: neither an end nor a wake comes of its death.
pub fn dies<T>(side: T) {
    dies_after(0, move || drop(side));
}

/// Pushes a message by `how`, and notes what came of it.
pub fn push_by(
    writer: &mut RingWriter,
    message: &[u8],
    how: impl FnOnce(&mut RingWriter, &[u8]) -> Result<(), PushError>,
) -> Result<(), PushError> {
    let from = writer.position();
    let result = how(writer, message);
    match result {
        Ok(()) => note_where(writer, from, message.len()),
        Err(PushError::TimedOut) => note("writer", "found no space"),
        Err(PushError::Closed) => note("writer", "learnt that its peer left"),
        Err(PushError::PeerGone) => note("writer", "learnt that its peer died"),
        Err(_) => note("writer", "was refused"),
    }
    result
}

/// Notes how the message of `length` bytes that was just pushed lies in the ring.
fn note_where(writer: &RingWriter, from: u64, length: usize) {
    let (capacity, to) = (writer.capacity() as u64, writer.position());
    let need = Need { padding: to.wrapping_sub(from) - size(length), ..Need::of(length, capacity, from) };
    if need.padding > 0 {
        note("padding", if need.apart { "went ahead alone" } else { "went with its message" });
    } else if to.is_multiple_of(capacity) {
        note("a message", "ended with the ring");
    }
    if to < from {
        note("a message", "crossed 2^64");
    } else if to >> 32 != from >> 32 {
        note("a message", "crossed 2^32");
    }
}

/// Pushes a message, waiting for space as long as it takes.
pub fn push(writer: &mut RingWriter, message: &[u8]) -> Result<(), PushError> {
    push_by(writer, message, |writer, message| within(None, || writer.push(message, None)))
}

/// Pushes a message if there is space.
pub fn try_push(writer: &mut RingWriter, message: &[u8]) -> Result<(), PushError> {
    push_by(writer, message, |writer, message| Ok(writer.try_push(message)?))
}

/// Pushes these, for which there is space.
pub fn push_each(writer: &mut RingWriter, messages: &[Vec<u8>]) {
    messages.iter().for_each(|message| try_push(writer, message).unwrap());
}

/// Pushes these, and waits for space where there is none.
pub fn push_all(writer: &mut RingWriter, messages: &[Vec<u8>]) {
    messages.iter().for_each(|message| push(writer, message).unwrap());
}

/// Pops a message by `how`, and notes what came of it.
pub fn pop_by(
    reader: &mut RingReader,
    how: impl FnOnce(&mut RingReader, &mut Vec<u8>) -> Result<Option<usize>, PopError>,
) -> Result<Option<Vec<u8>>, PopError> {
    let untouched = b"as it was".to_vec();
    let mut buffer = untouched.clone();
    let result = how(reader, &mut buffer);
    match result {
        Ok(Some(length)) => {
            assert_eq!(length, buffer.len());
            return Ok(Some(buffer));
        }
        Ok(None) => note("reader", "found no message"),
        Err(PopError::TimedOut) => note("reader", "gave up"),
        Err(PopError::Closed) => note("reader", "learnt that its peer left"),
        Err(PopError::PeerGone) => note("reader", "learnt that its peer died"),
        Err(_) => note("reader", "refused"),
    }
    assert_eq!(buffer, untouched);
    result.map(|_| None)
}

/// Pops a message, waiting for it as long as it takes.
pub fn pop(reader: &mut RingReader) -> Result<Vec<u8>, PopError> {
    pop_within(reader, None)
}

/// Pops a message, waiting for it up to `timeout`.
pub fn pop_within(reader: &mut RingReader, timeout: Option<Duration>) -> Result<Vec<u8>, PopError> {
    let popped = pop_by(reader, |reader, buffer| within(timeout, || reader.pop(buffer, timeout)).map(Some));
    popped.map(|popped| popped.unwrap())
}

/// Pops a message if there is one.
pub fn try_pop(reader: &mut RingReader) -> Result<Option<Vec<u8>>, PopError> {
    pop_by(reader, |reader, buffer| Ok(reader.try_pop(buffer)?))
}

/// Pops `count` messages, waiting for each.
pub fn pop_many(reader: &mut RingReader, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| pop(reader).unwrap()).collect()
}

/// Pops all messages, waiting for each, and returns them and why there are no more.
pub fn pop_to_the_end(reader: &mut RingReader) -> (Vec<Vec<u8>>, PopError) {
    let mut popped = Vec::new();
    loop {
        match pop(reader) {
            Ok(message) => popped.push(message),
            Err(end) => return (popped, end),
        }
    }
}

/// Pops what there is, without waiting, until `tries` were made in vain.
pub fn try_pop_all(reader: &mut RingReader, mut tries: usize) -> Vec<Vec<u8>> {
    let mut popped = Vec::new();
    while tries > 0 {
        match try_pop(reader).unwrap() {
            Some(message) => popped.push(message),
            None => tries -= 1,
        }
    }
    popped
}
