//! The checkers' door into the library: rings on the heap of one process, for `verify/` and for tests that start where
//! no file would get to in a lifetime. No part of the public API.

#[cfg(any(loom, shuttle))]
use crate::atomics::order::{ANNOUNCE, EPOCH, PUBLISH};
use crate::atomics::FenceMode;
use crate::error::Check;
use crate::header::Ring;
use crate::index::{Capacity, Position};
use crate::reader::RingReader;
use crate::wait::WaitStrategy;
use crate::writer::RingWriter;

#[cfg(any(loom, shuttle))]
pub use crate::atomics::fate::{dies_after, Awakening};
#[cfg(any(loom, shuttle))]
pub use crate::atomics::witness::{headers_loaded, note, outcome, times, Outcome};

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
    /// of the cursors ensure by themselves. Sleepers rely on the fence, so they are for the other mode.
    ///
    /// # Panics
    /// If no ring can have this capacity.
    pub fn new(capacity: usize, start: u64, fences: FenceMode) -> Self {
        let capacity = Capacity::new(capacity).expect("a model has a valid capacity");
        let (writer, reader) = Ring::on_heap(capacity, Position::new(start), fences);
        Self { writer, reader }
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

/// What befalls a side in a model.
#[cfg(any(loom, shuttle))]
impl HeapRing {
    /// The writer's side in the hands of one that does not keep to the protocol.
    pub fn hostile_writer(&self) -> Hostile {
        Hostile(self.writer.clone())
    }

    /// The reader's side in the hands of one that does not keep to the protocol.
    pub fn hostile_reader(&self) -> Hostile {
        Hostile(self.reader.clone())
    }

    /// Whether the writer's holder is dead.
    pub fn writer_is_dead(&self, dead: bool) {
        is_dead(&self.writer, dead);
    }

    /// Whether the reader's holder is dead.
    pub fn reader_is_dead(&self, dead: bool) {
        is_dead(&self.reader, dead);
    }

    /// The writer's sleep, if it is asleep, is ended as `by` says.
    pub fn interrupt_writer(&self, by: Awakening) {
        self.reader.own.cursor.interrupt(by);
    }

    /// The reader's sleep, if it is asleep, is ended as `by` says.
    pub fn interrupt_reader(&self, by: Awakening) {
        self.writer.own.cursor.interrupt(by);
    }
}

#[cfg(any(loom, shuttle))]
fn is_dead(side: &Ring, dead: bool) {
    side.presence.set_gone(dead);
    side.own.cursor.forsake(dead);
}

/// A side that stores what it likes into the words that it owns.
#[cfg(any(loom, shuttle))]
pub struct Hostile(Ring);

#[cfg(any(loom, shuttle))]
impl Hostile {
    /// Stores its cursor, and wakes whoever sleeps on it.
    pub fn set_cursor(&self, word: u64) {
        self.0.own.cursor.store(word, PUBLISH);
        self.0.own.cursor.wake();
    }

    /// Stores its `wake_at`.
    pub fn set_wake_at(&self, word: u64) {
        self.0.own.wake_at.store(word, ANNOUNCE);
    }

    /// Stores its count of attaches.
    pub fn set_epoch(&self, word: u64) {
        self.0.own.epoch.store(word, EPOCH);
    }

    /// Stores the granule at `index` of the ring's bytes, as only a writer can.
    pub fn set_granule(&self, index: usize, word: u64) {
        self.0.bytes.scribble(index, word);
    }
}
