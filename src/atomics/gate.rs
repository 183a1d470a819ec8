//! A lock between the threads of this process, which knows its owner. It has no part in the protocol: `sys/fork.rs` keeps
//! a fork and the opening of a ring apart by it, and no model comes there.
//!
//! One store takes it and names its owner, so a signal handler never finds it taken by nobody. A thread that enters
//! again, as a handler does that interrupts the owner, is told so and goes on: it does not wait for itself.

use core::sync::atomic::{compiler_fence, AtomicUsize, Ordering};

/// Which thread has the gate. 0: none; no thread is 0.
pub(crate) struct Gate(AtomicUsize);

impl Gate {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Waits until `thread`, which is the calling one, has the gate. Whether it did not have it before. `pause` is
    /// called between two attempts.
    pub(crate) fn enter(&self, thread: usize, pause: impl Fn()) -> bool {
        loop {
            match self.0.compare_exchange(0, thread, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(owner) if owner == thread => return false,
                Err(_) => pause(),
            }
        }
    }

    /// Lets the next thread in.
    pub(crate) fn leave(&self) {
        self.0.store(0, Ordering::Release);
    }
}

/// Keeps the stores before it before the stores after it, for a signal handler of the same thread.
pub(crate) fn in_order() {
    compiler_fence(Ordering::SeqCst);
}
