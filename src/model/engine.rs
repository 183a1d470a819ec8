//! What only a model has: sides that die, are interrupted or break the protocol, and a record of what happened.

use core::time::Duration;

use super::HeapRing;
use crate::atomics::order::{ANNOUNCE, EPOCH, PUBLISH};
use crate::atomics::{fate, heap, FenceMode};
use crate::protocol::{Mark, Position, SharedRing};

pub use crate::atomics::fate::{by_a_panic, dies_after, Awakening};
pub use crate::atomics::witness::{headers_loaded, note, outcome, times, Outcome};

impl HeapRing {
    /// As [`HeapRing::new`], a ring that a view is to look at while it is used: what a view reads are words of the
    /// engine, too.
    pub fn in_sight(capacity: usize, start: u64, fences: FenceMode) -> Self {
        let ring = heap::in_sight(|| Self::new(capacity, start, fences));
        ring.writer.bytes.may_be_raced(capacity);
        ring
    }

    /// Sleeps where the reader does, as whoever may read the file can, if the writer still stands at `position`.
    pub fn sleep_beside_the_reader(&self, position: u64) {
        sleep_beside_the_peer_of(&self.writer, position);
    }

    /// Sleeps where the writer does, as whoever may read the file can, if the reader still stands at `position`.
    pub fn sleep_beside_the_writer(&self, position: u64) {
        sleep_beside_the_peer_of(&self.reader, position);
    }

    /// The writer's side in the hands of one that does not keep to the protocol.
    pub fn hostile_writer(&self) -> Hostile {
        self.writer.bytes.may_be_raced(self.writer.capacity.bytes() as usize);
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

    /// The sleep of the writer, and of whoever sleeps beside it, is ended as `by` says, if they are asleep.
    pub fn interrupt_writer(&self, by: Awakening) {
        self.reader.own.cursor.interrupt(by);
    }

    /// The sleep of the reader, and of whoever sleeps beside it, is ended as `by` says, if they are asleep.
    pub fn interrupt_reader(&self, by: Awakening) {
        self.writer.own.cursor.interrupt(by);
    }
}

fn sleep_beside_the_peer_of(side: &SharedRing, position: u64) {
    fate::is_called("thief");
    side.own.cursor.wait(Mark::open(Position::new(position)).to_word(), Duration::from_secs(1));
}

fn is_dead(side: &SharedRing, dead: bool) {
    side.presence.set_gone(dead);
    side.own.cursor.forsake(dead);
}

/// A side that stores what it likes into the words that it owns.
pub struct Hostile(SharedRing);

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
