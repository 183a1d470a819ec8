//! Finds the Rust files.

use std::fs;
use std::path::{Path, PathBuf};

/// The path below `root` and the text of every Rust file, but for what cargo built and what is hidden.
pub fn rust_files(root: &Path) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        for name in names(&root.join(&directory))? {
            let path = directory.join(&name);
            let full = root.join(&path);
            if full.is_dir() {
                let built = full.join("CACHEDIR.TAG").exists() || path == Path::new("target");
                if !built && !name.starts_with('.') {
                    directories.push(path);
                }
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&full).map_err(|error| format!("{}: {error}", full.display()))?;
                files.push((path.display().to_string(), text));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn names(directory: &Path) -> Result<Vec<String>, String> {
    let named = |error| format!("{}: {error}", directory.display());
    let entries = fs::read_dir(directory).map_err(named)?;
    entries.map(|entry| Ok(entry.map_err(named)?.file_name().to_string_lossy().into_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_file_is_found_and_nothing_that_cargo_built() {
        let files = rust_files(crate::root()).expect("the repository can be read");
        assert!(files.iter().any(|(path, text)| path == "xtask/src/files.rs" && text.contains("this_very_file")));
        assert!(files.iter().any(|(path, _)| path == "src/lib.rs"));
        assert!(!files.iter().any(|(path, _)| path.starts_with("target/") || path.starts_with('.')));
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        assert!(rust_files(Path::new("no/such/directory")).is_err());
    }
}
