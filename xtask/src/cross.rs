//! The library is checked, with warnings denied, for platforms that this machine is not: by clippy where rustup has
//! their standard library, else by Debian's compiler, which builds that from the sources that Debian packages with it.

use crate::report::Checked;
use crate::shell::{cmd, has_target, needs, run_all, target_directory, Shell};

const TARGETS: [&str; 2] = ["aarch64-apple-darwin", "aarch64-unknown-linux-gnu"];

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let (directory, targets) = (target_directory().join("cross"), TARGETS.map(|target| format!("--target={target}")));
    if TARGETS.into_iter().all(|target| has_target(sh, &[], target)) {
        return run_all([cmd!(sh, "cargo clippy -p ipc_ring {targets...} --target-dir {directory} -- -D warnings")]);
    }
    let remedy = format!("rustup target add {}; or Debian's rustc-web and rust-web-src", TARGETS.join(" "));
    needs("dpkg", &["--status", "rustc-web", "rust-web-src"], &remedy)?;
    let debian = ["RUSTC=/usr/bin/rustc", "RUSTC_BOOTSTRAP=1", "RUSTFLAGS=-D warnings"];
    // Both at once: a standard library builds one crate after the other.
    let check = ["check", "-p", "ipc_ring", "-Zbuild-std=std", "--keep-going"];
    run_all([cmd!(sh, "env {debian...} cargo {check...} {targets...} --target-dir {directory}")])
}
