//! The checkers' door into the library: rings on the heap of one process, for `verify/` and for tests that start where
//! no file would get to in a lifetime. No part of the public API.

#[cfg(any(loom, shuttle, miri))]
pub mod engine;

use std::path::PathBuf;
use std::time::Duration;

use crate::atomics::FenceMode;
use crate::file::Viewed;
use crate::protocol::{Capacity, Check, Consumer, Failure, NotTaken, Position, Producer, SharedRing, WaitStrategy};
use crate::ring::{RingReader, RingWriter};
use crate::view::RingView;

/// A ring of which either side can be taken any number of times, one after the other.
#[derive(Clone)]
pub struct HeapRing {
    writer: SharedRing,
    reader: SharedRing,
}

impl HeapRing {
    /// A ring of `capacity` bytes both of whose sides stand at `start`, a multiple of 8.
    ///
    /// In a model, [`FenceMode::Asymmetric`] has no light fence at all: what then still holds is what the orderings
    /// of the cursors ensure by themselves. A sleeper there cannot rely on being woken.
    ///
    /// # Panics
    /// If no ring can have this capacity.
    pub fn new(capacity: usize, start: u64, fences: FenceMode) -> Self {
        let capacity = Capacity::new(capacity).expect("a model has a valid capacity");
        let (writer, reader) = SharedRing::on_heap(capacity, Position::new(start), fences);
        Self { writer, reader }
    }

    /// The same ring, both of whose sides await successors ([`RingOptions::await_successors`](crate::RingOptions)).
    pub fn awaiting_successors(mut self) -> Self {
        self.writer.awaits_successors = true;
        self.reader.awaits_successors = true;
        self
    }

    /// The same ring, whose reader stops at each end of a stream (`RingOptions::reader_stops_at_ends`).
    pub fn stopping_at_ends(mut self) -> Self {
        self.reader.stops_at_ends = true;
        self
    }

    /// Looks at it, as an onlooker does at a ring in a file.
    pub fn view(&self) -> RingView {
        RingView::of(Viewed::on_heap(&self.writer, &self.reader))
    }

    /// Takes the writer's side.
    ///
    /// # Safety
    /// I3: nobody else holds it.
    pub unsafe fn writer(&self, strategy: WaitStrategy) -> Result<RingWriter, Check> {
        // SAFETY: I3 (the caller's promise).
        let taken = unsafe { self.writer_within(strategy, Some(Duration::ZERO)) };
        taken.map(|writer| writer.expect("a model leaves room for an end"))
    }

    /// As [`writer`](Self::writer), waiting for room for the end of a stream; `None` where there is none.
    ///
    /// # Safety
    /// I3: nobody else holds it.
    pub unsafe fn writer_within(
        &self,
        strategy: WaitStrategy,
        timeout: Option<Duration>,
    ) -> Result<Option<RingWriter>, Check> {
        match Producer::take(self.writer.clone(), strategy, timeout) {
            Ok(producer) => Ok(Some(RingWriter::of(producer))),
            Err(NotTaken::Full | NotTaken::Lost(_)) => Ok(None),
            Err(NotTaken::Failed(Failure::Corrupt(check))) => Err(check),
            Err(NotTaken::Failed(Failure::Forked)) => unreachable!("no model forks"),
        }
    }

    /// Takes the reader's side.
    ///
    /// # Safety
    /// I3: nobody else holds it.
    pub unsafe fn reader(&self, strategy: WaitStrategy) -> Result<RingReader, Check> {
        Consumer::take(self.reader.clone(), strategy).map(RingReader::of)
    }
}

/// Where tests and examples have their rings: in memory, where the system has such a place for everybody.
pub fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}
