//! A target on which the library cannot work is refused, with a message of its own that says why.
//!
//! No standard library is needed for any of these targets: the probe includes just the edge, and is compiled
//! up to where `compile_error!` speaks. A supported target must get past that.

use anyhow::{ensure, Result};

use crate::report::Checked;
use crate::shell::{cmd, nothing_wrong, target_directory, Shell};

/// The targets, and how the message begins by which each is refused, if it is.
const TARGETS: [(&str, Option<&str>); 8] = [
    ("i686-unknown-linux-gnu", Some("ipc_ring needs a 64-bit target")),
    ("s390x-unknown-linux-gnu", Some("ipc_ring needs a little-endian target")),
    ("x86_64-pc-windows-gnu", Some("ipc_ring needs Unix")),
    ("x86_64-unknown-freebsd", Some("ipc_ring runs on Linux and macOS")),
    ("x86_64-unknown-linux-gnu", None),
    ("aarch64-unknown-linux-gnu", None),
    ("x86_64-apple-darwin", None),
    ("aarch64-apple-darwin", None),
];

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let directory = target_directory().join("refusals");
    let wrong = TARGETS.iter().filter_map(|(target, expected)| {
        let probe = cmd!(sh, "env RUSTC_BOOTSTRAP=1 rustc --edition 2021 --crate-type lib --emit metadata")
            .args(["--target", target, "xtask/probes/refusals.rs", "--out-dir"])
            .arg(&directory);
        eprintln!("$ {probe}");
        let said = probe.ignore_status().read_stderr().map_err(Into::into);
        let said = said.and_then(|said| is_as_expected(&said, *expected));
        said.err().map(|why| format!("{target}: {why}"))
    });
    nothing_wrong(wrong)
}

/// Whether the compiler got as far as to say this, and the library said what is `expected` and nothing else.
fn is_as_expected(said: &str, expected: Option<&str>) -> Result<()> {
    // What fails for want of core shows that it got that far.
    ensure!(said.contains("cannot find"), "the probe was not compiled: {said}");
    let own = Vec::from_iter(said.lines().filter_map(|line| line.strip_prefix("error: ")?.strip_prefix("ipc_ring")));
    let expected = Vec::from_iter(expected.map(|expected| &expected["ipc_ring".len()..]));
    let is_so = own.len() == expected.len() && own.iter().zip(&expected).all(|(own, begin)| own.starts_with(begin));
    println!("{own:?}");
    ensure!(is_so, "expected {expected:?}, the library said {own:?}");
    Ok(())
}

#[test]
fn only_the_expected_refusal_will_do() {
    let said = "error: ipc_ring needs Unix: it maps\nerror: cannot find macro\nwarning: ipc_ring\n";
    assert!(is_as_expected(said, Some("ipc_ring needs Unix")).is_ok());
    for (said, expected) in
        [(said, None), (said, Some("ipc_ring needs a")), ("", None), (&said[36..], Some("ipc_ring"))]
    {
        assert!(is_as_expected(said, expected).is_err(), "{said}: {expected:?}");
    }
}
