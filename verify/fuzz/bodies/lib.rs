//! What the fuzz targets do with an input, without libFuzzer, so that what it has found is tried again by every
//! `cargo test` (`verify/survive/tests/fuzz_corpus.rs`).
//!
//! Everything is decided by the input: there is one thread, no call waits, no content is drawn by chance. So an input
//! that fails once fails always.
//!
//! ```sh
//! cargo +nightly fuzz run --fuzz-dir verify/fuzz protocol -- -max_len=512 -max_total_time=600
//! ```
//!
//! goes on from the corpus and adds to it. What is checked in is the part of it that reaches what all of it reaches:
//!
//! ```sh
//! cargo +nightly fuzz cmin --fuzz-dir verify/fuzz protocol
//! ```
#![allow(missing_docs)] // It is for the fuzzer and its corpus alone.

mod input;
pub mod open;
mod oracle;
pub mod protocol;
mod raw;
mod reading;
mod rig;
mod writing;
