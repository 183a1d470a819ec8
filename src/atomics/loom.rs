//! The facade's loom arm: every access is a step, and loom tries the orders that C11 allows.
//!
//! `futex.rs`, `heap.rs` and `fate.rs` have the parts that both models share. SAFETY.md lists what loom does not model.

use std::iter;
use std::ops::Range;

use loom::cell::UnsafeCell;
use loom::sync::atomic;

use super::fate::{self, step, unwinding};
use super::fence_mode::FenceMode;
use super::order::Edge;
use super::trace::{self, Did};
use super::weaken;

pub(crate) use super::fate::{now, panicking, Presence};
pub(crate) use super::futex::Word;
pub(crate) use super::heap::{Bytes, Figure, Owner, Shared, Span, SpanMut};

/// Lets another thread go on.
pub(crate) fn spin_hint() {
    fate::waited_awake();
    loom::thread::yield_now();
}

/// Lets another thread go on.
pub(crate) fn yield_now() {
    spin_hint();
}

/// A fence between accesses of one side or of a view. It is no step: a side that dies before it also dies before the
/// access that follows, so the fence is left out for it.
pub(crate) fn fence(edge: Edge) {
    if let Some(ordering) = weaken::of_fence(edge).filter(|_| !unwinding() && !fate::dies_next()) {
        atomic::fence(ordering);
    }
}

/// The light fence. A pair of a light and a heavy fence promises as much as two full fences (C++ P1202): that is the
/// symmetric mode. But a full fence promises more than a pair's light one, to which the asymmetric mode has no right,
/// since its light fence binds the compiler alone. So in that mode it is left out, for the models in which nobody
/// relies on a wake.
pub(crate) fn light_fence(mode: FenceMode, edge: Edge) {
    if mode == FenceMode::Symmetric {
        full_fence(edge);
    }
    trace_of(mode, edge);
}

/// The heavy fence.
pub(crate) fn heavy_fence(mode: FenceMode, edge: Edge) {
    full_fence(edge);
    trace_of(mode, edge);
    fate::did("announced itself");
}

fn full_fence(edge: Edge) {
    if unwinding() {
        return;
    }
    step();
    fate::passes(edge);
    fence(edge);
}

fn trace_of(mode: FenceMode, edge: Edge) {
    if !unwinding() {
        trace::did(Did::Fenced(edge.name, mode == FenceMode::Symmetric));
    }
}

/// Whether a sleeper's timer rings at once. In loom the model says when it does.
pub(super) fn timer_rings() -> bool {
    false
}

/// A cell for each granule, which tells loom of every access of a side. Without it, loom would not notice a read of
/// bytes that are not visible yet.
pub(super) struct Cells(Vec<UnsafeCell<()>>);

impl Cells {
    pub(super) fn new(granules: usize) -> Self {
        Self((0..granules).map(|_| UnsafeCell::new(())).collect())
    }

    /// Tells loom that these granules are read now.
    pub(super) fn reads(&self, granules: Range<usize>) {
        self.0[granules].iter().for_each(|cell| cell.with(|_| ()));
    }

    /// Tells loom that these granules are written now.
    pub(super) fn writes(&self, granules: Range<usize>) {
        self.0[granules].iter().for_each(|cell| cell.with_mut(|_| ()));
    }

    /// Tells loom nothing: whoever writes here breaks the rules.
    pub(super) fn scribbles(&self) {}
}

/// Returns the pieces in which `bytes` are accessed, a step each: all of them at once.
pub(super) fn pieces(bytes: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    iter::once(bytes)
}
