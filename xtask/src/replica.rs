//! A copy of the repository, to be broken: the tree that a checker is to find fault with is never the one that is
//! worked on.

use std::fs;
use std::path::{Path, PathBuf};

use crate::line::target_directory;

/// A copy of the sources, in a directory of its own.
pub struct Replica {
    name: String,
    root: PathBuf,
}

/// What a copy does without: what was built, and the history.
const LEFT_OUT: [&str; 2] = ["target", ".git"];

impl Replica {
    /// Copies the repository as it is now, under a name that no other check uses.
    pub fn new(name: &str) -> Result<Self, String> {
        let root = target_directory().join("replica").join(name);
        if root.exists() {
            fs::remove_dir_all(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        }
        copy(Path::new("."), &root)?;
        Ok(Self { name: name.into(), root })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the copy is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Puts `broken` in the place of `piece`, which has to stand in `file` exactly once, for as long as `during` takes.
    pub fn with<T>(
        &self,
        file: &str,
        piece: &str,
        broken: &str,
        during: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        let path = self.root.join(file);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let whole = fs::read_to_string(&path).map_err(failed)?;
        fs::write(&path, replaced(&whole, piece, broken).map_err(|why| format!("{file}: {why}"))?).map_err(failed)?;
        let result = during();
        fs::write(&path, whole).map_err(failed)?;
        result
    }
}

fn replaced(whole: &str, piece: &str, broken: &str) -> Result<String, String> {
    match whole.matches(piece).count() {
        1 => Ok(whole.replacen(piece, broken, 1)),
        count => Err(format!("what is to be broken stands there {count} times in place of once: {piece}")),
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
    fn a_piece_is_replaced_only_where_it_stands_once() {
        assert_eq!(replaced("a b c", "b", "x"), Ok("a x c".into()));
        for count in [0, 2] {
            let error = replaced(&"b ".repeat(count), "b", "x").expect_err("it does not stand there once");
            assert!(error.contains(&format!("{count} times")), "{error}");
        }
    }
}
