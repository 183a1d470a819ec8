//! A target on which the library cannot work is refused, with a message of its own that says why.
//!
//! No standard library is needed for any of these targets: the probe includes just the edge, and is compiled
//! up to where `compile_error!` speaks. A supported target must get past that.

use anyhow::{ensure, Result};

use crate::report::Checked;
use crate::shell::{cmd, nothing_wrong, target_directory, Shell};

/// The targets, and how the message begins by which each is refused, if it is.
const TARGETS: [(&str, &str); 8] = [
    ("i686-unknown-linux-gnu", "ipc_ring needs a 64-bit target"),
    ("s390x-unknown-linux-gnu", "ipc_ring needs a little-endian target"),
    ("x86_64-pc-windows-gnu", "ipc_ring needs Unix"),
    ("x86_64-unknown-freebsd", "ipc_ring runs on Linux and macOS"),
    ("x86_64-unknown-linux-gnu", ""),
    ("aarch64-unknown-linux-gnu", ""),
    ("x86_64-apple-darwin", ""),
    ("aarch64-apple-darwin", ""),
];

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let directory = target_directory().join("refusals");
    nothing_wrong(TARGETS.iter().filter_map(|(target, expected)| {
        let arguments = ["--crate-type", "lib", "--emit", "metadata", "--target", target, "xtask/probes/refusals.rs"];
        let probe = cmd!(sh, "env RUSTC_BOOTSTRAP=1 rustc --edition 2021 {arguments...} --out-dir {directory}");
        eprintln!("$ {probe}");
        let said = probe.ignore_status().read_stderr().unwrap_or_default();
        let wrong = is_as_expected(&said, expected).err()?;
        Some(format!("{target}: {wrong}"))
    }))
}

/// Whether the compiler got as far as to say this, and the library said what is `expected` and nothing else.
fn is_as_expected(said: &str, expected: &str) -> Result<()> {
    // What fails for want of core shows that it got that far.
    ensure!(said.contains("cannot find"), "the probe was not compiled: {said}");
    let errors = said.lines().filter_map(|line| line.strip_prefix("error: "));
    let own = Vec::from_iter(errors.filter(|error| error.starts_with("ipc_ring")));
    println!("{own:?}");
    let is_so = own.len() == usize::from(!expected.is_empty()) && own.iter().all(|own| own.starts_with(expected));
    ensure!(is_so, "expected {expected:?}, the library said {own:?}");
    Ok(())
}

#[test]
fn only_the_expected_refusal_will_do() {
    let said = "error: ipc_ring needs Unix: it maps\nerror: cannot find macro\nwarning: ipc_ring\n";
    assert!(is_as_expected(said, "ipc_ring needs Unix").is_ok());
    for (said, expected) in [(said, ""), (said, "ipc_ring needs a"), ("", ""), (&said[36..], "ipc_ring")] {
        assert!(is_as_expected(said, expected).is_err(), "{said}: {expected:?}");
    }
}
