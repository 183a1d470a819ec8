//! A ring's file as somebody maps it who has no part in it: all of it for reading, and no lock.

use std::io;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::sync::Arc;

use super::error::OpenError;
use super::identity::{Boot, Found, Identity, Pages};
use super::locks::{is_held, is_stopped};
use super::map::{control, map_area};
use super::open::{open_regular, Access};
use super::refusal::{Fault, Refusal};
use super::trust::Trust;
use crate::atomics::{Bytes, FenceMode, Owner, Presence, Shared};
use crate::protocol::{Capacity, Control, RingId, SharedRing, Side};
use crate::sys::fork::Descriptor;

/// A ring as an onlooker has it.
pub(crate) struct Viewed {
    pub(crate) writer: Shared<Control>,
    pub(crate) reader: Shared<Control>,
    pub(crate) bytes: Bytes,
    pub(crate) capacity: Capacity,
    pub(crate) fences: FenceMode,
    pub(crate) id: RingId,
    origin: Origin,
}

/// Where a ring is that is looked at.
enum Origin {
    File {
        file: Arc<Descriptor>,
        path: PathBuf,
        found: Found,
    },
    /// On the heap, with what its reader knows of the writer, and its writer of the reader.
    Heap {
        writer: Presence,
        reader: Presence,
    },
}

impl Viewed {
    /// The ring on the heap that its two sides see so.
    pub(crate) fn on_heap(writer: &SharedRing, reader: &SharedRing) -> Self {
        let origin = Origin::Heap { writer: reader.presence.clone(), reader: writer.presence.clone() };
        let SharedRing { own, bytes, capacity, fences, id, .. } = writer.clone();
        Self { writer: own, reader: reader.own.clone(), bytes, capacity, fences, id, origin }
    }

    /// The ring in `file`, which was opened at `path`. It may be of a machine whose pages of memory are of another
    /// size: all of it is one mapping.
    pub(super) fn of(file: Arc<Descriptor>, path: &Path) -> Result<Self, OpenError> {
        let found = Found::of(&file, Pages::OfAnyMachine).map_err(|refusal| refusal.at(path))?;
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
            let origin = Origin::File { file: Arc::clone(&file), path: path.into(), found };
            Ok(Viewed { writer, reader, bytes, capacity, fences, id, origin })
        };
        mapped().map_err(|source| Refusal::from(Fault::of("map")(source)).at(path))
    }

    /// Whether the ring was created since the system was started, or nobody can tell.
    pub(crate) fn is_of_this_boot(&self) -> bool {
        match &self.origin {
            Origin::File { found, .. } => Boot::now().map_or(true, |boot| found.identity.may_be_of(boot)),
            Origin::Heap { .. } => true,
        }
    }

    /// Why no reader would be let in by default, as far as the file says.
    pub(crate) fn refusal(&self) -> Option<OpenError> {
        let Origin::File { path, found, .. } = &self.origin else { return None };
        let admitted = Boot::now().map_err(Refusal::from).and_then(|boot| found.admit(Side::Reader, boot, [0; 32]));
        admitted.err().map(|refusal| refusal.at(path))
    }

    /// Whether a living process holds this side. Makes a system call.
    pub(crate) fn is_held(&self, side: Side) -> bool {
        match (&self.origin, side) {
            (Origin::File { file, .. }, _) => is_held(file, side),
            (Origin::Heap { writer, .. }, Side::Writer) => !writer.peer_is_gone(),
            (Origin::Heap { reader, .. }, Side::Reader) => !reader.peer_is_gone(),
        }
    }

    /// Whether the process that holds this side is stopped, where that can be told.
    pub(crate) fn is_stopped(&self, side: Side) -> Option<bool> {
        match &self.origin {
            Origin::File { file, .. } => is_stopped(file, side),
            Origin::Heap { .. } => None,
        }
    }
}

/// Maps the ring at `path`. A child that is forked may go on with it (I16 is of sides): there is nothing that it could
/// do to anybody.
pub(crate) fn view(path: &Path, trust: Trust) -> Result<Viewed, OpenError> {
    let file = open_regular(path, trust, Access::Read).map_err(|refusal| refusal.at(path))?;
    Viewed::of(Arc::new(file), path)
}
