//! libFuzzer decides what two sides call, and what is stored into their words between the calls.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ipc_ring_fuzz_bodies::protocol::run(bytes));
