//! The tests, linked with musl in place of glibc: statically, and with other ideas of what a C library does.
//!
//! Left out are the tests that know no C library: arithmetic, programs on the heap, and the commands in the documents,
//! which build the tools anew for this machine. Nothing is optimised, which takes less time as a whole.

use std::path::Path;
use std::process::Command;

use crate::line::{line, run_all};
use crate::outcome::Outcome;

const TARGET: &str = "x86_64-unknown-linux-musl";
/// For the C of an example (zstd).
const COMPILER: &str = "musl-gcc";
const LEFT_OUT: [&str; 4] = [
    "arithmetic::",
    "a_ring_does_what_a_queue_does",
    "programs_come_to_every_outcome_there_is",
    "every_shell_block_runs",
];

pub fn run() -> Outcome {
    let asked = line("rustc --print target-libdir --target").and(TARGET);
    if !asked.printed().is_ok_and(|directory| Path::new(directory.trim()).is_dir()) {
        return Outcome::NotRun(format!("needs rustup's target {TARGET} (see .ci/install)"));
    }
    if Command::new(COMPILER).arg("--version").output().is_err() {
        return Outcome::NotRun(format!("needs {COMPILER}, of Debian's musl-tools (see .ci/install)"));
    }
    // As programs: a test starts them.
    let examples = line("cargo build --package ipc_ring --package ipc_ring_cli --examples --target").and(TARGET);
    let tests = line("cargo test --package ipc_ring --package ipc_ring_cli --lib --bins --tests")
        .and("--profile dev --no-fail-fast --target")
        .and(TARGET)
        .and("--")
        .with("RUST_BACKTRACE", "0");
    run_all([examples, LEFT_OUT.iter().fold(tests, |tests, name| tests.and("--skip").and(name))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_there() {
        let read = |path: &str| std::fs::read_to_string(crate::root().join(path)).expect("the file is there");
        let text = ["src/lib.rs", "tests/oracle.rs", "tests/docs.rs"].map(read).concat();
        for name in LEFT_OUT {
            let (kind, name) = name.strip_suffix("::").map_or(("fn", name), |module| ("mod", module));
            assert!(text.contains(&format!("{kind} {name}")), "there is no {kind} {name}");
        }
    }
}
