//! How a ring's file is mapped. Memory protection follows ownership (I0): each side maps its own page for writing and
//! its peer's for reading, and only the writer maps the bytes for writing.

use std::fs::File;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use memmap2::MmapOptions;

use super::identity::Identity;
use super::Settings;
use crate::atomics::{Bytes, Owner, Presence, Shared};
use crate::error::Side;
use crate::header::{Control, Ring, IDENTITY_SIZE};
use crate::sys::fork::Guard;
use crate::sys::{self, lock, Name};

/// Maps the ring in `file`, whose length was checked, as `side` sees it, for which `lock` is held. Its peer finds it by
/// `name`.
/// From here on nobody may shorten the file (T2).
pub(super) fn map(
    file: Arc<File>,
    lock: lock::Held,
    name: Option<Name>,
    identity: Identity,
    side: Side,
    settings: Settings,
) -> io::Result<Ring> {
    // I16: in a forked child, `filler` takes the place of every byte. Of 0xff is made a peer that has left, and whose
    // cursor is impossible; of 0 a record that is none.
    let area =
        |offset: usize, len: usize, writable: bool, huge: bool, filler: u8| -> io::Result<(NonNull<u8>, Owner)> {
            let (start, owner) = match huge.then(|| sys::map_huge(&file, offset, len, writable)).flatten() {
                Some(mapped) => mapped,
                None => map_area(&file, offset, len, writable)?,
            };
            if settings.prefault {
                sys::prefault(start, len, writable);
            }
            Ok((start, Arc::new((Guard::of_memory(start, len, filler), owner))))
        };
    let page = |of: Side| -> io::Result<Shared<Control>> {
        let offset = if of == Side::Writer { 0 } else { identity.control_size };
        let (start, map) = area(offset, identity.control_size, of == side, false, 0xff)?;
        // SAFETY: I4 (mapped for writing where this side writes, and as long as `map` lives).
        unsafe { control(start, map) }
    };
    let (own, peer) = (page(side)?, page(side.peer())?);
    let len = identity.capacity.bytes() as usize;
    let (start, map) = area(2 * identity.control_size, len, side == Side::Writer, settings.huge_pages, 0)?;
    // SAFETY: I4 (a page is a multiple of 8; `len` bytes are mapped, for writing if this is the writer, as long
    // as `map` lives).
    let bytes = unsafe { Bytes::mapped(start, len, map)? };
    let presence = Presence::by_lock(file, side.peer().lock(), Arc::new(lock), name.map(Arc::new));
    let Identity { capacity, fences, .. } = identity;
    Ok(Ring { own, peer, bytes, capacity, fences, presence, awaits_successors: settings.awaits_successors })
}

/// Maps `len` bytes of `file` from `offset` on, shared.
pub(super) fn map_area(file: &File, offset: usize, len: usize, writable: bool) -> io::Result<(NonNull<u8>, Owner)> {
    let mut options = MmapOptions::new();
    options.offset(offset as u64).len(len);
    let map = if writable { options.map_raw(file)? } else { options.map_raw_read_only(file)? };
    let start = NonNull::new(map.as_mut_ptr()).ok_or(io::ErrorKind::OutOfMemory)?;
    Ok((start, Arc::new(map)))
}

/// The words in the page of a side that is mapped at `start`.
///
/// # Safety
/// I4: the page is mapped, for writing if the words are to be stored to, as long as `map` lives.
pub(super) unsafe fn control(start: NonNull<u8>, map: Owner) -> io::Result<Shared<Control>> {
    // SAFETY: a page has more bytes than the identity.
    let control = unsafe { start.as_ptr().add(IDENTITY_SIZE) };
    let control = NonNull::new(control.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
    // SAFETY: I4 (within the page, aligned for a `Control`, any bits of which are valid; the caller's promise).
    unsafe { Shared::mapped(control, map) }
}
