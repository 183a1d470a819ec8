//! The facade's shuttle arm: every access is a step at which another thread may go on.
//!
//! What the two models' arms have in common is `futex.rs`, `heap.rs` and `fate.rs`. Shuttle knows no orderings, so it
//! says nothing of them; it is for schedules too long for loom.

use std::ops::Range;

use shuttle::rand::{thread_rng, Rng};
use shuttle::sync::atomic::AtomicU64;

use super::fate::{self, step, unwinding};
use super::fence_mode::FenceMode;
use super::order::{Edge, Ordering};

pub(crate) use super::fate::{now, panicking, Presence};
pub(crate) use super::futex::Word;
pub(crate) use super::heap::{Bytes, Figure, Owner, Shared, Span, SpanMut};

/// Lets another thread go on.
pub(crate) fn spin_hint() {
    fate::waited_awake();
    shuttle::thread::yield_now();
}

/// Lets another thread go on.
pub(crate) fn yield_now() {
    spin_hint();
}

/// A fence between accesses of one side or of a view: shuttle's accesses are in one order anyway.
pub(crate) fn fence(_edge: Edge) {}

/// The cheap end of the asymmetric fence.
pub(crate) fn light_fence(_mode: FenceMode, edge: Edge) {
    if !unwinding() {
        step();
        fate::passes(edge);
    }
}

/// The dear end of the asymmetric fence.
pub(crate) fn heavy_fence(mode: FenceMode, edge: Edge) {
    light_fence(mode, edge);
    fate::did("announced itself");
}

/// Whether a sleeper's timer rings at once: one time in eight.
pub(super) fn timer_rings() -> bool {
    thread_rng().gen_range(0..8) == 0
}

/// A place at which another thread may go on, before each access to the granules.
pub(super) struct Cells(AtomicU64);

impl Cells {
    pub(super) fn new(_granules: usize) -> Self {
        Self(AtomicU64::new(0))
    }

    pub(super) fn reads(&self, _granules: Range<usize>) {
        self.0.load(Ordering::SeqCst);
    }

    pub(super) fn writes(&self, granules: Range<usize>) {
        self.reads(granules);
    }

    pub(super) fn scribbles(&self) {
        self.reads(0..0);
    }
}

/// The pieces in which `bytes` are had, a step each: those of each granule.
pub(super) fn pieces(bytes: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let Range { start, end } = bytes;
    (start..end).step_by(8).map(move |at| at..end.min(at + 8))
}
