//! The facade's shuttle arm: at every access, another thread may go on.
//!
//! `futex.rs`, `heap.rs` and `fate.rs` have the parts that both models share. Shuttle knows no orderings, so it says
//! nothing about them. It is for schedules that are too long for loom.

use std::ops::Range;

use shuttle::rand::{thread_rng, Rng};
use shuttle::sync::atomic::AtomicU64;

use super::fate::{self, step, unwinding};
use super::fence_mode::FenceMode;
use super::order::{Edge, Ordering};
use super::trace::{self, Did};

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

/// A fence between accesses of one side or of a view. Shuttle's accesses are in one order anyway.
pub(crate) fn fence(_edge: Edge) {}

/// The light fence: a step, and no more.
pub(crate) fn light_fence(mode: FenceMode, edge: Edge) {
    if !unwinding() {
        step();
        fate::passes(edge);
        trace::did(Did::Fenced(edge.name, mode == FenceMode::Symmetric));
    }
}

/// The heavy fence: a step, and no more.
pub(crate) fn heavy_fence(mode: FenceMode, edge: Edge) {
    light_fence(mode, edge);
    fate::did("announced itself");
}

/// Whether a sleeper's timer rings at once: one time in eight.
pub(super) fn timer_rings() -> bool {
    thread_rng().gen_range(0..8) == 0
}

/// An atomic that is loaded before each access to the granules, so that another thread may go on there.
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

/// Returns the pieces in which `bytes` are accessed, a step each: one for each granule.
pub(super) fn pieces(bytes: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let Range { start, end } = bytes;
    (start..end).step_by(8).map(move |at| at..end.min(at + 8))
}
