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

mod input;
pub mod open;
mod oracle;
pub mod protocol;
mod raw;
mod reading;
mod rig;
#[allow(dead_code)] // A liar that is a process of its own has use for more.
#[path = "../../survive/src/hostile/words.rs"]
mod words;
mod writing;

/// A directory in memory where there is one: a file is made for every input.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(ipc_ring::model::place()).expect("a directory can be made")
}
