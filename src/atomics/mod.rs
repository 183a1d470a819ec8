//! The facade: everything of the machine that the protocol touches, and the one place where it is chosen.
//!
//! | it offers | production (`std.rs`) | in a model: loom's or shuttle's |
//! | --- | --- | --- |
//! | [`Word`]: a shared word with one writer | an atomic of the mapping | the engine's atomic (`futex.rs`) |
//! | [`Word::wait`], [`Word::wake`] | the kernel's futex | a queue, and a channel a sleeper |
//! | [`Figure`](figure::Figure): a word for onlookers | as a word | as a word where somebody looks on (`heap.rs`) |
//! | [`Bytes`], by the [`Span`] | the mapping | the heap; loom has a cell a granule, shuttle a step |
//! | [`fence`] | the processor's | loom's; none |
//! | [`light_fence`], [`heavy_fence`] | for the compiler and membarrier; two full | none and full, two full; none |
//! | [`Shared`]: where words live | the mapping | the heap |
//! | [`Presence`]: does the peer live | the kernel's file locks | as the model has it (`fate.rs`) |
//! | [`panicking`]: is the thread on its way out | the standard library | as the model has it |
//! | [`Instant`], [`spin_hint`], [`yield_now`] | the clock, `pause`, a yield | a clock that waits advance |
//!
//! The three arms have the same items; what loom and shuttle have in common stands beside them. Nothing outside this
//! folder knows which of them is compiled, and nothing outside it touches an atomic, a fence, an `UnsafeCell` or shared
//! bytes (clippy.toml sees to that).

#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

mod fence_mode;
pub(crate) mod figure;
mod instant;
pub(crate) mod order;

#[cfg(not(any(loom, shuttle)))]
mod copy;
#[cfg(not(any(loom, shuttle)))]
#[path = "std.rs"]
mod engine;

#[cfg(loom)]
#[path = "loom.rs"]
mod engine;

#[cfg(all(shuttle, not(loom)))]
#[path = "shuttle.rs"]
mod engine;

// What the two models' arms have in common.
#[cfg(any(loom, shuttle))]
pub(crate) mod fate;
#[cfg(any(loom, shuttle))]
mod futex;
#[cfg(any(loom, shuttle))]
pub(crate) mod heap;
#[cfg(any(loom, shuttle))]
mod weaken;
#[cfg(any(loom, shuttle))]
pub(crate) mod witness;
#[cfg(loom)]
use loom as checker;
#[cfg(all(shuttle, not(loom)))]
use shuttle as checker;

pub(crate) use crate::sys::Loss;
pub(crate) use engine::{
    fence, heavy_fence, light_fence, panicking, spin_hint, yield_now, Bytes, Owner, Presence, Shared, Span, SpanMut,
    Word,
};
pub use fence_mode::FenceMode;
pub(crate) use instant::Instant;
