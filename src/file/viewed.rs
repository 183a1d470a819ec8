//! Maps a ring's file for an onlooker: the whole file, read-only, and without a lock.

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

/// A ring as an onlooker sees it.
pub(crate) struct Viewed {
    pub(crate) writer: Shared<Control>,
    pub(crate) reader: Shared<Control>,
    pub(crate) bytes: Bytes,
    pub(crate) capacity: Capacity,
    pub(crate) fences: FenceMode,
    pub(crate) id: RingId,
    origin: Origin,
}

/// The place of the ring, which says who holds its sides.
enum Origin {
    File {
        file: Arc<Descriptor>,
        path: PathBuf,
        found: Found,
    },
    /// On the heap. `writer` says whether the writer is gone, `reader` whether the reader is.
    Heap {
        writer: Presence,
        reader: Presence,
    },
}

impl Viewed {
    /// Views a ring on the heap, which has these two sides.
    pub(crate) fn on_heap(writer: &SharedRing, reader: &SharedRing) -> Self {
        let origin = Origin::Heap { writer: reader.presence.clone(), reader: writer.presence.clone() };
        let SharedRing { own, bytes, capacity, fences, id, .. } = writer.clone();
        Self { writer: own, reader: reader.own.clone(), bytes, capacity, fences, id, origin }
    }

    /// Maps the ring in `file`, which was opened at `path`.
    ///
    /// The whole file is one mapping, so it may come from a machine with another page size.
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
            // SAFETY: I4 (a page is a multiple of 8; `capacity` bytes are mapped there as long as `map` lives, and a
            // view stores nothing).
            let bytes = unsafe { Bytes::mapped(from(2 * control_size)?, capacity.bytes() as usize, map)? };
            let origin = Origin::File { file: Arc::clone(&file), path: path.into(), found };
            Ok(Viewed { writer, reader, bytes, capacity, fences, id, origin })
        };
        mapped().map_err(|source| Refusal::from(Fault::of("map")(source)).at(path))
    }

    /// Returns whether the ring was created in the current boot. If one of the two is unknown, it is taken to be.
    pub(crate) fn is_of_this_boot(&self) -> bool {
        match &self.origin {
            Origin::File { found, .. } => Boot::now().map_or(true, |boot| found.identity.may_be_of(boot)),
            Origin::Heap { .. } => true,
        }
    }

    /// Returns why the file would refuse a reader that has the default trust.
    pub(crate) fn refusal(&self) -> Option<OpenError> {
        let Origin::File { path, found, .. } = &self.origin else { return None };
        let admitted = Boot::now().map_err(Refusal::from).and_then(|boot| found.admit(Side::Reader, boot, [0; 32]));
        admitted.err().map(|refusal| refusal.at(path))
    }

    /// Returns whether a living process holds `side`. Makes a system call.
    pub(crate) fn is_held(&self, side: Side) -> bool {
        match (&self.origin, side) {
            (Origin::File { file, .. }, _) => is_held(file, side),
            (Origin::Heap { writer, .. }, Side::Writer) => !writer.peer_is_gone(),
            (Origin::Heap { reader, .. }, Side::Reader) => !reader.peer_is_gone(),
        }
    }

    /// Returns whether the process that holds `side` is stopped, or `None` if the system does not tell.
    pub(crate) fn is_stopped(&self, side: Side) -> Option<bool> {
        match &self.origin {
            Origin::File { file, .. } => is_stopped(file, side),
            Origin::Heap { .. } => None,
        }
    }
}

/// Maps the ring at `path` for an onlooker.
///
/// A forked child may use it too (I16 is about sides): an onlooker changes nothing and holds no lock.
pub(crate) fn view(path: &Path, trust: Trust) -> Result<Viewed, OpenError> {
    let file = open_regular(path, trust, Access::Read).map_err(|refusal| refusal.at(path))?;
    Viewed::of(Arc::new(file), path)
}
