//! The powers of a model alone: let a side die, end its sleep, break the protocol, and record what happened.

use core::time::Duration;

use super::HeapRing;
use crate::atomics::order::{ANNOUNCE, EPOCH, PUBLISH};
use crate::atomics::{fate, heap, FenceMode};
use crate::protocol::{Mark, Position, SharedRing};

pub use crate::atomics::fate::{awake, by_a_panic, dies_after, time_passes, within, Awakening};
#[cfg(any(loom, shuttle))]
pub use crate::atomics::trace::{listen, Did, Made, Place};
pub use crate::atomics::witness::{headers_loaded, note, outcome, times, Outcome};

impl HeapRing {
    /// Makes a ring as [`HeapRing::new`] does, for a view that looks at it while it is used: the engine also tracks
    /// what a view reads.
    pub fn in_sight(capacity: usize, start: u64, fences: FenceMode) -> Self {
        let ring = heap::in_sight(|| Self::new(capacity, start, fences));
        ring.writer.bytes.may_be_raced(capacity);
        ring
    }

    /// Sleeps on the writer's cursor beside the reader, if the writer still stands at `position`. Any process that may
    /// read the file can do that.
    pub fn sleep_beside_the_reader(&self, position: u64) {
        sleep_beside_the_peer_of(&self.writer, position);
    }

    /// Sleeps on the reader's cursor beside the writer, if the reader still stands at `position`.
    pub fn sleep_beside_the_writer(&self, position: u64) {
        sleep_beside_the_peer_of(&self.reader, position);
    }

    /// Returns a writer that does not keep to the protocol.
    pub fn hostile_writer(&self) -> Hostile {
        fate::nobody_follows();
        self.writer.bytes.may_be_raced(self.writer.capacity.bytes() as usize);
        Hostile(self.writer.clone())
    }

    /// Returns a reader that does not keep to the protocol.
    pub fn hostile_reader(&self) -> Hostile {
        fate::nobody_follows();
        Hostile(self.reader.clone())
    }

    /// Makes the writer's holder count as dead, or as alive.
    pub fn writer_is_dead(&self, dead: bool) {
        is_dead(&self.writer, dead);
    }

    /// Makes the reader's holder count as dead, or as alive.
    pub fn reader_is_dead(&self, dead: bool) {
        is_dead(&self.reader, dead);
    }

    /// Ends the sleep of the writer, and of a thread that sleeps beside it, as `by` says. Does nothing if none sleeps.
    pub fn interrupt_writer(&self, by: Awakening) {
        self.reader.own.cursor.interrupt(by);
    }

    /// Ends the sleep of the reader, and of a thread that sleeps beside it, as `by` says. Does nothing if none sleeps.
    pub fn interrupt_reader(&self, by: Awakening) {
        self.writer.own.cursor.interrupt(by);
    }
}

fn sleep_beside_the_peer_of(side: &SharedRing, position: u64) {
    fate::is_a_stranger();
    side.own.cursor.wait(Mark::open(Position::new(position)).to_word(), Duration::from_millis(50));
}

fn is_dead(side: &SharedRing, dead: bool) {
    side.presence.set_gone(dead);
    side.own.cursor.forsake(dead);
}

/// A side that stores any value in the words that it owns.
pub struct Hostile(SharedRing);

impl Hostile {
    /// Stores its cursor, and wakes all that sleep on it.
    pub fn set_cursor(&self, word: u64) {
        self.0.own.cursor.store(word, PUBLISH);
        self.0.own.cursor.wake();
    }

    /// Stores its `wake_at`.
    pub fn set_wake_at(&self, word: u64) {
        self.0.own.wake_at.store(word, ANNOUNCE);
    }

    /// Stores its `epoch`, the number of its holders.
    pub fn set_epoch(&self, word: u64) {
        self.0.own.epoch.store(word, EPOCH);
    }

    /// Stores the granule at `index` of the ring's bytes. Only a writer can do that.
    pub fn set_granule(&self, index: usize, word: u64) {
        self.0.bytes.scribble(index, word);
    }
}
