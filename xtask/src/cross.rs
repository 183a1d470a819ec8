//! The library is type-checked, with warnings denied, for platforms that this machine is not.
//!
//! Their standard library is built from its sources, which Debian packages together with the compiler they
//! belong to (`.ci/install`). Where these packages are not installed, the check says so and is not run.

use std::path::Path;
use std::process::Command;

use crate::line::{line, run_all};
use crate::outcome::Outcome;

const TARGETS: [&str; 2] = ["aarch64-apple-darwin", "aarch64-unknown-linux-gnu"];

const COMPILER: &str = "/usr/bin/rustc";
const PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];

pub fn run() -> Outcome {
    let missing: Vec<&str> = PACKAGES.into_iter().filter(|package| !is_installed(package)).collect();
    if !missing.is_empty() || !Path::new(COMPILER).exists() {
        return Outcome::NotRun(format!("needs Debian's {} (see .ci/install)", PACKAGES.join(" and ")));
    }
    // Both at once: a standard library builds one crate after the other.
    let check = line("cargo check -p ipc_ring -Zbuild-std=std --keep-going");
    let check = TARGETS.iter().fold(check, |check, target| check.and("--target").and(target));
    run_all([check
        .building_in("cross")
        .with("RUSTC", COMPILER)
        .with("RUSTC_BOOTSTRAP", "1")
        .with("RUSTFLAGS", "-D warnings")])
}

fn is_installed(package: &str) -> bool {
    let status = Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]).output();
    status.is_ok_and(|output| output.stdout == b"installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_does_not_exist_is_not_installed() {
        assert!(!is_installed("ipc-ring-no-such-package"));
    }
}
