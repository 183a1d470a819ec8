//! A file before it has its name: whoever looks finds the whole of it or nothing, whenever its maker dies.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::name::directory_of;
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
        let directory = directory_of(path);
        let draft = match platform::new_nameless(directory, mode)? {
            Some(file) => Self { file, temporary: None },
            None => Self::with_a_temporary_name(directory, mode)?,
        };
        if let Some(group) = group {
            super::give_to_group(&draft.file, group)?;
        }
        draft.file.set_permissions(Permissions::from_mode(mode))?;
        Ok(draft)
    }

    /// The way of systems without nameless files.
    fn with_a_temporary_name(directory: &Path, mode: u32) -> io::Result<Self> {
        for number in 0u64.. {
            let temporary = directory.join(format!(".ipc_ring.{}.{number}.new", std::process::id()));
            match OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(&temporary) {
                Ok(file) => return Ok(Self { file, temporary: Some(temporary) }),
                // Another thread's, or what a process of this number left when it was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_with_a_temporary_name_gets_its_path_only_if_nothing_is_there() {
        let directory = std::env::temp_dir();
        let path = directory.join(format!("ipc_ring.test.{}", std::process::id()));
        let temporary = |draft: &Draft| draft.temporary.clone().unwrap();

        let first = Draft::with_a_temporary_name(&directory, 0o600).unwrap();
        let name = temporary(&first);
        first.publish(&path).unwrap();
        assert!(path.exists() && !name.exists());

        let second = Draft::with_a_temporary_name(&directory, 0o600).unwrap();
        let name = temporary(&second);
        assert_eq!(second.publish(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(path.exists() && !name.exists());
        fs::remove_file(path).unwrap();

        let dropped = Draft::with_a_temporary_name(&directory, 0o600).unwrap();
        let name = temporary(&dropped);
        drop(dropped);
        assert!(!name.exists());
    }
}
