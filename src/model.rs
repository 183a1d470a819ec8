//! The checkers' door into the library: rings on the heap of one process, for `verify/` and for tests that start where
//! no file would get to in a lifetime. No part of the public API.

#[cfg(any(loom, shuttle))]
pub mod engine;

use crate::atomics::FenceMode;
use crate::error::Check;
use crate::header::Ring;
use crate::index::{Capacity, Position};
use crate::mapping::Viewed;
use crate::reader::RingReader;
use crate::view::RingView;
use crate::wait::WaitStrategy;
use crate::writer::RingWriter;

/// A ring of which either side can be taken any number of times, one after the other.
#[derive(Clone)]
pub struct HeapRing {
    writer: Ring,
    reader: Ring,
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
        let (writer, reader) = Ring::on_heap(capacity, Position::new(start), fences);
        Self { writer, reader }
    }

    /// The same ring, both of whose sides await successors ([`RingOptions::await_successors`](crate::RingOptions)).
    pub fn awaiting_successors(mut self) -> Self {
        self.writer.awaits_successors = true;
        self.reader.awaits_successors = true;
        self
    }

    /// Looks at it, as an onlooker does at a ring in a file.
    pub fn view(&self) -> RingView {
        let Ring { own, bytes, capacity, fences, presence, .. } = &self.writer;
        RingView::new(Viewed {
            writer: own.clone(),
            reader: self.reader.own.clone(),
            bytes: bytes.clone(),
            capacity: *capacity,
            fences: *fences,
            // Of each side its peer knows.
            presence: [self.reader.presence.clone(), presence.clone()],
        })
    }

    /// Takes the writer's side.
    ///
    /// # Safety
    /// I3: nobody else holds it.
    pub unsafe fn writer(&self, strategy: WaitStrategy) -> Result<RingWriter, Check> {
        RingWriter::take(self.writer.clone(), strategy)
    }

    /// Takes the reader's side.
    ///
    /// # Safety
    /// I3: nobody else holds it.
    pub unsafe fn reader(&self, strategy: WaitStrategy) -> Result<RingReader, Check> {
        RingReader::take(self.reader.clone(), strategy)
    }
}

/// A ring of 4096 bytes for the documentation's examples, which are about its sides and not about its file.
pub fn example_ring() -> (RingWriter, RingReader) {
    let ring = HeapRing::new(4096, 0, FenceMode::Symmetric);
    // SAFETY: I3 (nobody else has the ring).
    let writer = unsafe { ring.writer(WaitStrategy::default()) };
    // SAFETY: I3 (as above).
    let reader = unsafe { ring.reader(WaitStrategy::default()) };
    (writer.expect("it is new"), reader.expect("it is new"))
}
