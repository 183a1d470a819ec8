//! libFuzzer decides what is in a file; it is opened and attached to.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ipc_ring_fuzz_bodies::open::run(bytes));
