//! The models that loom explores: every interleaving, and every value that C11 lets a load return, within
//! the bounds that each file states. Run by `RUSTFLAGS="--cfg loom" cargo test`.
#![cfg(loom)]

#[path = "../bodies/mod.rs"]
mod bodies;
mod close;
mod engine;
mod publish;
mod wake;
mod wrap;
