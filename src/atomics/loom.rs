//! The facade's loom arm: every access is a step that loom reorders as C11 allows.
//!
//! What the two models' arms have in common is `futex.rs`, `heap.rs` and `fate.rs`. What loom does not model of the
//! machine is listed in SAFETY.md.

use std::iter;
use std::ops::Range;

use loom::cell::UnsafeCell;
use loom::sync::atomic;

use super::fate::{self, step, unwinding};
use super::fence_mode::FenceMode;
use super::order::Edge;
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

/// A fence between accesses of one side or of a view. It is no step: whoever dies before it dies before what comes
/// next, and does not come to it.
pub(crate) fn fence(edge: Edge) {
    if let Some(ordering) = weaken::of_fence(edge).filter(|_| !unwinding() && !fate::dies_next()) {
        atomic::fence(ordering);
    }
}

/// The cheap end of the asymmetric fence. What the pair promises is what two full fences promise (C++ P1202), and
/// that is the symmetric mode. A full fence promises more, to which the asymmetric mode, where it is a fence for the
/// compiler alone, has no right: there it is left out, for the models in which nobody relies on a wake.
pub(crate) fn light_fence(mode: FenceMode, edge: Edge) {
    if mode == FenceMode::Symmetric {
        full_fence(edge);
    }
}

/// The dear end of the asymmetric fence.
pub(crate) fn heavy_fence(_mode: FenceMode, edge: Edge) {
    full_fence(edge);
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

/// Whether a sleeper's timer rings at once: in loom a model says when it does.
pub(super) fn timer_rings() -> bool {
    false
}

/// For each granule a cell that tells loom of every access of a side: without it, loom would not notice that bytes are
/// read before they are visible.
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

    /// Says nothing to loom: somebody writes here against the rules.
    pub(super) fn scribbles(&self) {}
}

/// The pieces in which `bytes` are had, a step each: all of them at once.
pub(super) fn pieces(bytes: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    iter::once(bytes)
}
