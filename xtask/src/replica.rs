//! A copy of the repository, to be broken: the tree that a checker is to find fault with is never the one that is
//! worked on.

use std::fs;
use std::path::{Path, PathBuf};

use crate::line::target_directory;

/// A copy of the sources, in a directory of its own.
///
/// Cargo tells packages apart by name and version, not by where they are. The copy has a version of its own, so it can
/// be built where the repository is: what both depend on is built once.
pub struct Replica {
    root: PathBuf,
}

/// What a copy does without: what was built, and the history.
const LEFT_OUT: [&str; 2] = ["target", ".git"];
/// Where the version of all packages stands, and what is before it.
const MANIFEST: &str = "Cargo.toml";
const VERSION: &str = "[workspace.package]\nversion = \"";

impl Replica {
    /// Copies the repository as it is now, under a name that no other check uses.
    pub fn new(name: &str) -> Result<Self, String> {
        let root = target_directory().join("replica").join(name);
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        }
        copy(Path::new("."), &root)?;
        let replica = Self { root };
        let manifest = replica.read(MANIFEST)?;
        replica.write(MANIFEST, &of_its_own_version(&manifest, name)?)?;
        Ok(replica)
    }

    /// Where the copy is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of a file.
    pub fn read(&self, file: &str) -> Result<String, String> {
        fs::read_to_string(self.root.join(file)).map_err(|error| format!("{file}: {error}"))
    }

    /// Makes this the text of a file.
    pub fn write(&self, file: &str, text: &str) -> Result<(), String> {
        fs::write(self.root.join(file), text).map_err(|error| format!("{file}: {error}"))
    }

    /// Puts `broken` in the place of `piece`, which has to stand in `file` exactly once, for as long as `during` takes.
    pub fn with<T>(
        &self,
        file: &str,
        piece: &str,
        broken: &str,
        during: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        let whole = self.read(file)?;
        let at = once(&whole, piece).map_err(|why| format!("{file}: {why}"))?;
        self.write(file, &[&whole[..at], broken, &whole[at + piece.len()..]].concat())?;
        let result = during();
        self.write(file, &whole)?;
        result
    }
}

/// The manifest with a version for all packages that only the copy of this name has.
fn of_its_own_version(manifest: &str, name: &str) -> Result<String, String> {
    let at = once(manifest, VERSION).map_err(|_| format!("{MANIFEST} has no version for all packages"))?;
    let version = &manifest[at + VERSION.len()..];
    let end = version.find('"').ok_or("the version has no end")?;
    Ok([&manifest[..at], VERSION, &version[..end], "-", name, &version[end..]].concat())
}

/// Where `piece` stands in `text`; an error unless it stands there exactly once.
pub fn once(text: &str, piece: &str) -> Result<usize, String> {
    match Vec::from_iter(text.match_indices(piece))[..] {
        [(at, _)] => Ok(at),
        ref places => {
            Err(format!("what is to be broken stands there {} times in place of once: {piece}", places.len()))
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let is_built = entry.path().join("CACHEDIR.TAG").exists();
        if is_built || LEFT_OUT.iter().any(|left_out| name == *left_out) {
            continue;
        }
        if entry.file_type().map_err(failed)?.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_only_where_it_stands_once() {
        assert_eq!(once("a b c", "b"), Ok(2));
        for count in [0, 2] {
            let error = once(&"b ".repeat(count), "b").expect_err("it does not stand there once");
            assert!(error.contains(&format!("{count} times")), "{error}");
        }
    }

    #[test]
    fn cargo_can_tell_a_copy_from_the_repository() {
        let manifest = include_str!("../../Cargo.toml");
        let own = of_its_own_version(manifest, "copy").expect("there is a version");
        assert_eq!(own.replace("-copy", ""), manifest);
        assert!(own.lines().any(|line| line.starts_with("version = ") && line.ends_with("-copy\"")), "{own}");
    }
}
