//! Words that nobody but an onlooker reads: how often, how long, how many. No side depends on them, so they are the
//! same in every engine, and the models do not see them.

use core::sync::atomic::{fence, AtomicU64, Ordering};

/// A figure, which its side alone changes.
#[repr(transparent)]
pub(crate) struct Figure(AtomicU64);

impl Figure {
    pub(crate) const fn new(value: u64) -> Self {
        Self(AtomicU64::new(value))
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Counts one more.
    pub(crate) fn count(&self) {
        self.add(1);
    }

    /// Counts so many more.
    pub(crate) fn add(&self, more: u64) {
        self.set(self.get().wrapping_add(more));
    }

    /// Makes it at least `value`.
    pub(crate) fn raise_to(&self, value: u64) {
        if value > self.get() {
            self.set(value);
        }
    }
}

/// Keeps what is before it before what is behind it: stores for whoever stores figures, loads for whoever loads them.
pub(crate) fn settle() {
    fence(Ordering::AcqRel);
}
