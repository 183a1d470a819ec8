//! The facade's shuttle arm: every access is a step at which another thread may go on.
//!
//! Shuttle knows no orderings, so it says nothing of them; it is for schedules too long for loom.

use core::ops::Deref;
use core::ptr::NonNull;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use shuttle::rand::{thread_rng, Rng};
use shuttle::sync::atomic::AtomicU64;
use shuttle::sync::{Condvar, Mutex};

use super::order::{Edge, Ordering};
use super::FenceMode;
use crate::sys;

pub(crate) use super::heap::{unmappable, unwinding, Block, Instant, Owner};

/// A shared word that one side stores and the other loads.
pub(crate) struct Word {
    value: AtomicU64,
    /// The kernel's queue of this word's sleepers: at most one, the peer.
    asleep: Mutex<bool>,
    bell: Condvar,
}

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self { value: AtomicU64::new(value), asleep: Mutex::new(false), bell: Condvar::new() }
    }

    pub(crate) fn load(&self, edge: Edge) -> u64 {
        self.value.load(edge.ordering)
    }

    pub(crate) fn store(&self, value: u64, edge: Edge) {
        if !unwinding() {
            self.value.store(value, edge.ordering);
        }
    }

    /// Sleeps while the word is `expected`, until it is woken; or, one time in eight, returns for no reason, which is
    /// what a signal or a time-out looks like.
    pub(crate) fn wait(&self, expected: u64, _timeout: Duration) {
        let mut asleep = self.asleep.lock().unwrap();
        // The kernel's comparison, under the queue's lock, of 32 bits.
        if self.value.load(Ordering::SeqCst) as u32 != expected as u32 {
            return;
        }
        if thread_rng().gen_range(0..8) == 0 {
            return;
        }
        *asleep = true;
        while *asleep {
            asleep = self.bell.wait(asleep).unwrap();
        }
    }

    /// Wakes the peer if it sleeps on this word.
    pub(crate) fn wake(&self) {
        if !unwinding() && std::mem::take(&mut *self.asleep.lock().unwrap()) {
            self.bell.notify_one();
        }
    }
}

/// Lets another thread go on.
pub(crate) fn spin_hint() {
    shuttle::thread::yield_now();
}

/// The cheap end of the asymmetric fence: shuttle's accesses are in one order anyway.
pub(crate) fn light_fence(_mode: FenceMode, _edge: Edge) {}

/// The dear end of the asymmetric fence.
pub(crate) fn heavy_fence(_mode: FenceMode, _edge: Edge) {}

/// A `T` that both sides share.
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Puts `value` on the heap.
    pub(crate) fn on_heap(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// Shuttle's words do not fit a mapping: always an error.
    ///
    /// # Safety
    /// None needed here.
    pub(crate) unsafe fn mapped(_value: NonNull<T>, _owner: Owner) -> io::Result<Self> {
        Err(unmappable())
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The ring's bytes, accessed a granule at a step.
#[derive(Clone)]
pub(crate) struct Bytes {
    block: Block,
    step: Arc<AtomicU64>,
}

impl Bytes {
    /// `len` zeroed bytes on the heap.
    pub(crate) fn on_heap(len: usize) -> Self {
        Self { block: Block::new(len), step: Arc::new(AtomicU64::new(0)) }
    }

    /// Lets another thread go on, as loading any atomic does.
    fn step(&self) {
        self.step.load(Ordering::SeqCst);
    }

    /// Always an error, as [`Shared::mapped`].
    ///
    /// # Safety
    /// None needed here.
    pub(crate) unsafe fn mapped(_start: NonNull<u8>, _len: usize, _owner: Owner) -> io::Result<Self> {
        Err(unmappable())
    }

    /// Copies `source` to `index`.
    ///
    /// # Safety
    /// I3, which the models check by content; I2 is asserted.
    pub(crate) unsafe fn write(&self, index: usize, source: &[u8]) {
        for (granule, part) in source.chunks(8).enumerate() {
            self.step();
            self.block.write(index + granule * 8, part);
        }
    }

    /// Replaces what is in `buffer` by the `len` bytes at `index`.
    ///
    /// # Safety
    /// I3, which the models check by content; I2 is asserted.
    pub(crate) unsafe fn read(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        buffer.clear();
        let mut part = Vec::new();
        for at in (0..len).step_by(8) {
            self.step();
            self.block.read(index + at, (len - at).min(8), &mut part);
            buffer.extend_from_slice(&part);
        }
    }

    /// Stores the granule at `index`.
    ///
    /// # Safety
    /// As [`Bytes::write`] of 8 bytes.
    pub(crate) unsafe fn write_word(&self, index: usize, word: u64) {
        // SAFETY: the caller's promise.
        unsafe { self.write(index, &word.to_le_bytes()) };
    }

    /// Loads the granule at `index`.
    ///
    /// # Safety
    /// As [`Bytes::read`] of 8 bytes.
    pub(crate) unsafe fn read_word(&self, index: usize) -> u64 {
        let mut buffer = Vec::new();
        // SAFETY: the caller's promise.
        unsafe { self.read(index, 8, &mut buffer) };
        super::heap::word(&buffer)
    }
}

/// Whether the peer's process still lives: in a model it does.
#[derive(Clone)]
pub(crate) enum Presence {
    /// The peer is in this process.
    SameProcess,
    /// Never made in a model, where no file is mapped.
    #[allow(dead_code)]
    Lock {
        /// The ring's file.
        file: Arc<File>,
        /// The byte.
        byte: u64,
        /// The lock of this side.
        _own: Arc<sys::lock::Held>,
    },
}

impl Presence {
    /// Whether nobody holds the peer's side.
    pub(crate) fn peer_is_gone(&self) -> bool {
        false
    }
}
