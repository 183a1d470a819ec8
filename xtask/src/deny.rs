//! What the library is to its users as a package: what it brings along, and what a version of it may break.

use anyhow::{ensure, Result};

use crate::report::{Checked, NotRun};
use crate::shell::{cmd, needs, output, run_all, Shell};

/// What the public API is held against: a revision of this repository, for the crate that is published by the same name
/// is another. Once there is a release, its tag, `v` and the version. Until then what breaks is counted and reported;
/// from then on it fails.
const BASELINE: &str = "3f116a3";

/// Licences, sources and duplicates, by `deny.toml`.
pub fn licences(sh: &Shell, _: &[String]) -> Checked {
    needs_cargo_deny()?;
    run_all([cmd!(sh, "cargo deny --workspace check licenses bans sources")])
}

/// Known holes. They stand in a database that is fetched anew.
pub fn advisories(sh: &Shell, _: &[String]) -> Checked {
    needs_cargo_deny()?;
    let (ended, _, said) = output(&mut cmd!(sh, "cargo deny --workspace check advisories"))?;
    let why = "needs the advisory database, which cannot be fetched here";
    ensure!(!said.contains("failed to fetch advisory database"), NotRun(why.into()));
    ensure!(ended.success(), "cargo deny: {ended}");
    Ok(String::new())
}

fn needs_cargo_deny() -> Result<()> {
    needs("cargo", &["deny", "--version"], "cargo-deny (cargo install cargo-deny --locked; see .ci/install)")
}

pub fn semver(sh: &Shell, _: &[String]) -> Checked {
    needs(
        "cargo",
        &["semver-checks", "--version"],
        "cargo-semver-checks (cargo install cargo-semver-checks --locked)",
    )?;
    needs("git", &["cat-file", "-e", &format!("{BASELINE}^{{commit}}")], &format!("the revision {BASELINE}"))?;
    let is_release = BASELINE.starts_with('v');
    // A revision that is no release has any version. Every break counts, as if only the third number had changed.
    let kind: &[&str] = if is_release { &[] } else { &["--release-type", "patch"] };
    let mut check = cmd!(sh, "cargo semver-checks --package ipc_ring --baseline-rev {BASELINE} {kind...}");
    let (ended, printed, said) = output(&mut check)?;
    let breaks = (printed + &said).lines().filter(|line| line.starts_with("--- failure ")).count();
    let is_allowed = breaks > 0 && !is_release;
    ensure!(ended.success() || is_allowed, "cargo semver-checks: {ended}, {breaks} kinds of breaks since {BASELINE}");
    Ok(format!("{breaks} kinds of breaks since {BASELINE}"))
}
