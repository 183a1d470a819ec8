//! The bodies of `verify/bodies` at sizes that loom cannot reach: thousands of messages, under random schedules
//! and under PCT's (which find bugs that take few preemptions with a known probability). Orderings are not its
//! subject: in shuttle every access is sequentially consistent. Run by
//! `RUSTFLAGS="--cfg shuttle" cargo test --package ipc_ring`.
#![cfg(shuttle)]

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
