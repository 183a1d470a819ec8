//! A crate outside the repository depends on the library and is checked by the oldest toolchain that the library
//! promises, `rust-version` in `Cargo.toml`: by its own compiler, its own cargo, and whatever versions of libc and
//! memmap2 that cargo chooses.
//!
//! Once it depends on the repository by path, as who takes it from git does, and once on what would be published.

use std::fs;
use std::path::{Path, PathBuf};

use crate::line::{line, target_directory, Line};
use crate::outcome::Outcome;

/// The toolchain, as rustup calls it.
const OLDEST: &str = "1.70";
/// All for which there is code of our own: without one of these, it would go unchecked.
const TARGETS: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"];
const USER: &str = include_str!("../probes/msrv.rs");

pub fn run() -> Outcome {
    if let Err(why) = toolchain() {
        return Outcome::NotRun(why);
    }
    match checked() {
        Ok(outcome) => outcome,
        Err(why) => Outcome::Failed(why),
    }
}

/// Whether the toolchain is here, with the standard libraries of all targets; else what is missing, and how to come by
/// it. Asking installs nothing.
fn toolchain() -> Result<(), String> {
    for target in TARGETS {
        let asked = old("rustc", "--print target-libdir --target").and(target);
        let found = asked.printed().is_ok_and(|directory| Path::new(directory.trim()).is_dir());
        if !found {
            return Err(format!("needs rustup's toolchain {OLDEST} for {target} (see .ci/install)"));
        }
    }
    Ok(())
}

/// A line by a program of the old toolchain.
fn old(program: &str, words: &str) -> Line {
    line(&format!("{program} +{OLDEST} {words}")).with("RUSTUP_AUTO_INSTALL", "0")
}

fn checked() -> Result<Outcome, String> {
    let outside = tempfile::tempdir().map_err(|error| format!("a temporary directory: {error}"))?;
    let packaged = packaged(outside.path())?;
    for (name, library) in [("by path", crate::root()), ("packaged", &packaged)] {
        let user = user(&outside.path().join(name), library)?;
        // Before anything is asked of the network: what cannot be read is no want of a registry.
        old("cargo", "verify-project --quiet --manifest-path").and_path(&library.join("Cargo.toml")).run()?;
        if let Err(why) = old("cargo", "generate-lockfile --manifest-path").and_path(&user).run() {
            return Ok(Outcome::NotRun(format!("needs the registry: {why}")));
        }
        let check = old("cargo", "check --manifest-path").and_path(&user);
        let check = TARGETS.iter().fold(check, |check, target| check.and("--target").and(target));
        check.building_in("msrv").run()?;
    }
    Ok(Outcome::Passed)
}

/// The library as it would be published, unpacked in `outside`.
fn packaged(outside: &Path) -> Result<PathBuf, String> {
    let name = format!("ipc_ring-{}", env!("CARGO_PKG_VERSION"));
    line("cargo package --quiet --offline --exclude-lockfile --package ipc_ring --no-verify --allow-dirty")
        .building_in("msrv")
        .run()?;
    let archive = target_directory().join("msrv/package").join(format!("{name}.crate"));
    line("tar -xzf").and_path(&archive).and("-C").and_path(outside).run()?;
    Ok(outside.join(name))
}

/// Makes a crate in `directory` that depends on `library`. Its manifest.
fn user(directory: &Path, library: &Path) -> Result<PathBuf, String> {
    let manifest = format!(
        "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
         [dependencies]\nipc_ring = {{ path = {:?} }}\n",
        library.display().to_string()
    );
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    fs::create_dir_all(directory.join("src")).map_err(failed)?;
    fs::write(directory.join("src/main.rs"), USER).map_err(failed)?;
    fs::write(directory.join("Cargo.toml"), manifest).map_err(failed)?;
    Ok(directory.join("Cargo.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_toolchain_is_the_one_that_the_library_promises() {
        let manifest = fs::read_to_string(crate::root().join("Cargo.toml")).expect("the manifest is there");
        assert!(manifest.contains(&format!("\nrust-version = \"{OLDEST}\"\n")));
    }
}
