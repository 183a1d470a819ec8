//! What a user of `ipc_bench` sees, with real processes.
#![cfg(not(any(loom, shuttle)))]

mod arguments;
mod bench;
mod cleanup;
mod latency;
mod result;
