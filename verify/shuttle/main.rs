//! The bodies of `ipc_ring_reference` at sizes that loom cannot reach: thousands of messages, under random schedules
//! and under PCT's (which find bugs that take few preemptions with a known probability). Orderings are not its
//! subject: in shuttle every access is sequentially consistent. Run by
//! `RUSTFLAGS="--cfg shuttle" cargo test --package ipc_ring`.
#![cfg(shuttle)]

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
