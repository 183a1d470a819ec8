//! Locks and maps a ring's file for a side.
//!
//! Memory protection follows ownership (I0). Each side maps its own page for writing and its peer's for reading. Only
//! the writer maps the bytes for writing.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;

use memmap2::{MmapOptions, MmapRaw};

use super::identity::Identity;
use super::refusal::Fault;
use super::settings::Settings;
use crate::atomics::{Bytes, Owner, Presence, Shared};
use crate::layout::identity;
use crate::protocol::{Control, Position, SharedRing, Side};
use crate::sys::fork::{forked, Descriptor, Gate, Note};
use crate::sys::{self, lock, Name};

/// Locks `side` of the ring in `file` and maps its memory. Returns `None` if another process holds that side.
///
/// The caller has checked the file's length. Peers find the file by `name`. From here on nobody may shorten the file
/// (T2).
pub(super) fn take(
    file: Arc<Descriptor>,
    name: Option<Arc<Name>>,
    identity: Identity,
    side: Side,
    settings: Settings,
) -> Result<Option<SharedRing>, Fault> {
    let Identity { capacity, control_size, fences, id, .. } = identity;
    let page = |of: Side| Area {
        offset: if of == Side::Writer { 0 } else { control_size },
        len: control_size,
        is_writable: of == side,
        is_huge: false,
        in_a_child: 0xff,
    };
    let bytes = Area {
        offset: 2 * control_size,
        len: capacity.bytes() as usize,
        is_writable: side == Side::Writer,
        is_huge: settings.huge_pages,
        in_a_child: 0,
    };
    let areas = [page(side), page(side.peer()), bytes];
    let mut memory = [Memory::room(), Memory::room(), Memory::room()];
    let Some(lock) = lock_and_map(&file, side, &areas, &mut memory)? else { return Ok(None) };
    let ring = || -> io::Result<SharedRing> {
        let [own, peer, bytes] = memory;
        let (own, peer) = (own.present(&areas[0], settings)?, peer.present(&areas[1], settings)?);
        let bytes = bytes.present(&areas[2], settings)?;
        // SAFETY: I4 (mapped for writing, for as long as its owner lives).
        let own = unsafe { control(own.0, own.1)? };
        // SAFETY: I4 (mapped for as long as its owner lives).
        let peer = unsafe { control(peer.0, peer.1)? };
        // SAFETY: I4 (a page is a multiple of 8; this many bytes are mapped, for writing if this is the writer, for as
        // long as their owner lives).
        let bytes = unsafe { Bytes::mapped(bytes.0, areas[2].len, bytes.1)? };
        let presence = Presence::by_lock(file, side.peer().lock(), Arc::new(lock), name);
        let awaits_successors = settings.awaits_successors;
        let stops_at_ends = settings.stops_at_ends && side == Side::Reader;
        let stream_from = Position::new(0);
        Ok(SharedRing {
            own,
            peer,
            bytes,
            capacity,
            fences,
            id,
            presence,
            awaits_successors,
            stops_at_ends,
            stream_from,
        })
    };
    ring().map(Some).map_err(Fault::of("map"))
}

/// Locks `side` and maps `areas` in one stay inside the gate, so a child that is forked meanwhile has neither (I16).
/// Returns `None` if another process holds the side.
fn lock_and_map<const AREAS: usize>(
    file: &Arc<Descriptor>,
    side: Side,
    areas: &[Area; AREAS],
    memory: &mut [Memory; AREAS],
) -> Result<Option<lock::Held>, Fault> {
    let gate = Gate::enter();
    let locked = lock::acquire(&gate, file, side.lock());
    let mapped = match &locked {
        Ok(Some(_)) => areas.iter().zip(memory).try_for_each(|(area, memory)| memory.map(&gate, file, area)),
        _ => Ok(()),
    };
    drop(gate);
    let locked = locked.map_err(lock::explained).map_err(Fault::of("lock"))?;
    mapped.map_err(Fault::of("map"))?;
    if file.is_forked() {
        return Err(Fault::of("map")(forked()));
    }
    Ok(locked)
}

