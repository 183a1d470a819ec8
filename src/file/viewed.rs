//! A ring's file as somebody maps it who has no part in it: all of it for reading, and no lock.

use std::io;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Arc;

use super::identity::{Boot, Found, Identity, Pages};
use super::locks::is_held;
use super::map::{control, map_area};
use super::open::{open_regular, Access};
use super::Settings;
use crate::atomics::{Bytes, FenceMode, Owner, Shared};
use crate::error::{OpenError, Side};
use crate::header::Control;
use crate::id::RingId;
use crate::index::Capacity;
use crate::sys::fork::Descriptor;

/// A ring as an onlooker has it.
pub(crate) struct Viewed {
    pub(crate) writer: Shared<Control>,
    pub(crate) reader: Shared<Control>,
    pub(crate) bytes: Bytes,
    pub(crate) capacity: Capacity,
    pub(crate) fences: FenceMode,
    pub(crate) id: RingId,
    file: Arc<Descriptor>,
    path: PathBuf,
    found: Found,
}

impl Viewed {
    /// The ring in `file`, which was opened at `path`. It may be of a machine whose pages of memory are of another
    /// size: all of it is one mapping.
    pub(super) fn of(file: Arc<Descriptor>, path: &Path) -> Result<Self, OpenError> {
        let found = Found::of(&file, path, Pages::OfAnyMachine)?;
        let Identity { capacity, control_size, fences, id, .. } = found.identity;
        let mapped = || {
            let (start, map) = map_area(&file, 0, found.identity.len() as usize, false)?;
            let map: Owner = Arc::new(map);
            let from = |offset: usize| {
                let start = start.as_ptr().wrapping_add(offset);
                NonNull::new(start).ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))
            };
            // SAFETY: I4 (a page is mapped there as long as `map` lives; a view stores nothing).
            let writer = unsafe { control(from(0)?, Arc::clone(&map))? };
            // SAFETY: as above.
            let reader = unsafe { control(from(control_size)?, Arc::clone(&map))? };
            // SAFETY: I4 (a page is a multiple of 8; so many bytes are mapped there as long as `map` lives, and a view
            // stores nothing).
            let bytes = unsafe { Bytes::mapped(from(2 * control_size)?, capacity.bytes() as usize, map)? };
            let (file, path) = (Arc::clone(&file), path.into());
            Ok(Viewed { writer, reader, bytes, capacity, fences, id, file, path, found })
        };
        mapped().map_err(|source| OpenError::Io { doing: "map", path: path.into(), source })
    }

    /// Whether the ring was created since the system was started, or nobody can tell.
    pub(crate) fn is_of_this_boot(&self) -> bool {
        Boot::now().map_or(true, |boot| self.found.identity.may_be_of(boot))
    }

    /// Why no reader would be let in by default, as far as the file says.
    pub(crate) fn refusal(&self) -> Option<OpenError> {
        let (no_tag, path) = ([0; 32], &self.path);
        match Boot::now() {
            Ok(boot) => self.found.admit(path, Side::Reader, boot, no_tag).err(),
            Err(source) => Some(OpenError::Io { doing: Boot::ASKING, path: path.clone(), source }),
        }
    }

    /// Whether a living process holds this side. Makes a system call.
    pub(crate) fn is_held(&self, side: Side) -> bool {
        is_held(&self.file, side)
    }
}

/// Maps the ring at `path`. A child that is forked may go on with it (I16 is of sides): there is nothing that it could
/// do to anybody.
pub(crate) fn view(path: &Path, settings: Settings) -> Result<Viewed, OpenError> {
    Viewed::of(Arc::new(open_regular(path, settings, Access::Read)?), path)
}
