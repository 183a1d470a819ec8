//! How a ring's file comes to be: whole, with a writer, and only then with a name (I8).

use std::fs;
#[cfg(target_os = "linux")]
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::error::CreateError;
use super::identity::Identity;
use super::map;
#[cfg(target_os = "linux")]
use super::settings::NAMELESS;
use super::settings::{Design, Settings};
use super::trust::unsuitable;
use crate::atomics::FenceMode;
use crate::protocol::{Capacity, Check, SharedRing, Side};
use crate::sys::fork::Descriptor;
use crate::sys::{self, membarrier, Draft, Name};

/// Makes a ring and hands it to `take`, which becomes its writer; only then does the ring get its name (I8).
/// So whoever opens the path finds a whole ring with a writer, or nothing.
///
/// Nothing is left behind where this fails; nor where it dies half way, but for what [`Draft`] says.
pub(crate) fn create<W>(
    path: &Path,
    capacity: usize,
    design: Design,
    settings: Settings,
    take: impl Fn(SharedRing) -> Result<W, Check>,
) -> Result<W, CreateError> {
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    let exists = || CreateError::AlreadyExists { path: path.into() };

    let capacity = Capacity::new(capacity)?;
    if fs::symlink_metadata(path).is_ok() {
        return Err(exists());
    }
    let identity = identity(path, capacity, design, settings)?;
    // Whether it got its name in the end is told apart, for there is another way.
    let make = |draft: io::Result<Draft>| -> Result<io::Result<W>, CreateError> {
        let draft = draft.map_err(failed("create"))?;
        if let Some(group) = design.group {
            draft.give_to(group).map_err(failed("change the group of"))?;
        }
        if let Some(name) = unsuitable(&draft.file, settings.trust) {
            return Err(CreateError::UnsuitableFilesystem { path: path.into(), name });
        }
        let name = Name::of(path, &draft.file).map_err(failed("open the directory of"))?;
        let writer = lay_out(path, Arc::clone(&draft.file), Some(name), identity, settings, &take)?;
        Ok(draft.publish(path).map(|()| writer))
    };
    let named = match make(Draft::new(path, design.mode))? {
        // A sandbox may keep a nameless file from being named. As a whole again: a ring that is locked and mapped is in
        // this file.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && error.raw_os_error().is_some() => {
            make(Draft::with_a_temporary_name(path, design.mode))?
        }
        named => named,
    };
    named.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(),
        _ => failed("give its name to")(error),
    })
}

/// Makes a ring in memory that has no path and that nobody can shorten, and hands it to `take`. The file returned is
/// another description than the one that has the lock: whoever it is given to does not get that.
#[cfg(target_os = "linux")]
pub(crate) fn create_sealed<W>(
    capacity: usize,
    design: Design,
    settings: Settings,
    take: impl FnOnce(SharedRing) -> Result<W, Check>,
) -> Result<(W, File), CreateError> {
    let path = Path::new(NAMELESS);
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    let identity = identity(path, Capacity::new(capacity)?, design, settings)?;
    let memory = sys::sealed::create().map_err(failed("create"))?;
    let file = sys::sealed::open_again(&memory).map_err(failed("open"))?;
    let writer = lay_out(path, Arc::new(file), None, identity, settings, take)?;
    sys::sealed::seal(&memory).map_err(failed("seal"))?;
    Ok((writer, memory))
}

/// What the ring is to say of itself.
fn identity(path: &Path, capacity: Capacity, design: Design, settings: Settings) -> Result<Identity, CreateError> {
    let fences =
        choose(design.fences).map_err(|source| CreateError::FencesUnavailable { path: path.into(), source })?;
    Identity::new(capacity, fences, settings).map_err(|fault| fault.of_creating(path))
}

/// Makes a ring in `file`, which is new and nobody else's, and hands it to `take`.
fn lay_out<W>(
    path: &Path,
    file: Arc<Descriptor>,
    name: Option<Name>,
    identity: Identity,
    settings: Settings,
    take: impl FnOnce(SharedRing) -> Result<W, Check>,
) -> Result<W, CreateError> {
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    sys::preallocate(&file, identity.len()).map_err(failed("allocate the space of"))?;
    file.write_all_at(&identity.to_bytes(), 0).map_err(failed("write to"))?;
    let ring = map::take(file, name.map(Arc::new), identity, Side::Writer, settings)
        .map_err(|fault| fault.of_creating(path))?;
    let ring = ring.ok_or_else(|| failed("lock")(io::ErrorKind::WouldBlock.into()))?;
    take(ring).map_err(|check| failed("use")(io::Error::new(io::ErrorKind::InvalidData, check.to_string())))
}

/// The mode that was asked for, or the best there is; this process is registered for it.
fn choose(asked: Option<FenceMode>) -> io::Result<FenceMode> {
    match asked {
        Some(FenceMode::Symmetric) => Ok(FenceMode::Symmetric),
        Some(FenceMode::Asymmetric) => membarrier::register().map(|()| FenceMode::Asymmetric),
        None => Ok(best_fences()),
    }
}

/// The best mode there is; this process is registered for it.
pub(crate) fn best_fences() -> FenceMode {
    match membarrier::register() {
        Ok(()) => FenceMode::Asymmetric,
        Err(_) => FenceMode::Symmetric,
    }
}
