//! Packages everything that may be published, and fails where a package lacks a file or carries one in vain.
//!
//! The archives are unpacked outside of the repository, where each finds the others by their versions, as if a registry
//! had them. There they are built, tested and documented. Cargo could verify them, but it takes a package of the same
//! version that it unpacked in an earlier run, although the code is another by now.
//!
//! This uploads nothing. RELEASING.md says when a person may.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::{ensure, Result};
use serde_json::Value;

use crate::report::Checked;
use crate::shell::{cmd, files, no_complaints, printed, run_all, table, target_directory, with_commas, Shell};

const LIBRARY: &str = "ipc_ring";
/// What the manifest of every package must have. Cargo only warns, and a registry refuses some at the last moment.
const FIELDS: [&str; 3] = ["description", "license", "readme"];
/// What every package must carry beside its code.
const NEEDED: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];
/// What a package may carry: what cargo adds, what changed, and what the comments of the code cite. (When it publishes,
/// cargo also adds Cargo.lock.)
const ALLOWED: [&str; 4] = [".cargo_vcs_info.json", "CHANGELOG.md", "Cargo.toml.orig", "SAFETY.md"];
/// Where code may stand in a package. All other files are carried only if code includes them.
const CODE: [&str; 2] = ["src/", "examples/"];
/// How code includes a file, up to the path.
const INCLUDES: [&str; 4] = ["include_str!(\"", "include_bytes!(\"", "include!(\"", "#[path = \""];

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let (outside, directory) = (tempfile::tempdir()?, crate::root().join(target_directory()).join("packaged"));
    let metadata = printed(&cmd!(sh, "cargo metadata --no-deps --offline --format-version 1"))?;
    let metadata = serde_json::from_str(&metadata)?;
    let packages = Vec::from_iter(publishable(&metadata).map(name_and_version));
    ensure!(packages.iter().any(|(name, _)| name == LIBRARY), "{LIBRARY} is not to be published");

    let chosen = packages.iter().map(|(name, _)| format!("--package={name}"));
    let plain = ["--exclude-lockfile", "--no-verify", "--allow-dirty", "--offline", "--quiet"];
    cmd!(sh, "cargo package {plain...} --target-dir {directory}").args(chosen).run()?;
    let (mut wrong, mut size) = (Vec::from_iter(publishable(&metadata).flat_map(lacking)), 0);
    for (name, version) in &packages {
        let (whole, outside) = (format!("{name}-{version}"), outside.path());
        let archive = directory.join(format!("package/{whole}.crate"));
        // -m: the files are of today. In an archive all are of one day, and cargo would not notice a change.
        cmd!(sh, "tar -xmzf {archive} -C {outside}").run()?;
        let carried = carried(&outside.join(&whole))?;
        let bytes = |bytes: usize| with_commas(bytes as u64);
        let all = carried.values().map(Vec::len).sum();
        let compressed = bytes(std::fs::metadata(&archive)?.len() as usize);
        let sum = format!("{} files; compressed, {compressed} bytes", carried.len());
        let rows = carried.iter().map(|(path, file)| [bytes(file.len()), path.clone()]);
        println!("{}", table([">bytes", &whole], rows.chain([[bytes(all), sum]])));
        wrong.extend(complaints(&carried).into_iter().map(|complaint| format!("{name}: {complaint}")));
        size += all;
    }
    no_complaints(wrong)?;

    sh.copy_file("Cargo.lock", outside.path())?;
    let _there = sh.push_dir(outside.path());
    sh.write_file("Cargo.toml", workspace(&packages))?;
    // `cargo xtask arithmetic` runs these, optimised. Here it is enough that they compile.
    let arithmetic = ["--", "--skip", "arithmetic::"];
    run_all([
        cmd!(sh, "cargo test --workspace --lib --bins --examples --quiet --target-dir {directory}").args(arithmetic),
        cmd!(sh, "env RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet --target-dir {directory}"),
    ])?;
    Ok(format!("{} packages of {} KiB", packages.len(), size / 1024))
}

