//! The models that loom explores: every interleaving, and every value that C11 lets a load return, within
//! the bounds that each file states. Run by `RUSTFLAGS="--cfg loom" cargo test --package ipc_ring`.
#![cfg(loom)]

#[path = "../alphabet/mod.rs"]
mod alphabet;
mod batch;
#[path = "../bodies/mod.rs"]
mod bodies;
mod canaries;
#[path = "../certificate.rs"]
mod certificate;
mod close;
mod crash;
mod ends;
mod engine;
mod grant;
mod hostile;
mod programs;
mod publish;
#[path = "../report.rs"]
mod report;
mod timeout;
mod view;
mod wake;
mod wrap;
#[path = "../wrong.rs"]
mod wrong;
