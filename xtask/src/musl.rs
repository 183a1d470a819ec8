//! The tests, linked with musl in place of glibc: statically, and with other ideas of what a C library does.
//!
//! Left out are the tests that know no C library: arithmetic, and programs on the heap. Nothing is optimised, which
//! takes less time as a whole.

use anyhow::ensure;

use crate::report::{Checked, NotRun};
use crate::shell::{cmd, has_target, run_all, Shell};

const TARGET: &str = "x86_64-unknown-linux-musl";
const LEFT_OUT: [&str; 3] =
    ["arithmetic::", "a_ring_does_what_a_queue_does", "programs_come_to_every_outcome_there_is"];

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    ensure!(has_target(sh, &[], TARGET), NotRun(format!("needs rustup's target {TARGET} (see .ci/install)")));
    let packages = ["--package=ipc_ring", "--package=ipc_ring_tests", "--package=ipc_ring_cli"];
    let left_out = LEFT_OUT.map(|name| format!("--skip={name}"));
    let tests = ["--lib", "--bins", "--tests", "--profile", "dev", "--no-fail-fast"];
    run_all([
        // As programs: a test starts them.
        cmd!(sh, "cargo build {packages...} --target {TARGET} --examples"),
        cmd!(sh, "env RUST_BACKTRACE=0 cargo test {packages...} --target {TARGET} {tests...} -- {left_out...}"),
    ])
}

#[test]
fn what_is_left_out_is_there() {
    let read = |path: &str| crate::shell::read(crate::root().join(path)).unwrap();
    let text = ["src/lib.rs", "tests/oracle.rs"].map(read).concat();
    for name in LEFT_OUT.map(|name| name.strip_suffix("::").map_or(format!("fn {name}"), |name| format!("mod {name}")))
    {
        assert!(text.contains(&name), "there is no {name}");
    }
}
