//! Every package that may be published is packaged, and what it carries is what a stranger needs and no more. Cargo
//! builds each out of its archive, with the others in place of the registry. The library is also documented and tested
//! as it would be downloaded, outside of the repository.
//!
//! Nothing is uploaded: RELEASING.md says when something may be.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{ensure, Result};
use serde_json::Value;

use crate::report::Checked;
use crate::shell::{cmd, files, no_complaints, printed, run_all, table, target_directory, with_commas, Shell};

const LIBRARY: &str = "ipc_ring";
/// What every package carries beside its code.
const NEEDED: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];
/// What no path of a package begins or ends with: checks, tests of the public API, and rings in files.
const UNWANTED: [&str; 4] = ["verify/", "tests/", "xtask/", ".ring"];
/// How code names a file that is compiled with it, up to the path.
const INCLUDES: [&str; 4] = ["include_str!(\"", "include_bytes!(\"", "include!(\"", "#[path = \""];

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let (outside, directory) = (tempfile::tempdir()?, crate::root().join(target_directory()).join("packaged"));
    let metadata = printed(&cmd!(sh, "cargo metadata --no-deps --offline --format-version 1"))?;
    let packages = publishable(&serde_json::from_str(&metadata)?);
    ensure!(packages.iter().any(|(name, _)| name == LIBRARY), "{LIBRARY} is not to be published");

    let chosen = packages.iter().map(|(name, _)| format!("--package={name}"));
    let package = ["package", "--offline", "--allow-dirty", "--quiet", "--target-dir"];
    cmd!(sh, "env CARGO_PROFILE_DEV_DEBUG=false cargo {package...} {directory}").args(chosen).run()?;
    let (mut wrong, mut size) = (Vec::new(), 0);
    for (name, version) in &packages {
        let (whole, outside) = (format!("{name}-{version}"), outside.path());
        let archive = directory.join(format!("package/{whole}.crate"));
        cmd!(sh, "tar -xzf {archive} -C {outside}").run()?;
        let carried = carried(&outside.join(&whole))?;
        let bytes = |bytes: usize| with_commas(bytes as u64);
        let all = carried.values().map(Vec::len).sum();
        let rows = carried.iter().map(|(path, file)| [bytes(file.len()), path.clone()]);
        println!("{}", table([">bytes", &whole], rows.chain([[bytes(all), format!("{} files", carried.len())]])));
        wrong.extend(complaints(&carried).into_iter().map(|complaint| format!("{name}: {complaint}")));
        size += all;
    }
    no_complaints(wrong)?;

    let version = packages.iter().find_map(|(name, version)| (name == LIBRARY).then_some(version));
    let _there = sh.push_dir(outside.path().join(format!("{LIBRARY}-{}", version.expect("it was found above"))));
    run_all([
        cmd!(sh, "env RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --offline --target-dir {directory}"),
        cmd!(sh, "cargo test --lib --examples --offline --quiet --target-dir {directory}"),
    ])?;
    Ok(format!("{} packages of {} KiB", packages.len(), size / 1024))
}

/// The name and the version of each package that cargo would publish.
fn publishable(metadata: &Value) -> Vec<(String, String)> {
    let text = |package: &Value, field: &str| package[field].as_str().unwrap_or_default().to_string();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .filter(|package| package["publish"].is_null())
        .map(|package| (text(package, "name"), text(package, "version")))
        .collect()
}

/// The files below `root`, and what is in them.
fn carried(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    files(root)?.into_iter().map(|path| Ok((path.display().to_string(), std::fs::read(root.join(path))?))).collect()
}

/// What is wrong with a package that carries these files.
fn complaints(carried: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let lacking = NEEDED.iter().filter(|needed| !carried.contains_key(**needed));
    let mut wrong = Vec::from_iter(lacking.map(|needed| format!("it lacks {needed}")));
    for (path, file) in carried {
        let is_unwanted = UNWANTED.iter().any(|unwanted| path.starts_with(unwanted) || path.ends_with(unwanted));
        wrong.extend(is_unwanted.then(|| format!("it carries {path}")));
        let code = if path.ends_with(".rs") { String::from_utf8_lossy(file) } else { "".into() };
        let named = INCLUDES.iter().flat_map(|include| code.split(include).skip(1));
        let named = named.map(|rest| beside(path, rest.split('"').next().unwrap_or_default()));
        let lacking = named.filter(|named| !carried.contains_key(named));
        wrong.extend(lacking.map(|named| format!("it lacks {named}, which {path} includes")));
    }
    wrong
}

/// The path that the file at `path` means by `named`.
fn beside(path: &str, named: &str) -> String {
    let (mut meant, named) = (PathBuf::from(path), Path::new(named));
    meant.pop();
    for component in named.components() {
        match component {
            Component::ParentDir => drop(meant.pop()),
            component => meant.push(component),
        }
    }
    meant.display().to_string()
}

#[test]
fn what_a_package_lacks_and_what_it_carries_in_vain_is_told() {
    let package = |files: &[(&str, &str)]| {
        let needed = NEEDED.iter().map(|path| (path.to_string(), Vec::new()));
        needed.chain(files.iter().map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()))).collect()
    };
    let library = ("src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n#[path = \"b/c.rs\"]\nmod c;");
    assert_eq!(complaints(&package(&[library, ("src/b/c.rs", "")])), [""; 0]);
    assert_eq!(complaints(&package(&[library])), ["it lacks src/b/c.rs, which src/lib.rs includes"]);
    let deep = ("src/a/mod.rs", "const A: &str = include_str!(\"../../docs/a.md\");");
    assert_eq!(complaints(&package(&[deep])), ["it lacks docs/a.md, which src/a/mod.rs includes"]);
    for path in ["verify/loom/main.rs", "tests/files.rs", "docs/abi-1.ring", "xtask/src/main.rs"] {
        assert_eq!(complaints(&package(&[(path, "")])), [format!("it carries {path}")]);
    }
    let lacking = NEEDED.map(|path| format!("it lacks {path}"));
    assert_eq!(complaints(&BTreeMap::new()), lacking);
}

#[test]
fn a_package_is_published_unless_its_manifest_says_that_it_is_not() {
    let metadata = r#"{"packages": [{"name": "a", "version": "1.2.3", "publish": null},
                                    {"name": "b", "version": "1.2.3", "publish": []}]}"#;
    assert_eq!(publishable(&serde_json::from_str(metadata).unwrap()), [("a".to_string(), "1.2.3".to_string())]);
}
