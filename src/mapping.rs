//! A ring's file: how it comes to be, what is checked before it is believed, and how it is mapped.
//!
//! Memory protection follows ownership (I0): each side maps its own page for writing and its peer's for
//! reading, and only the writer maps the bytes for writing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use memmap2::MmapOptions;

use crate::atomics::{Bytes, FenceMode, Owner, Presence, Shared};
use crate::error::{Check, CreateError, OpenError, Side};
use crate::header::{Control, Ring, IDENTITY_SIZE};
use crate::index::Capacity;
use crate::sys::{self, lock, membarrier, Draft};

/// What says that a file is a ring: its first eight bytes, "ipc_ring".
const MAGIC: u64 = u64::from_le_bytes(*b"ipc_ring");
/// The version of the layout and of the protocol.
const ABI: u64 = 1;

impl Side {
    /// The byte of the file whose lock this side holds while it lives.
    const fn lock_byte(self) -> u64 {
        match self {
            Side::Writer => 0,
            Side::Reader => 1,
        }
    }

    const fn peer(self) -> Self {
        match self {
            Side::Writer => Side::Reader,
            Side::Reader => Side::Writer,
        }
    }
}

/// How a side wants its memory, as far as the system has it so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pages {
    /// Present from the beginning.
    pub(crate) prefault: bool,
    /// Huge, where the ring's bytes are.
    pub(crate) huge: bool,
}

/// What a ring's file says of itself, constant from before it has a name.
#[derive(Clone, Copy)]
struct Identity {
    capacity: Capacity,
    /// The size of each side's page in bytes: a page of memory where the ring was created.
    control_size: usize,
    fences: FenceMode,
}

impl Identity {
    const fn len(self) -> u64 {
        2 * self.control_size as u64 + self.capacity.bytes()
    }

    fn to_bytes(self) -> [u8; IDENTITY_SIZE] {
        let asymmetric = (self.fences == FenceMode::Asymmetric) as u64;
        let words = [MAGIC, ABI, self.capacity.bytes(), self.control_size as u64, asymmetric];
        let mut bytes = [0; IDENTITY_SIZE];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; IDENTITY_SIZE], path: &Path) -> Result<Self, OpenError> {
        let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };
        let incompatible = |what, found, expected| OpenError::Incompatible { path: path.into(), what, found, expected };
        let mut words = [0; IDENTITY_SIZE / 8];
        for (word, from) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = from.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        }
        let [magic, abi, capacity, control_size, asymmetric, ..] = words;
        if magic != MAGIC {
            return Err(not_a_ring("it does not start with \"ipc_ring\""));
        }
        if abi != ABI {
            return Err(incompatible("ABI", abi, ABI));
        }
        let page_size = sys::page_size();
        if control_size != page_size as u64 {
            return Err(incompatible("pages of size", control_size, page_size as u64));
        }
        let fences = match asymmetric {
            0 => FenceMode::Symmetric,
            1 => FenceMode::Asymmetric,
            _ => return Err(incompatible("fence mode", asymmetric, 1)),
        };
        let capacity = usize::try_from(capacity).ok().and_then(|bytes| Capacity::new(bytes).ok());
        let capacity = capacity.ok_or_else(|| not_a_ring("it states a capacity that no ring has"))?;
        Ok(Self { capacity, control_size: page_size, fences })
    }
}

/// Makes a ring and hands it to `take`, which becomes its writer; only then does the ring get its name (I8).
/// So whoever opens the path finds a whole ring with a writer, or nothing.
///
/// Nothing is left behind where this fails; nor where it dies half way, but for what [`Draft`] says.
pub(crate) fn create<W>(
    path: &Path,
    capacity: usize,
    mode: u32,
    pages: Pages,
    fences: Option<FenceMode>,
    take: impl FnOnce(Ring) -> Result<W, Check>,
) -> Result<W, CreateError> {
    let failed = |doing| move |source| CreateError::Io { doing, path: path.into(), source };
    let exists = || CreateError::AlreadyExists { path: path.into() };

    let capacity = Capacity::new(capacity)?;
    if fs::symlink_metadata(path).is_ok() {
        return Err(exists());
    }
    let fences = choose(fences).map_err(failed("use asymmetric fences for"))?;
    let identity = Identity { capacity, control_size: sys::page_size(), fences };
    let draft = Draft::new(path, mode).map_err(failed("create"))?;
    sys::preallocate(&draft.file, identity.len()).map_err(failed("allocate the space of"))?;
    draft.file.write_all_at(&identity.to_bytes(), 0).map_err(failed("write to"))?;

    let file = Arc::new(draft.file.try_clone().map_err(failed("duplicate the descriptor of"))?);
    let lock = lock::acquire(&file, Side::Writer.lock_byte()).map_err(failed("lock"))?;
    let lock = lock.ok_or_else(|| failed("lock")(io::ErrorKind::WouldBlock.into()))?;
    let ring = map(file, lock, identity, Side::Writer, pages).map_err(failed("map"))?;
    let writer =
        take(ring).map_err(|check| failed("use")(io::Error::new(io::ErrorKind::InvalidData, check.to_string())))?;
    match draft.publish(path) {
        Ok(()) => Ok(writer),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        Err(error) => Err(failed("give its name to")(error)),
    }
}

