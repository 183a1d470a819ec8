//! The facade: everything of the machine that the protocol touches, in one place and in three arms.
//!
//! An **engine** runs the protocol: production (`std.rs`), or one of the model checkers loom and shuttle. Each has an
//! arm here with the same items. Nothing outside this folder knows which arm is compiled. Nothing outside it touches an
//! atomic, a fence, an `UnsafeCell` or shared bytes either (clippy.toml sees to that).
//!
//! Read `order.rs` first: why each access has its ordering. Then `std.rs`, which is what ships, and `copy.rs`, which
//! copies payloads. The models' arms are `loom.rs` and `shuttle.rs`, with what the two have in common: `futex.rs`
//! (words and sleepers), `heap.rs` (bytes), `fate.rs` (deaths, time-outs), `trace.rs`, `weaken.rs`, `witness.rs`.
//! Miri runs the production arm; `miri` is what it cannot run of that.
//!
//! | it offers | production | in a model |
//! | --- | --- | --- |
//! | [`Word`]: a shared word with one writer | an atomic in the mapping | the engine's atomic |
//! | [`Word::wait`], [`Word::wake`] | the kernel's futex | a queue, with a channel for each sleeper |
//! | [`Figure`](figure::Figure): for onlookers | an atomic in the mapping | the engine's atomic, if a view looks on |
//! | [`Bytes`], by the [`Span`] | the mapping | the heap; each access is announced to loom, or a step of shuttle |
//! | [`fence`] | the processor's | loom's; nothing in shuttle |
//! | [`light_fence`], [`heavy_fence`]: asymmetric | the compiler's; membarrier | loom: none, a fence; shuttle: steps |
//! | [`light_fence`], [`heavy_fence`]: symmetric | the processor's | loom: two fences; shuttle: steps |
//! | [`Shared`]: where words live | the mapping | the heap |
//! | [`Presence`]: whether the peer lives | the kernel's file locks | as the model says |
//! | [`panicking`]: whether a panic unwinds the thread | the standard library | as the model says |
//! | [`Instant`], [`spin_hint`], [`yield_now`] | the clock, `pause`, a yield | a clock that waiting advances |

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
#[cfg(all(any(miri, test), not(any(loom, shuttle))))]
mod miri;
#[cfg(miri)]
pub(crate) use miri::bodies::{self as fate, self as heap, self as witness};

#[cfg(loom)]
#[path = "loom.rs"]
mod engine;

#[cfg(all(shuttle, not(loom)))]
#[path = "shuttle.rs"]
mod engine;

// For both models.
#[cfg(any(loom, shuttle))]
pub(crate) mod fate;
#[cfg(any(loom, shuttle))]
mod futex;
#[cfg(any(loom, shuttle))]
pub(crate) mod heap;
#[cfg(any(loom, shuttle))]
pub(crate) mod trace;
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
