//! A ring's file as somebody maps it who has no part in it: all of it for reading, and no lock.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::{control, map_area, open_regular, Access, Identity, Settings};
use crate::atomics::{Bytes, FenceMode, Presence, Shared};
use crate::error::{OpenError, Side};
use crate::header::Control;
use crate::index::Capacity;

/// A ring as an onlooker has it.
pub(crate) struct Viewed {
    pub(crate) writer: Shared<Control>,
    pub(crate) reader: Shared<Control>,
    pub(crate) bytes: Bytes,
    pub(crate) capacity: Capacity,
    pub(crate) fences: FenceMode,
    /// Whether the writer is there, and the reader.
    pub(crate) presence: [Presence; 2],
}

impl Viewed {
    /// The ring in `file`, which was opened at `path`.
    pub(super) fn of(file: Arc<File>, path: &Path) -> Result<Self, OpenError> {
        let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
        let identity = Identity::of(&file, path)?;
        let Identity { capacity, control_size, fences } = identity;
        let page = |offset: usize| {
            let (start, map) = map_area(&file, offset, control_size, false)?;
            // SAFETY: I4 (mapped as long as `map` lives; a view stores nothing).
            unsafe { control(start, map) }
        };
        let mapped = || {
            let (writer, reader) = (page(0)?, page(control_size)?);
            let len = capacity.bytes() as usize;
            let (start, map) = map_area(&file, 2 * control_size, len, false)?;
            // SAFETY: I4 (a page is a multiple of 8; `len` bytes are mapped as long as `map` lives, and a view stores
            // nothing).
            let bytes = unsafe { Bytes::mapped(start, len, map)? };
            let held = |side: Side| Presence::by_lock(Arc::clone(&file), side.lock_byte(), None);
            let presence = [Side::Writer, Side::Reader].map(held);
            Ok(Viewed { writer, reader, bytes, capacity, fences, presence })
        };
        mapped().map_err(failed("map"))
    }

    /// Whether a living process holds this side. Makes a system call.
    pub(crate) fn is_held(&self, side: Side) -> bool {
        let [writer, reader] = &self.presence;
        let presence = if side == Side::Writer { writer } else { reader };
        !presence.peer_is_gone()
    }
}

/// Maps the ring at `path`. A child that is forked may go on with it (I16 is of sides): there is nothing that it could
/// do to anybody.
pub(crate) fn view(path: &Path, settings: Settings) -> Result<Viewed, OpenError> {
    Viewed::of(Arc::new(open_regular(path, settings, Access::Read)?), path)
}
