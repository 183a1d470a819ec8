//! The models that Miri runs on the production arm of the facade: those of `verify/loom`, as they stand there. Each
//! execution is one schedule and one choice of what each load returns, which follow from a seed.
//! `cargo xtask miri` runs them with many seeds.
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
#[path = "../loom/programs.rs"]
mod programs;
#[path = "../loom/publish.rs"]
mod publish;
#[path = "../loom/wake.rs"]
mod wake;
#[path = "../loom/wrap.rs"]
mod wrap;
