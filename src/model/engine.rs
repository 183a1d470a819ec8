//! What only a model has: sides that die, are interrupted or break the protocol, and a record of what happened.

use super::HeapRing;
use crate::atomics::order::{ANNOUNCE, EPOCH, PUBLISH};
use crate::header::Ring;

pub use crate::atomics::fate::{by_a_panic, dies_after, Awakening};
pub use crate::atomics::witness::{headers_loaded, note, outcome, times, Outcome};

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

fn is_dead(side: &Ring, dead: bool) {
    side.presence.set_gone(dead);
    side.own.cursor.forsake(dead);
}

/// A side that stores what it likes into the words that it owns.
pub struct Hostile(Ring);

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