/// A part of a ring's file that a side maps.
struct Area {
    offset: usize,
    len: usize,
    is_writable: bool,
    is_huge: bool,
    /// The filler of the area in a forked child (I16): with it no side can go on there. 0xff in a page says that its
    /// side has left and stands at an impossible position; 0 in the ring's bytes is no valid record.
    in_a_child: u8,
}

/// An area that is being mapped, with the note that tells a forked child of it. The note is dropped first.
struct Memory {
    note: Note,
    mapped: Option<(NonNull<u8>, Mapping)>,
}

/// A mapping, which is unmapped on drop.
#[allow(dead_code)]
enum Mapping {
    Ordinary(MmapRaw),
    Huge(sys::Addresses),
}

/// A mapping with its note. The note is taken back before the mapping is unmapped.
struct Kept {
    note: Note,
    mapping: ManuallyDrop<Mapping>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        // In a forked child the addresses may be free, and in use for something else by now.
        let is_not_ours = self.note.is_lost();
        self.note.take_back();
        if !is_not_ours {
            // SAFETY: this is the owner's drop, so nobody uses the mapping any more.
            unsafe { ManuallyDrop::drop(&mut self.mapping) };
        }
    }
}

impl Memory {
    /// Makes room for the note: inside the gate nothing may allocate.
    fn room() -> Self {
        Self { note: Note::room(), mapped: None }
    }

    /// Maps `area` and notes it.
    fn map(&mut self, inside: &Gate, file: &File, area: &Area) -> io::Result<()> {
        let Area { offset, len, is_writable, .. } = *area;
        let huge = area.is_huge.then(|| sys::map_huge(file, offset, len, is_writable)).flatten();
        let (start, mapping) = match huge {
            Some((start, addresses)) => (start, Mapping::Huge(addresses)),
            None => map_area(file, offset, len, is_writable).map(|(start, map)| (start, Mapping::Ordinary(map)))?,
        };
        self.note.memory(inside, start, len, area.in_a_child);
        self.mapped = Some((start, mapping));
        Ok(())
    }

    /// Faults the memory in if `settings` ask for it, and returns it with its owner.
    fn present(self, area: &Area, settings: Settings) -> io::Result<(NonNull<u8>, Owner)> {
        let (start, mapping) = self.mapped.ok_or(io::ErrorKind::OutOfMemory)?;
        if let Mapping::Huge(_) = mapping {
            sys::collapse(start, area.len);
        }
        if settings.prefault {
            sys::prefault(start, area.len, area.is_writable);
        }
        Ok((start, Arc::new(Kept { note: self.note, mapping: ManuallyDrop::new(mapping) })))
    }
}

/// Maps `len` bytes of `file` from `offset` on, shared. Makes one system call and nothing else, so the gate allows it.
pub(super) fn map_area(file: &File, offset: usize, len: usize, writable: bool) -> io::Result<(NonNull<u8>, MmapRaw)> {
    let mut options = MmapOptions::new();
    options.offset(offset as u64).len(len);
    let map = if writable { options.map_raw(file)? } else { options.map_raw_read_only(file)? };
    let start = NonNull::new(map.as_mut_ptr()).ok_or(io::ErrorKind::OutOfMemory)?;
    Ok((start, map))
}

/// Returns the words of the side whose page is mapped at `start`.
///
/// # Safety
/// I4: the page is mapped, for writing if the words are to be stored to, as long as `map` lives.
pub(super) unsafe fn control(start: NonNull<u8>, map: Owner) -> io::Result<Shared<Control>> {
    // SAFETY: a page is longer than the identity.
    let control = unsafe { start.as_ptr().add(identity::SIZE) };
    let control = NonNull::new(control.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
    // SAFETY: I4 (within the page, aligned for a `Control`, any bits of which are valid; the caller's promise).
    unsafe { Shared::mapped(control, map) }
}
