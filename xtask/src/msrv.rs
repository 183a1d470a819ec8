//! A crate outside the repository depends on the library and is checked by the oldest toolchain that the library
//! promises, `rust-version` in `Cargo.toml`: by its own compiler, its own cargo, and whatever versions of libc and
//! memmap2 that cargo chooses.
//!
//! Once it depends on the repository by path, as who takes it from git does, and once on what would be published.

use anyhow::{bail, ensure};

use crate::report::{Checked, NotRun};
use crate::shell::{cmd, has_target, target_directory, write, Shell};

/// The toolchain, as rustup calls it.
const OLDEST: &str = "+1.70";
/// All for which there is code of our own: without one of these, it would go unchecked.
const TARGETS: [&str; 3] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin"];
const USER: &str = include_str!("../probes/msrv.rs");

const MANIFEST: &str = "[package]
name = \"user\"
version = \"0.0.0\"
edition = \"2021\"

[dependencies]
";

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    for target in TARGETS {
        let why = format!("needs rustup's toolchain {OLDEST} for {target} (see .ci/install)");
        ensure!(has_target(sh, &[OLDEST], target), NotRun(why));
    }
    let (outside, directory) = (tempfile::tempdir()?, target_directory().join("msrv"));
    let (path, targets) = (outside.path(), TARGETS.map(|target| format!("--target={target}")));
    cmd!(sh, "cargo package --quiet --offline --exclude-lockfile --package ipc_ring --no-verify --allow-dirty")
        .arg("--target-dir")
        .arg(&directory)
        .run()?;
    let name = concat!("ipc_ring-", env!("CARGO_PKG_VERSION"));
    let archive = directory.join(format!("package/{name}.crate"));
    cmd!(sh, "tar -xzf {archive} -C {path}").run()?;

    for (user, library) in [("by path", crate::root()), ("packaged", &path.join(name))] {
        let (user, manifest) = (path.join(user).join("Cargo.toml"), library.join("Cargo.toml"));
        write(user.with_file_name("src/main.rs"), USER)?;
        write(&user, &format!("{MANIFEST}ipc_ring = {{ path = {library:?} }}\n"))?;
        // Before anything is asked of the network: what cannot be read is no want of a registry.
        cmd!(sh, "cargo {OLDEST} verify-project --quiet --manifest-path {manifest}").run()?;
        if let Err(why) = cmd!(sh, "cargo {OLDEST} generate-lockfile --manifest-path {user}").run() {
            bail!(NotRun(format!("needs the registry: {why}")));
        }
        cmd!(sh, "cargo {OLDEST} check --manifest-path {user} --target-dir {directory}").args(&targets).run()?;
    }
    Ok(None)
}

#[test]
fn the_oldest_toolchain_is_the_one_that_the_library_promises() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains(&format!("\nrust-version = \"{}\"\n", &OLDEST[1..])));
}
