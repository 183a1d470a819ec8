//! The models that loom explores: every interleaving, and every value that C11 lets a load return, within
//! the bounds that each file states. Run by `RUSTFLAGS="--cfg loom" cargo test --package ipc_ring`.
#![cfg(loom)]

mod batch;
mod canaries;
mod close;
mod crash;
mod ends;
mod engine;
mod grant;
mod hostile;
mod programs;
mod publish;
mod snapshot;
mod timeout;
mod view;
mod wake;
mod wrap;
