//! Rings on the heap of one process, for `verify/` and for tests. Not part of the public API.
//!
//! They can start at any position, also at one that a ring in a file would not reach in a lifetime.

#[cfg(any(loom, shuttle, miri))]
pub mod engine;

use std::path::PathBuf;
use std::time::Duration;

use crate::atomics::FenceMode;
use crate::file::Viewed;
use crate::protocol::{Capacity, Check, Consumer, Failure, NotTaken, Position, Producer, SharedRing, WaitStrategy};
use crate::ring::{RingReader, RingWriter};
use crate::view::RingView;

/// A ring on the heap. Each side can be taken any number of times, by one holder at a time.
#[derive(Clone)]
pub struct HeapRing {
    writer: SharedRing,
    reader: SharedRing,
}

impl HeapRing {
    /// Makes a ring of `capacity` bytes. Both sides stand at `start`, a multiple of 8.
    ///
    /// In a model, [`FenceMode::Asymmetric`] has no light fence, so it shows what the orderings of the cursors ensure
    /// by themselves. A sleeper cannot rely on being woken there.
    ///
    /// # Panics
    /// If `capacity` is not a valid capacity.
    pub fn new(capacity: usize, start: u64, fences: FenceMode) -> Self {
        let capacity = Capacity::new(capacity).expect("a model has a valid capacity");
        let (writer, reader) = SharedRing::on_heap(capacity, Position::new(start), fences);
        Self { writer, reader }
    }

    /// Makes both sides await successors, as [`RingOptions::await_successors`](crate::RingOptions) does.
    pub fn awaiting_successors(mut self) -> Self {
        self.writer.awaits_successors = true;
        self.reader.awaits_successors = true;
        self.told()
    }

    /// Makes the reader stop at each end of a stream, as `RingOptions::reader_stops_at_ends` does.
    pub fn stopping_at_ends(mut self) -> Self {
        self.reader.stops_at_ends = true;
        self.told()
    }

    /// Tells who follows which sides wait on when their peer has closed.
    fn told(self) -> Self {
        #[cfg(any(loom, shuttle))]
        crate::atomics::trace::awaits(
            [&self.writer, &self.reader].map(|side| side.awaits_successors || side.stops_at_ends),
        );
        self
    }

    /// Returns a view of the ring, as an onlooker has of a ring in a file.
    pub fn view(&self) -> RingView {
        #[cfg(any(loom, shuttle, miri))]
        crate::atomics::fate::nobody_follows();
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

    /// Takes the writer's side and waits up to `timeout` for room for the end of a stream. Returns `None` if none came.
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

/// Returns a directory for the rings of tests and examples: `/dev/shm` if it exists, else the temporary directory.
pub fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}