/// Opens the ring at `path` as `side`, if nobody holds that side.
pub(crate) fn open(path: &Path, side: Side, pages: Pages) -> Result<Ring, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
    let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };

    let file = Arc::new(open_regular(path)?);
    let mut bytes = [0; IDENTITY_SIZE];
    file.read_exact_at(&mut bytes, 0).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => not_a_ring("it is too short"),
        _ => failed("read")(error),
    })?;
    let identity = Identity::from_bytes(&bytes, path)?;
    let opened = file.metadata().map_err(failed("look at"))?;
    if opened.len() != identity.len() {
        return Err(not_a_ring("it is longer or shorter than its header says"));
    }
    let lock = lock::acquire(&file, side.lock_byte()).map_err(failed("lock"))?;
    let lock = lock.ok_or_else(|| OpenError::Busy { path: path.into(), side })?;
    // Whoever removes a ring and creates another in its place may have done so until just now. From here on
    // the lock tells that this ring has a side that lives.
    match fs::symlink_metadata(path) {
        Ok(named) if (named.dev(), named.ino()) == (opened.dev(), opened.ino()) => {}
        _ => return Err(OpenError::Replaced { path: path.into() }),
    }
    if identity.fences == FenceMode::Asymmetric {
        membarrier::register().map_err(failed("use asymmetric fences, with which it was created, for"))?;
    }
    map(file, lock, identity, side, pages).map_err(failed("map"))
}

/// Opens what is at `path`, if it is a regular file and no link. Nothing else is opened: opening a device may do
/// things, and opening a pipe may block.
fn open_regular(path: &Path) -> Result<File, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
    let open = || -> io::Result<Option<File>> {
        if !fs::symlink_metadata(path)?.is_file() {
            return Ok(None);
        }
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
        Ok(file.metadata()?.is_file().then_some(file))
    };
    match open() {
        Ok(Some(file)) => Ok(file),
        Ok(None) => Err(OpenError::NotARing { path: path.into(), why: "it is no regular file" }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::NotFound { path: path.into() }),
        Err(error) => Err(failed("open")(error)),
    }
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

/// Maps the ring in `file`, whose length was checked, as `side` sees it, for which `lock` is held.
/// From here on nobody may shorten the file (T2).
fn map(file: Arc<File>, lock: lock::Held, identity: Identity, side: Side, pages: Pages) -> io::Result<Ring> {
    let area = |offset: usize, len: usize, writable: bool, huge: bool| -> io::Result<(NonNull<u8>, Owner)> {
        let (start, owner) = match huge.then(|| sys::map_huge(&file, offset, len, writable)).flatten() {
            Some(mapped) => mapped,
            None => {
                let mut options = MmapOptions::new();
                options.offset(offset as u64).len(len);
                let map = if writable { options.map_raw(&*file)? } else { options.map_raw_read_only(&*file)? };
                let start = NonNull::new(map.as_mut_ptr()).ok_or(io::ErrorKind::OutOfMemory)?;
                (start, Arc::new(map) as Owner)
            }
        };
        if pages.prefault {
            sys::prefault(start, len, writable);
        }
        Ok((start, owner))
    };
    let page = |of: Side| -> io::Result<Shared<Control>> {
        let offset = if of == Side::Writer { 0 } else { identity.control_size };
        let (start, map) = area(offset, identity.control_size, of == side, false)?;
        // SAFETY: a page has more bytes than the identity.
        let control = unsafe { start.as_ptr().add(IDENTITY_SIZE) };
        let control = NonNull::new(control.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: I4 (within the page, aligned for a `Control`, any bits of which are valid; mapped for writing
        // where this side writes, and as long as `map` lives).
        unsafe { Shared::mapped(control, map) }
    };
    let (own, peer) = (page(side)?, page(side.peer())?);
    let len = identity.capacity.bytes() as usize;
    let (start, map) = area(2 * identity.control_size, len, side == Side::Writer, pages.huge)?;
    // SAFETY: I4 (a page is a multiple of 8; `len` bytes are mapped, for writing if this is the writer, as long
    // as `map` lives).
    let bytes = unsafe { Bytes::mapped(start, len, map)? };
    let presence = Presence::by_lock(file, side.peer().lock_byte(), Arc::new(lock));
    Ok(Ring { own, peer, bytes, capacity: identity.capacity, fences: identity.fences, presence })
}