/// The manifest of a workspace of the unpacked packages, in which each takes the place of what a registry has.
fn workspace(packages: &[(String, String)]) -> String {
    let place = |(name, version): &(String, String)| format!("{name}-{version}");
    let members = Vec::from_iter(packages.iter().map(place));
    let patches = packages.iter().map(|package| format!("{} = {{ path = {:?} }}\n", package.0, place(package)));
    let patches = String::from_iter(patches);
    format!("[workspace]\nresolver = \"2\"\nmembers = {members:?}\n[patch.crates-io]\n{patches}")
}

/// Each package that cargo would publish.
fn publishable(metadata: &Value) -> impl Iterator<Item = &Value> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter(|package| package["publish"].is_null())
}

fn name_and_version(package: &Value) -> (String, String) {
    let text = |field: &str| package[field].as_str().unwrap_or_default().to_string();
    (text("name"), text("version"))
}

/// The fields that the manifest of a package lacks, or leaves empty.
fn lacking(package: &Value) -> impl Iterator<Item = String> + '_ {
    let says = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let lacking = FIELDS.iter().filter(move |field| !says(&package[**field]));
    lacking.map(|field| format!("{}: its manifest lacks {field}", package["name"].as_str().unwrap_or_default()))
}

/// The files below `root`, and what is in them.
fn carried(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    files(root)?.into_iter().map(|path| Ok((path.display().to_string(), std::fs::read(root.join(path))?))).collect()
}

/// What is wrong with a package that carries these files.
fn complaints(carried: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let lacking = NEEDED.iter().filter(|needed| !carried.contains_key(**needed));
    let mut wrong = Vec::from_iter(lacking.map(|needed| format!("it lacks {needed}")));
    let mut included = BTreeSet::new();
    for (path, file) in carried.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let code = String::from_utf8_lossy(file);
        let rest = INCLUDES.iter().flat_map(|include| code.split(include).skip(1));
        let named = rest.map(|rest| beside(path, rest.split('"').next().unwrap_or_default()));
        for named in named {
            if !carried.contains_key(&named) {
                wrong.push(format!("it lacks {named}, which {path} includes"));
            }
            included.insert(named);
        }
    }
    let is_wanted = |path: &str| match path.ends_with(".rs") {
        true => CODE.iter().any(|folder| path.starts_with(folder)),
        false => NEEDED.contains(&path) || ALLOWED.contains(&path) || included.contains(path),
    };
    wrong.extend(carried.keys().filter(|path| !is_wanted(path)).map(|path| format!("it carries {path} in vain")));
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
    for path in ["verify/loom/main.rs", "tests/files.rs", "docs/abi-1.ring", "docs/a.md", "src/notes.txt", "build.rs"] {
        assert_eq!(complaints(&package(&[(path, "")])), [format!("it carries {path} in vain")]);
    }
    let elsewhere = [("src/lib.rs", "#[path = \"../verify/a.rs\"]\nmod a;"), ("verify/a.rs", "")];
    assert_eq!(complaints(&package(&elsewhere)), ["it carries verify/a.rs in vain"]);
    let lacking = NEEDED.map(|path| format!("it lacks {path}"));
    assert_eq!(complaints(&BTreeMap::new()), lacking);
}

#[test]
fn a_package_is_published_unless_its_manifest_says_that_it_is_not_and_what_its_manifest_lacks_is_told() {
    let package = |name: &str| {
        serde_json::json!({ "name": name, "version": "1.2.3", "publish": null, "description": "a", "license": "b",
                            "readme": "c" })
    };
    let mut metadata = serde_json::json!({ "packages": [package("a"), package("b"), package("c")] });
    metadata["packages"][1]["publish"] = serde_json::json!([]);
    for (field, value) in [("description", " ".into()), ("license", Value::Null), ("readme", "".into())] {
        metadata["packages"][2][field] = value;
    }
    let all = Vec::from_iter(publishable(&metadata).map(name_and_version));
    assert_eq!(all, ["a", "c"].map(|name| (name.to_string(), "1.2.3".to_string())));
    let told = ["description", "license", "readme"].map(|field| format!("c: its manifest lacks {field}"));
    assert_eq!(Vec::from_iter(publishable(&metadata).flat_map(lacking)), told);
}
