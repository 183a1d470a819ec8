//! The name by which peers find a ring's file, and whether it still names that file.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::io::AsRawFd;
use std::path::Path;

use super::fork::{forked, Descriptor};
use super::unix::Identity;
use super::{c_string, platform};

/// A name in a directory. It holds the directory open from the moment when the ring's file was opened. So the directory
/// may be renamed or moved meanwhile, and the process may change its own.
pub(crate) struct Name {
    pub(super) directory: Descriptor,
    pub(super) name: CString,
    /// The file that had this name then.
    file: Identity,
}

/// How a ring's file lost the name by which peers find it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// No file has the name.
    Removed,
    /// Another file has it.
    Replaced,
}

impl Name {
    /// Holds the name `path`, at which `file` was found or will be.
    pub(crate) fn of(path: &Path, file: &File) -> io::Result<Self> {
        let file = Identity::of_open(file.as_raw_fd())?;
        let name = CString::new(path.file_name().unwrap_or_default().as_bytes())?;
        let (directory, flags) = (c_string(directory_of(path))?, platform::LOOKS_UP | libc::O_DIRECTORY);
        let directory = Descriptor::open(|| super::open(&directory, flags, 0))?;
        Ok(Self { directory, name, file })
    }

    /// Returns how the file lost this name, if it has. If the system does not say, returns `None`. Makes a system call.
    pub(crate) fn loss(&self) -> Option<Loss> {
        self.found_at(&self.name).unwrap_or(None)
    }

    /// Returns why `name`, in the same directory, does not name the file, if it does not.
    pub(super) fn found_at(&self, name: &CStr) -> io::Result<Option<Loss>> {
        if self.directory.is_forked() {
            return Err(forked());
        }
        let (directory, flags) = (self.directory.as_raw_fd(), libc::AT_SYMLINK_NOFOLLOW);
        // SAFETY: the descriptor is open as long as `self`; a C string, and a place for the answer.
        let named = Identity::of(|found| unsafe { libc::fstatat(directory, name.as_ptr(), found, flags) });
        match named {
            Ok(named) => Ok((named != self.file).then_some(Loss::Replaced)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Loss::Removed)),
            Err(error) => Err(error),
        }
    }
}

/// Returns the directory that `path` is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
