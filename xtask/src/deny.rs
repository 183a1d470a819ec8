//! What the library is to its users as a package: what it brings along, and what a version of it may break.

use anyhow::{bail, Context};

use crate::explored::Explored;
use crate::report::{Checked, NotRun};
use crate::shell::{cmd, needs, output, run_all, Shell};

/// Licences, sources and duplicates, by `deny.toml`.
pub fn licences(sh: &Shell, _: &[String]) -> Checked {
    needs("cargo", &["deny", "--version"], "cargo-deny (cargo install cargo-deny --locked; see .ci/install)")?;
    run_all([cmd!(sh, "cargo deny --workspace --all-features check licenses bans sources")])
}

/// Known holes. They stand in a database that is fetched anew.
pub fn advisories(sh: &Shell, _: &[String]) -> Checked {
    needs("cargo", &["deny", "--version"], "cargo-deny (cargo install cargo-deny --locked; see .ci/install)")?;
    let mut check = cmd!(sh, "cargo deny --workspace --all-features check advisories");
    let (ended, _, said) = output(&mut check)?;
    match ended.success() {
        true => Ok(None),
        false if said.contains("failed to fetch advisory database") => {
            bail!(NotRun("needs the advisory database, which cannot be fetched here".into()))
        }
        false => bail!("{ended}: {check}"),
    }
}

/// The public API, held against that of the baseline, a revision of this repository: the crate that is published by the
/// same name is another.
///
/// Both stand in the library's manifest, `package.metadata.semver`. Until it says that something is released, what
/// breaks is counted and reported; from then on it fails.
pub fn semver(sh: &Shell, _: &[String]) -> Checked {
    needs(
        "cargo",
        &["semver-checks", "--version"],
        "cargo-semver-checks (cargo install cargo-semver-checks --locked)",
    )?;
    let metadata: serde_json::Value =
        serde_json::from_str(&cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read()?)?;
    let packages = metadata["packages"].as_array().context("cargo tells its packages")?;
    let library = packages.iter().find(|package| package["name"] == "ipc_ring").context("ipc_ring is a package")?;
    let semver = &library["metadata"]["semver"];
    let baseline = semver["baseline"].as_str().context("Cargo.toml has a baseline")?;
    let is_released = semver["released"].as_bool().context("Cargo.toml says whether anything is released")?;
    needs("git", &["cat-file", "-e", &format!("{baseline}^{{commit}}")], &format!("the baseline {baseline} in git"))?;
    let mut check = cmd!(sh, "cargo semver-checks --package ipc_ring --baseline-rev {baseline}");
    let (ended, printed, said) = output(&mut check)?;
    let broken = (printed + &said).lines().filter(|line| line.starts_with("--- failure ")).count() as u64;
    match ended.success() || broken > 0 && !is_released {
        true => {
            Ok(Some(Explored { count: broken, unit: "kinds of breaks".into(), bound: format!("since {baseline}") }))
        }
        false => bail!("{broken} kinds of breaks since {baseline}, or none could be looked for: {check}"),
    }
}
