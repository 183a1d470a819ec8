//! Creates a ring's file: first the whole ring, then its writer, and its name last (I8).

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

/// Creates a ring at `path`, with `take` as its writer.
///
/// The ring has its writer before it gets its name (I8): a process that opens the path finds both, or nothing. Leaves
/// no file if it fails. If the process dies in between, a temporary name may stay: see [`Draft`].
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
    // The inner result is that of the last step, giving the name: if that fails, there is another way.
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
        // A sandbox may forbid giving a name to a nameless file. Start again in a file with a temporary name: the first
        // ring stays in its nameless file. An error without a number is no refusal: a signal handler forked (`forked`).
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && error.raw_os_error().is_some() => {
            make(Draft::with_a_temporary_name(path, design.mode))?
        }
        named => named,
    };
    named.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(),
        _ => failed("put the new ring at")(error),
    })
}

/// Creates a ring in memory that has no path and cannot be resized. `take` becomes its writer.
///
/// Returns a file for passing to the other side. Its open file description is not the one that holds the writer's
/// lock, so passing it on does not pass on the lock.
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

/// Chooses the fences and makes the identity of a new ring.
fn identity(path: &Path, capacity: Capacity, design: Design, settings: Settings) -> Result<Identity, CreateError> {
    let fences =
        choose(design.fences).map_err(|source| CreateError::FencesUnavailable { path: path.into(), source })?;
    Identity::new(capacity, fences, settings).map_err(|fault| fault.of_creating(path))
}

/// Makes a ring in `file`, which is new and not shared yet. `take` becomes its writer.
fn lay_out<W>(
    path: &Path,
    file: Arc<Descriptor>,
    name: Option<Name>,
    identity: Identity,
    settings: Settings,
    take: impl FnOnce(SharedRing) -> Result<W, Check>,
) -> Result<W, CreateError> {
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    sys::preallocate(&file, identity.len()).map_err(failed("allocate space for"))?;
    file.write_all_at(&identity.to_bytes(), 0).map_err(failed("write to"))?;
    let ring = map::take(file, name.map(Arc::new), identity, Side::Writer, settings)
        .map_err(|fault| fault.of_creating(path))?;
    let ring = ring.ok_or_else(|| failed("lock")(io::ErrorKind::WouldBlock.into()))?;
    take(ring).map_err(|check| {
        failed("take the writer's side of")(io::Error::new(io::ErrorKind::InvalidData, check.to_string()))
    })
}

/// Returns the mode asked for, or the best one. Registers this process if that is asymmetric.
fn choose(asked: Option<FenceMode>) -> io::Result<FenceMode> {
    match asked {
        Some(FenceMode::Symmetric) => Ok(FenceMode::Symmetric),
        Some(FenceMode::Asymmetric) => membarrier::register().map(|()| FenceMode::Asymmetric),
        None => Ok(best_fences()),
    }
}

/// Returns the best mode that this process can use. Registers it if that is asymmetric.
pub(crate) fn best_fences() -> FenceMode {
    match membarrier::register() {
        Ok(()) => FenceMode::Asymmetric,
        Err(_) => FenceMode::Symmetric,
    }
}
