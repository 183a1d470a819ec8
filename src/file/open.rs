//! Takes a side of a ring: opens its file, checks it, locks and maps it.

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
use super::refusal::{Fault, Refusal};
use super::settings::Settings;
#[cfg(target_os = "linux")]
use super::settings::NAMELESS;
use super::trust::{distrusted, unsuitable, Trust};
use crate::atomics::{FenceMode, Loss};
use crate::protocol::{SharedRing, Side};
use crate::sys::fork::Descriptor;
use crate::sys::{self, membarrier, Name};

/// Takes `side` of the ring at `path`, if nobody holds that side.
pub(crate) fn open(path: &Path, side: Side, settings: Settings) -> Result<SharedRing, OpenError> {
    let open = || -> Result<SharedRing, Refusal> {
        // Before the file is opened, so that this needs no second descriptor at the same time.
        let boot = Boot::wanted(settings)?;
        let file = open_regular(path, settings.trust, Access::ReadAndWrite)?;
        let opened = file.metadata().map_err(Fault::of("inspect"))?;
        // Until this side has its lock, another process may remove the ring and create another at its path. After that,
        // a removal finds the side held. So `enter` looks at the path again when it has the lock.
        let name = Name::of(path, &file).map_err(Fault::of("open the directory of"))?;
        enter(file, Some(name), side, boot, settings, || loss(path, &opened))
    };
    open().map_err(|refusal| refusal.at(path))
}

/// Takes `side` of the ring in `memory`, which [`create_sealed`](super::create_sealed) made, if nobody holds that side.
#[cfg(target_os = "linux")]
pub(crate) fn open_sealed(memory: BorrowedFd<'_>, side: Side, settings: Settings) -> Result<SharedRing, OpenError> {
    let open = || -> Result<SharedRing, Refusal> {
        if !sys::sealed::is_sealed(memory) && !settings.trust.any_owner {
            return Err(Refusal::Untrusted("it is not sealed, so others may shorten it"));
        }
        let boot = Boot::wanted(settings)?;
        let file = sys::sealed::open_again(memory).map_err(Fault::of("open"))?;
        match unsuitable(&file, settings.trust) {
            Some(name) => Err(Refusal::UnsuitableFilesystem(name)),
            None => enter(file, None, side, boot, settings, || Ok(None)),
        }
    };
    open().map_err(|refusal| refusal.at(Path::new(NAMELESS)))
}

/// Takes `side` of the ring in `file`, if nobody holds that side.
///
/// Calls `loss` after it took the lock, to learn whether the file still is at its path.
fn enter(
    file: Descriptor,
    name: Option<Name>,
    side: Side,
    boot: Boot,
    settings: Settings,
    loss: impl FnOnce() -> io::Result<Option<Loss>>,
) -> Result<SharedRing, Refusal> {
    let identity = Found::of(&file, Pages::OfThisMachine)?.admit(side, boot, settings.tag)?;
    if identity.fences == FenceMode::Asymmetric {
        membarrier::register().map_err(Refusal::FencesUnavailable)?;
    }
    let (file, name) = (Arc::new(file), name.map(Arc::new));
    let ring = hold(&file, side.lock(), || map::take(Arc::clone(&file), name.clone(), identity, side, settings))?;
    match loss().map_err(Fault::of("inspect"))? {
        None => Ok(ring),
        Some(loss) => Err(loss.into()),
    }
}

/// Says what a file is opened for: an onlooker only reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    ReadAndWrite,
}

/// Opens the file at `path` if it is a regular file, not a link, and can be trusted.
///
/// Nothing else is opened: opening a device may have effects, and opening a pipe may block.
pub(super) fn open_regular(path: &Path, trust: Trust, access: Access) -> Result<Descriptor, Refusal> {
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
    let file = match open() {
        Ok(Some(file)) => file,
        Ok(None) => return Err(Refusal::NotARing("it is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Refusal::NotFound),
        Err(error) => return Err(Fault::of("open")(error).into()),
    };
    let why = if trust.any_owner { None } else { distrusted(&file).map_err(Fault::of("inspect"))? };
    match (why, unsuitable(&file, trust)) {
        (Some(why), _) => Err(Refusal::Untrusted(why)),
        (_, Some(name)) => Err(Refusal::UnsuitableFilesystem(name)),
        _ => Ok(file),
    }
}

/// Returns how the opened file lost the name `path`, if it did.
fn loss(path: &Path, opened: &fs::Metadata) -> io::Result<Option<Loss>> {
    match fs::symlink_metadata(path) {
        Ok(named) => Ok(((named.dev(), named.ino()) != (opened.dev(), opened.ino())).then_some(Loss::Replaced)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Loss::Removed)),
        Err(error) => Err(error),
    }
}
