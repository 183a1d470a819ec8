//! A file that does not have its name yet. Whoever looks at the name finds all of the file or nothing, whenever its
//! maker dies.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fork::{forked, Descriptor};
use super::name::directory_of;
use super::{c_string, platform};

/// A file that is not at its path yet. If it is dropped before [`publish`](Draft::publish), it leaves nothing behind.
pub(crate) struct Draft {
    pub(crate) file: Arc<Descriptor>,
    /// The name that it has until then. `None` for a nameless file. Some systems have none, and some sandboxes keep
    /// them from being named. Only then does a maker that is killed leave something behind: the file by this name.
    temporary: Option<PathBuf>,
}

impl Draft {
    /// Makes a new file for `path`, in the same directory. Its permissions are `mode`, whatever the umask. It is
    /// nameless where the system allows that.
    pub(crate) fn new(path: &Path, mode: u32) -> io::Result<Self> {
        match platform::new_nameless(directory_of(path), mode)? {
            Some(file) => Self { file: Arc::new(file), temporary: None }.permitting(mode),
            None => Self::with_a_temporary_name(path, mode),
        }
    }

    /// Makes the file with a temporary name, for systems without nameless files, and for sandboxes that keep them from
    /// being named.
    pub(crate) fn with_a_temporary_name(path: &Path, mode: u32) -> io::Result<Self> {
        for number in 0u64.. {
            let temporary = directory_of(path).join(temporary_name(number, "new"));
            let (name, flags) = (c_string(&temporary)?, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL);
            match Descriptor::open(|| super::open(&name, flags, mode)) {
                Ok(file) => return Self { file: Arc::new(file), temporary: Some(temporary) }.permitting(mode),
                // The name is another thread's, or was left by a killed process with the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn permitting(self, mode: u32) -> io::Result<Self> {
        self.file.set_permissions(Permissions::from_mode(mode))?;
        Ok(self)
    }

    /// Gives the file to `group`. Its permissions stay.
    pub(crate) fn give_to(&self, group: u32) -> io::Result<()> {
        super::group::give(&self.file, group)
    }

    /// Gives the file its path. Fails with `AlreadyExists` if something is there.
    pub(crate) fn publish(mut self, path: &Path) -> io::Result<()> {
        if self.file.is_forked() {
            return Err(forked());
        }
        let Some(temporary) = &self.temporary else { return platform::give_name(&self.file, path) };
        let (from, to) = (c_string(temporary)?, c_string(path)?);
        match platform::rename_exclusive(libc::AT_FDCWD, &from, &to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) => {}
            // This system or this sandbox has no such call. A second name is as exclusive; the first one is removed
            // afterwards. Whoever opens the ring between the two steps is told that it has more than one name.
            Err(_) => {
                fs::hard_link(temporary, path)?;
                if let Err(error) = fs::remove_file(temporary) {
                    // With two names nobody would trust it.
                    let _ = fs::remove_file(path);
                    return Err(error);
                }
            }
        }
        self.temporary = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        match &self.temporary {
            Some(temporary) if !self.file.is_forked() => drop(fs::remove_file(temporary)),
            _ => {}
        }
    }
}

/// Returns a name that no other process takes meanwhile, and that says what it is for.
pub(super) fn temporary_name(number: u64, what_for: &str) -> String {
    format!(".ipc_ring.{}.{number}.{what_for}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Checks: I8.
    #[test]
    fn a_draft_with_a_temporary_name_gets_its_path_only_if_nothing_is_there() {
        let directory = std::env::temp_dir();
        let path = directory.join(format!("ipc_ring.test.{}", std::process::id()));
        let temporary = |draft: &Draft| draft.temporary.clone().unwrap();

        let draft = || Draft::with_a_temporary_name(&path, 0o600).unwrap();

        let first = draft();
        let name = temporary(&first);
        first.publish(&path).unwrap();
        assert!(path.exists() && !name.exists());

        let second = draft();
        let name = temporary(&second);
        assert_eq!(second.publish(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(path.exists() && !name.exists());
        fs::remove_file(&path).unwrap();

        let dropped = draft();
        let name = temporary(&dropped);
        drop(dropped);
        assert!(!name.exists());
    }
}
