//! The facade's loom arm: every access is a step that loom reorders as C11 allows.
//!
//! What loom does not model of the machine is listed in SAFETY.md.

use core::ops::Deref;
use core::ptr::NonNull;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{fence, AtomicU64};
use loom::sync::{Mutex, Notify};

use super::order::{Edge, Ordering};
use super::FenceMode;
use crate::sys;

pub(crate) use super::heap::{unmappable, unwinding, Block, Instant, Owner, Turns};

/// A shared word that one side stores and the other loads.
pub(crate) struct Word {
    value: AtomicU64,
    /// The kernel's queue of this word's sleepers: at most one, the peer.
    asleep: Mutex<bool>,
    bell: Notify,
}

impl Word {
    pub(crate) fn new(value: u64) -> Self {
        Self { value: AtomicU64::new(value), asleep: Mutex::new(false), bell: Notify::new() }
    }

    pub(crate) fn load(&self, edge: Edge) -> u64 {
        self.value.load(edge.ordering)
    }

    pub(crate) fn store(&self, value: u64, edge: Edge) {
        if !unwinding() {
            self.value.store(value, edge.ordering);
        }
    }

    /// Sleeps while the word is `expected`, until it is woken; once for each word of an execution, loom also explores
    /// a return for no reason, which is what a signal or a time-out looks like.
    pub(crate) fn wait(&self, expected: u64, _timeout: Duration) {
        let mut asleep = self.asleep.lock().unwrap();
        // The kernel's comparison, under the queue's lock, of 32 bits.
        if self.value.load(Ordering::Relaxed) as u32 != expected as u32 {
            return;
        }
        *asleep = true;
        drop(asleep);
        self.bell.wait();
        // Out of the queue whatever the reason, or the next wake would go to nobody.
        *self.asleep.lock().unwrap() = false;
    }

    /// Wakes the peer if it sleeps on this word.
    pub(crate) fn wake(&self) {
        if !unwinding() && std::mem::take(&mut *self.asleep.lock().unwrap()) {
            self.bell.notify();
        }
    }
}

/// Lets another thread go on.
pub(crate) fn spin_hint() {
    loom::thread::yield_now();
}

/// The cheap end of the asymmetric fence. What the pair promises is what two full fences promise (C++ P1202), and
/// that is the symmetric mode. A full fence promises more, to which the asymmetric mode, where it is a fence for the
/// compiler alone, has no right: there it is left out, for the models that do not sleep.
pub(crate) fn light_fence(mode: FenceMode, edge: Edge) {
    if mode == FenceMode::Symmetric {
        fence(edge.ordering);
    }
}

/// The dear end of the asymmetric fence.
pub(crate) fn heavy_fence(_mode: FenceMode, edge: Edge) {
    fence(edge.ordering);
}

/// A `T` that both sides share.
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// Puts `value` on the heap.
    pub(crate) fn on_heap(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// Loom's words do not fit a mapping: always an error.
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

/// The ring's bytes, and for each granule a cell that tells loom of every access: without it, loom would not
/// notice that bytes are read before they are visible.
#[derive(Clone)]
pub(crate) struct Bytes {
    block: Block,
    granules: Arc<Turns<Vec<UnsafeCell<()>>>>,
}

impl Bytes {
    /// `len` zeroed bytes on the heap.
    pub(crate) fn on_heap(len: usize) -> Self {
        let granules = (0..len / 8).map(|_| UnsafeCell::new(())).collect();
        Self { block: Block::new(len), granules: Arc::new(Turns(granules)) }
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
    /// I3, which loom checks here; I2 is asserted.
    pub(crate) unsafe fn write(&self, index: usize, source: &[u8]) {
        for granule in touched(index, source.len()) {
            self.granules.0[granule].with_mut(|_| ());
        }
        self.block.write(index, source);
    }

    /// Replaces what is in `buffer` by the `len` bytes at `index`.
    ///
    /// # Safety
    /// I3, which loom checks here; I2 is asserted.
    pub(crate) unsafe fn read(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        for granule in touched(index, len) {
            self.granules.0[granule].with(|_| ());
        }
        self.block.read(index, len, buffer);
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

/// The granules that `len` bytes at `index` touch.
fn touched(index: usize, len: usize) -> Range<usize> {
    index / 8..(index + len + 7) / 8
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
