//! A crate outside the repository depends on the library and is checked by the oldest toolchain that the library
//! promises, `rust-version` in `Cargo.toml`: by its own compiler, its own cargo, and whatever versions of libc and
//! memmap2 that cargo chooses. What it does is what the examples do.
//!
//! Once it depends on the repository by path, as who takes it from git does, and once on what would be published.

use anyhow::{bail, ensure};

use crate::report::{Checked, NotRun};
use crate::shell::{cmd, has_target, target_directory, Shell};

/// The toolchain, as rustup calls it.
const OLDEST: &str = "+1.70";
/// All for which there is code of our own: without one of these, it would go unchecked.
const TARGETS: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"];
/// Those that need nothing else.
const EXAMPLES: [&str; 4] = ["log_collector.rs", "logger.rs", "reader.rs", "writer.rs"];

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    for target in TARGETS {
        let why = format!("needs rustup's toolchain {OLDEST} for {target} (see .ci/install)");
        ensure!(has_target(sh, &[OLDEST], target), NotRun(why));
    }
    let (outside, directory) = (tempfile::tempdir()?, target_directory().join("msrv"));
    let (path, targets) = (outside.path(), TARGETS.map(|target| format!("--target={target}")));
    let package = ["--exclude-lockfile", "--no-verify", "--allow-dirty", "--offline", "--quiet"];
    cmd!(sh, "cargo package --package ipc_ring {package...} --target-dir {directory}").run()?;
    let name = concat!("ipc_ring-", env!("CARGO_PKG_VERSION"));
    let archive = directory.join(format!("package/{name}.crate"));
    cmd!(sh, "tar -xzf {archive} -C {path}").run()?;

    for (user, library) in [("by path", crate::root()), ("packaged", &path.join(name))] {
        let (user, library_manifest) = (path.join(user), library.join("Cargo.toml"));
        sh.create_dir(user.join("src/bin"))?;
        for example in EXAMPLES {
            sh.copy_file(format!("examples/{example}"), user.join("src/bin"))?;
        }
        let package = "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2021\"\n";
        let manifest = user.join("Cargo.toml");
        sh.write_file(&manifest, format!("{package}[dependencies]\nipc_ring = {{ path = {library:?} }}\n"))?;
        // Before anything is asked of the network: what cannot be read is no want of a registry.
        cmd!(sh, "cargo {OLDEST} verify-project --quiet --manifest-path {library_manifest}").run()?;
        if let Err(why) = cmd!(sh, "cargo {OLDEST} generate-lockfile --manifest-path {manifest}").run() {
            bail!(NotRun(format!("needs the registry: {why}")));
        }
        let check = cmd!(sh, "cargo {OLDEST} check --manifest-path {manifest} --target-dir {directory}");
        check.args(&targets).run()?;
    }
    Ok(String::new())
}

#[test]
fn the_oldest_toolchain_is_the_one_that_the_library_promises() {
    assert!(include_str!("../../Cargo.toml").contains(&format!("\nrust-version = \"{}\"\n", &OLDEST[1..])));
}
