//! A file before it has its name: whoever looks finds the whole of it or nothing, whenever its maker dies.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::platform;

/// A file that is not at its path yet. Dropped before [`publish`](Draft::publish), it leaves nothing behind.
pub(crate) struct Draft {
    pub(crate) file: File,
    /// The name it has meanwhile, where the system has no nameless files. Only there does a maker that is killed
    /// leave something behind: this.
    temporary: Option<PathBuf>,
}

impl Draft {
    /// A new file for `path`, in the same directory, with just the permissions `mode`, whatever the umask, and of
    /// `group`, where one is given.
    pub(crate) fn new(path: &Path, mode: u32, group: Option<u32>) -> io::Result<Self> {
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let draft = match platform::new_nameless(directory, mode)? {
            Some(file) => Self { file, temporary: None },
            None => {
                let temporary = directory.join(format!(".ipc_ring.{:016x}.new", random()));
                let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&temporary)?;
                Self { file, temporary: Some(temporary) }
            }
        };
        if let Some(group) = group {
            super::give_to_group(&draft.file, group)?;
        }
        draft.file.set_permissions(Permissions::from_mode(mode))?;
        Ok(draft)
    }

    /// Gives the file its path, if nothing is there: `AlreadyExists` otherwise.
    pub(crate) fn publish(mut self, path: &Path) -> io::Result<()> {
        match &self.temporary {
            None => platform::give_name(&self.file, path),
            Some(temporary) => {
                platform::rename_exclusive(temporary, path)?;
                self.temporary = None;
                Ok(())
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// A number nobody else is likely to draw: the seed of the standard library's hash maps.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The way of systems without nameless files, which is not taken where there are some.
    fn with_a_temporary_name(directory: &Path) -> Draft {
        let temporary = directory.join(format!("ipc_ring.test.{:016x}", random()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&temporary).unwrap();
        Draft { file, temporary: Some(temporary) }
    }

    #[test]
    fn a_draft_with_a_temporary_name_gets_its_path_only_if_nothing_is_there() {
        let directory = std::env::temp_dir();
        let path = directory.join(format!("ipc_ring.test.{:016x}", random()));
        let temporary = |draft: &Draft| draft.temporary.clone().unwrap();

        let first = with_a_temporary_name(&directory);
        let name = temporary(&first);
        first.publish(&path).unwrap();
        assert!(path.exists() && !name.exists());

        let second = with_a_temporary_name(&directory);
        let name = temporary(&second);
        assert_eq!(second.publish(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(path.exists() && !name.exists());
        fs::remove_file(path).unwrap();

        let dropped = with_a_temporary_name(&directory);
        let name = temporary(&dropped);
        drop(dropped);
        assert!(!name.exists());
    }
}
