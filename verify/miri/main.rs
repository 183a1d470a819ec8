//! The models that Miri runs on production's arm of the facade: those of `verify/loom`, as they stand there, except
//! for those with sides that die. Miri takes one execution of each. It draws the schedule, and the values that loads
//! return, from its seed; `cargo xtask miri` has it do so with many.
#![cfg(miri)]

#[path = "../loom/batch.rs"]
mod batch;
#[path = "../loom/close.rs"]
mod close;
#[path = "../loom/ends.rs"]
mod ends;
mod engine;
#[path = "../loom/grant.rs"]
mod grant;
#[path = "../loom/hostile.rs"]
mod hostile;
mod late;
mod programs;
#[path = "../loom/publish.rs"]
mod publish;
#[path = "../loom/snapshot.rs"]
mod snapshot;
#[path = "../loom/timeout.rs"]
mod timeout;
#[path = "../loom/view.rs"]
mod view;
#[path = "../loom/wake.rs"]
mod wake;
#[path = "../loom/wrap.rs"]
mod wrap;
