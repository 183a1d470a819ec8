//! How a side of a ring is taken: its file opened, found to be a ring, and locked.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
#[cfg(target_os = "linux")]
use std::os::unix::io::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

use super::error::OpenError;
use super::identity::{Boot, Found, Pages};
use super::locks::hold;
use super::map;
use super::settings::Settings;
#[cfg(target_os = "linux")]
use super::settings::NAMELESS;
use super::trust::{distrusted, unsuitable, Trust};
use crate::atomics::FenceMode;
use crate::protocol::{SharedRing, Side};
use crate::sys::fork::Descriptor;
use crate::sys::{self, membarrier, Name};

/// Opens the ring at `path` as `side`, if nobody holds that side.
pub(crate) fn open(path: &Path, side: Side, settings: Settings) -> Result<SharedRing, OpenError> {
    let boot = boot(path, settings)?;
    let file = open_regular(path, settings.trust, Access::ReadAndWrite)?;
    let opened = file.metadata().map_err(|source| OpenError::Io { doing: "look at", path: path.into(), source })?;
    // Whoever removes a ring and creates another in its place may do so until this side has its lock. From then on
    // the lock tells that this ring has a side that lives.
    let name = Name::of(path, &file);
    let name = name.map_err(|source| OpenError::Io { doing: "open the directory of", path: path.into(), source })?;
    enter(path, file, Some(name), side, boot, settings, || names(path, &opened))
}

/// Opens the ring in `memory`, which [`create_sealed`](super::create_sealed) made, as `side`, if nobody holds that
/// side.
#[cfg(target_os = "linux")]
pub(crate) fn open_sealed(memory: BorrowedFd<'_>, side: Side, settings: Settings) -> Result<SharedRing, OpenError> {
    let path = Path::new(NAMELESS);
    if !sys::sealed::is_sealed(memory) && !settings.trust.any_owner {
        let why = "it is not sealed, so others may shorten it";
        return Err(OpenError::Untrusted { path: path.into(), why });
    }
    let boot = boot(path, settings)?;
    let file = sys::sealed::open_again(memory);
    let file = file.map_err(|source| OpenError::Io { doing: "open", path: path.into(), source })?;
    if let Some(name) = unsuitable(&file, settings.trust) {
        return Err(OpenError::UnsuitableFilesystem { path: path.into(), name });
    }
    enter(path, file, None, side, boot, settings, || Ok(true))
}

/// Which boot the ring has to be of. To be asked before its file is open: both take a descriptor.
fn boot(path: &Path, settings: Settings) -> Result<Boot, OpenError> {
    Boot::wanted(settings).map_err(|source| OpenError::Io { doing: Boot::ASKING, path: path.into(), source })
}

/// Opens the ring in `file` as `side`, if nobody holds that side and the file is the right one still.
fn enter(
    path: &Path,
    file: Descriptor,
    name: Option<Name>,
    side: Side,
    boot: Boot,
    settings: Settings,
    still_there: impl FnOnce() -> io::Result<bool>,
) -> Result<SharedRing, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };

    let identity = Found::of(&file, path, Pages::OfThisMachine)?.admit(path, side, boot, settings.tag)?;
    if identity.fences == FenceMode::Asymmetric {
        membarrier::register().map_err(|source| OpenError::FencesUnavailable { path: path.into(), source })?;
    }
    let (file, name) = (Arc::new(file), name.map(Arc::new));
    let ring = hold(&file, side.lock(), path, || {
        map::take(Arc::clone(&file), name.clone(), identity, side, settings).map_err(|fault| fault.of_opening(path))
    })?;
    if !still_there().map_err(failed("look at"))? {
        return Err(OpenError::Replaced { path: path.into() });
    }
    Ok(ring)
}

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    ReadAndWrite,
}

/// Opens what is at `path`, if it is a regular file, no link, and to be trusted. Nothing else is opened: opening a
/// device may do things, and opening a pipe may block.
pub(super) fn open_regular(path: &Path, trust: Trust, access: Access) -> Result<Descriptor, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
    let open = || -> io::Result<Option<Descriptor>> {
        if !fs::symlink_metadata(path)?.is_file() {
            return Ok(None);
        }
        let (name, flags) = (sys::c_string(path)?, libc::O_NOFOLLOW | libc::O_NONBLOCK);
        let file = match access {
            Access::Read => Descriptor::for_children_too(sys::open(&name, libc::O_RDONLY | flags, 0)?),
            Access::ReadAndWrite => Descriptor::open(|| sys::open(&name, libc::O_RDWR | flags, 0))?,
        };
        Ok(file.metadata()?.is_file().then_some(file))
    };
    match open() {
        Ok(Some(file)) => {
            let why = if trust.any_owner { None } else { distrusted(&file).map_err(failed("look at"))? };
            match (why, unsuitable(&file, trust)) {
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
