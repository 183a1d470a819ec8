//! How a ring's file comes to be: whole, with a writer, and only then with a name (I8).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::identity::Identity;
use super::map::map;
use super::trust::unsuitable;
#[cfg(target_os = "linux")]
use super::NAMELESS;
use super::{Design, Settings};
use crate::atomics::FenceMode;
use crate::error::{Check, CreateError, Side};
use crate::header::Ring;
use crate::index::Capacity;
use crate::sys::{self, lock, membarrier, Draft, Name};

/// Makes a ring and hands it to `take`, which becomes its writer; only then does the ring get its name (I8).
/// So whoever opens the path finds a whole ring with a writer, or nothing.
///
/// Nothing is left behind where this fails; nor where it dies half way, but for what [`Draft`] says.
pub(crate) fn create<W>(
    path: &Path,
    capacity: usize,
    design: Design,
    settings: Settings,
    take: impl FnOnce(Ring) -> Result<W, Check>,
) -> Result<W, CreateError> {
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    let exists = || CreateError::AlreadyExists { path: path.into() };

    let capacity = Capacity::new(capacity)?;
    if fs::symlink_metadata(path).is_ok() {
        return Err(exists());
    }
    let draft = Draft::new(path, design.mode, design.group).map_err(failed("create"))?;
    if let Some(name) = unsuitable(&draft.file, settings) {
        return Err(CreateError::UnsuitableFilesystem { path: path.into(), name });
    }
    let name = Name::of(path, &draft.file).map_err(failed("open the directory of"))?;
    let file = draft.file.try_clone().map_err(failed("duplicate the descriptor of"))?;
    let writer = lay_out(path, file, Some(name), capacity, design.fences, settings, take)?;
    match draft.publish(path) {
        Ok(()) => Ok(writer),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        Err(error) => Err(failed("give its name to")(error)),
    }
}

/// Makes a ring in memory that has no path and that nobody can shorten, and hands it to `take`. The file returned is
/// another description than the one that has the lock: whoever it is given to does not get that.
#[cfg(target_os = "linux")]
pub(crate) fn create_sealed<W>(
    capacity: usize,
    design: Design,
    settings: Settings,
    take: impl FnOnce(Ring) -> Result<W, Check>,
) -> Result<(W, File), CreateError> {
    let path = Path::new(NAMELESS);
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    let capacity = Capacity::new(capacity)?;
    let memory = sys::sealed::create().map_err(failed("create"))?;
    let file = sys::sealed::open_again(&memory).map_err(failed("open"))?;
    let writer = lay_out(path, file, None, capacity, design.fences, settings, take)?;
    sys::sealed::seal(&memory).map_err(failed("seal"))?;
    Ok((writer, memory))
}

/// Makes a ring in `file`, which is new and nobody else's, and hands it to `take`.
fn lay_out<W>(
    path: &Path,
    file: File,
    name: Option<Name>,
    capacity: Capacity,
    fences: Option<FenceMode>,
    settings: Settings,
    take: impl FnOnce(Ring) -> Result<W, Check>,
) -> Result<W, CreateError> {
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    let fences = choose(fences).map_err(failed("use asymmetric fences for"))?;
    let identity = Identity { capacity, control_size: sys::page_size(), fences };
    sys::preallocate(&file, identity.len()).map_err(failed("allocate the space of"))?;
    file.write_all_at(&identity.to_bytes(), 0).map_err(failed("write to"))?;
    let file = Arc::new(file);
    let lock = lock::acquire(&file, Side::Writer.lock()).map_err(failed("lock"))?;
    let lock = lock.ok_or_else(|| failed("lock")(io::ErrorKind::WouldBlock.into()))?;
    let ring = map(file, lock, name, identity, Side::Writer, settings).map_err(failed("map"))?;
    take(ring).map_err(|check| failed("use")(io::Error::new(io::ErrorKind::InvalidData, check.to_string())))
}

/// The mode that was asked for, or the best there is; this process is registered for it.
fn choose(asked: Option<FenceMode>) -> io::Result<FenceMode> {
    match asked {
        Some(FenceMode::Symmetric) => Ok(FenceMode::Symmetric),
        Some(FenceMode::Asymmetric) => membarrier::register().map(|()| FenceMode::Asymmetric),
        None if membarrier::register().is_ok() => Ok(FenceMode::Asymmetric),
        None => Ok(FenceMode::Symmetric),
    }
}
