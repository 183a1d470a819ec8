//! How a side of a ring is taken: its file opened, found to be a ring, and locked.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
#[cfg(target_os = "linux")]
use std::os::unix::io::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

use super::identity::Identity;
use super::locks::hold;
use super::map::map;
use super::trust::{distrusted, unsuitable};
use super::Settings;
#[cfg(target_os = "linux")]
use super::NAMELESS;
use crate::atomics::FenceMode;
use crate::error::{OpenError, Side};
use crate::header::Ring;
#[cfg(target_os = "linux")]
use crate::sys;
use crate::sys::{membarrier, Name};

/// Opens the ring at `path` as `side`, if nobody holds that side.
pub(crate) fn open(path: &Path, side: Side, settings: Settings) -> Result<Ring, OpenError> {
    let file = open_regular(path, settings, Access::ReadAndWrite)?;
    let opened = file.metadata().map_err(|source| OpenError::Io { doing: "look at", path: path.into(), source })?;
    // Whoever removes a ring and creates another in its place may do so until this side has its lock. From then on
    // the lock tells that this ring has a side that lives.
    let name = Name::of(path, &file);
    let name = name.map_err(|source| OpenError::Io { doing: "open the directory of", path: path.into(), source })?;
    enter(path, file, Some(name), side, settings, || names(path, &opened))
}

/// Opens the ring in `memory`, which [`create_sealed`] made, as `side`, if nobody holds that side.
#[cfg(target_os = "linux")]
pub(crate) fn open_sealed(memory: BorrowedFd<'_>, side: Side, settings: Settings) -> Result<Ring, OpenError> {
    let path = Path::new(NAMELESS);
    if !sys::sealed::is_sealed(memory) && !settings.trusts_any_owner {
        let why = "it is not sealed, so others may shorten it";
        return Err(OpenError::Untrusted { path: path.into(), why });
    }
    let file = sys::sealed::open_again(memory);
    let file = file.map_err(|source| OpenError::Io { doing: "open", path: path.into(), source })?;
    if let Some(name) = unsuitable(&file, settings) {
        return Err(OpenError::UnsuitableFilesystem { path: path.into(), name });
    }
    enter(path, file, None, side, settings, || Ok(true))
}

/// Opens the ring in `file` as `side`, if nobody holds that side and the file is the right one still.
fn enter(
    path: &Path,
    file: File,
    name: Option<Name>,
    side: Side,
    settings: Settings,
    still_there: impl FnOnce() -> io::Result<bool>,
) -> Result<Ring, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };

    let file = Arc::new(file);
    let identity = Identity::of(&file, path)?;
    let lock = hold(&file, side.lock(), path)?;
    if !still_there().map_err(failed("look at"))? {
        return Err(OpenError::Replaced { path: path.into() });
    }
    if identity.fences == FenceMode::Asymmetric {
        membarrier::register().map_err(failed("use asymmetric fences, with which it was created, for"))?;
    }
    map(file, lock, name, identity, side, settings).map_err(failed("map"))
}

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    ReadAndWrite,
}

/// Opens what is at `path`, if it is a regular file, no link, and to be trusted. Nothing else is opened: opening a
/// device may do things, and opening a pipe may block.
pub(super) fn open_regular(path: &Path, settings: Settings, access: Access) -> Result<File, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
    let open = || -> io::Result<Option<File>> {
        if !fs::symlink_metadata(path)?.is_file() {
            return Ok(None);
        }
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let writes = access == Access::ReadAndWrite;
        let file = OpenOptions::new().read(true).write(writes).custom_flags(flags).open(path)?;
        Ok(file.metadata()?.is_file().then_some(file))
    };
    match open() {
        Ok(Some(file)) => {
            let why = if settings.trusts_any_owner { None } else { distrusted(&file).map_err(failed("look at"))? };
            match (why, unsuitable(&file, settings)) {
                (Some(why), _) => Err(OpenError::Untrusted { path: path.into(), why }),
                (_, Some(name)) => Err(OpenError::UnsuitableFilesystem { path: path.into(), name }),
                _ => Ok(file),
            }
        }
        Ok(None) => Err(OpenError::NotARing { path: path.into(), why: "it is no regular file" }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::NotFound { path: path.into() }),
        Err(error) => Err(failed("open")(error)),
    }
}

/// Whether what is at `path` is the file that was opened.
pub(super) fn names(path: &Path, opened: &fs::Metadata) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
