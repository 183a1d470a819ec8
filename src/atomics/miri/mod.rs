//! What Miri cannot run of the production arm, and what stands there instead: the copy, which is assembly, and the
//! kernel's futex. Tests hold each stand-in to the real one. `bodies.rs` is for the models that Miri runs.

#[cfg(miri)]
pub(crate) mod bodies;
pub(super) mod copy;
pub(super) mod futex;

/// The edge, with the stand-in for its futex.
#[cfg(miri)]
pub(super) mod sys {
    pub(in crate::atomics) use super::futex;
    pub(in crate::atomics) use crate::sys::*;
}
