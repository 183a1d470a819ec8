//! A ring's file: how it comes to be, what is checked before it is believed, and how it is mapped.
//!
//! Memory protection follows ownership (I0): each side maps its own page for writing and its peer's for
//! reading, and only the writer maps the bytes for writing.

mod removal;
mod viewed;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
#[cfg(target_os = "linux")]
use std::os::unix::io::BorrowedFd;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use memmap2::MmapOptions;

use crate::atomics::{Bytes, FenceMode, Owner, Presence, Shared};
use crate::error::{Check, CreateError, OpenError, Side};
use crate::header::{Control, Ring, IDENTITY_SIZE};
use crate::index::Capacity;
use crate::sys::fork::Guard;
use crate::sys::{self, lock, membarrier, Draft};

pub(crate) use removal::Removal;
pub(crate) use viewed::{view, Viewed};

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

/// How a side wants its ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Memory that is present from the beginning, as far as the system has it so.
    pub(crate) prefault: bool,
    /// Huge pages, where the ring's bytes are, as far as the system has them.
    pub(crate) huge_pages: bool,
    /// Whether another peer is waited for where one died or left.
    pub(crate) awaits_successors: bool,
    /// Whether a file is opened that others may have made or may change.
    pub(crate) trusts_any_owner: bool,
}

/// How a ring that is created is to be, whoever opens it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Design {
    pub(crate) mode: u32,
    pub(crate) group: Option<u32>,
    /// `None`: the best there are.
    pub(crate) fences: Option<FenceMode>,
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

    /// What `file` says of itself, if its length agrees.
    fn of(file: &File, path: &Path) -> Result<Self, OpenError> {
        let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
        let not_a_ring = |why| OpenError::NotARing { path: path.into(), why };
        let mut bytes = [0; IDENTITY_SIZE];
        file.read_exact_at(&mut bytes, 0).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => not_a_ring("it is too short"),
            _ => failed("read")(error),
        })?;
        let identity = Self::from_bytes(&bytes, path)?;
        if file.metadata().map_err(failed("look at"))?.len() != identity.len() {
            return Err(not_a_ring("it is longer or shorter than its header says"));
        }
        Ok(identity)
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
    if let Some(name) = sys::unsuitable_filesystem(&draft.file) {
        return Err(CreateError::UnsuitableFilesystem { path: path.into(), name });
    }
    let file = draft.file.try_clone().map_err(failed("duplicate the descriptor of"))?;
    let writer = lay_out(path, file, capacity, design.fences, settings, take)?;
    match draft.publish(path) {
        Ok(()) => Ok(writer),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        Err(error) => Err(failed("give its name to")(error)),
    }
}

/// What stands for the path of a ring that has none.
#[cfg(target_os = "linux")]
const NAMELESS: &str = "(a ring without a path)";

/// The error for a ring without a path whose state makes no sense.
#[cfg(target_os = "linux")]
pub(crate) fn corrupt(check: Check) -> OpenError {
    OpenError::Corrupt { path: NAMELESS.into(), check }
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
    let writer = lay_out(path, file, capacity, design.fences, settings, take)?;
    sys::sealed::seal(&memory).map_err(failed("seal"))?;
    Ok((writer, memory))
}

/// Opens the ring in `memory`, which [`create_sealed`] made, as `side`, if nobody holds that side.
#[cfg(target_os = "linux")]
pub(crate) fn open_sealed(memory: BorrowedFd<'_>, side: Side, settings: Settings) -> Result<Ring, OpenError> {
    let path = Path::new(NAMELESS);
    if !sys::sealed::is_sealed(memory) && !settings.trusts_any_owner {
        let why = "it is not sealed, so others may shorten it";
        return Err(OpenError::Untrusted { path: path.into(), why });
    }
    let file = sys::sealed::open_again(memory);
    let file = file.map_err(|source| OpenError::Io { doing: "open", path: path.into(), source })?;
    enter(path, file, side, settings, || Ok(true))
}

/// Makes a ring in `file`, which is new and nobody else's, and hands it to `take`.
fn lay_out<W>(
    path: &Path,
    file: File,
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
    let lock = lock::acquire(&file, Side::Writer.lock_byte()).map_err(failed("lock"))?;
    let lock = lock.ok_or_else(|| failed("lock")(io::ErrorKind::WouldBlock.into()))?;
    let ring = map(file, lock, identity, Side::Writer, settings).map_err(failed("map"))?;
    take(ring).map_err(|check| failed("use")(io::Error::new(io::ErrorKind::InvalidData, check.to_string())))
}

/// Opens the ring at `path` as `side`, if nobody holds that side.
pub(crate) fn open(path: &Path, side: Side, settings: Settings) -> Result<Ring, OpenError> {
    let file = open_regular(path, settings, Access::ReadAndWrite)?;
    let opened = file.metadata().map_err(|source| OpenError::Io { doing: "look at", path: path.into(), source })?;
    // Whoever removes a ring and creates another in its place may do so until this side has its lock. From then on
    // the lock tells that this ring has a side that lives.
    enter(path, file, side, settings, || names(path, &opened))
}

/// Whether what is at `path` is the file that was opened.
fn names(path: &Path, opened: &fs::Metadata) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Opens the ring in `file` as `side`, if nobody holds that side and the file is the right one still.
fn enter(
    path: &Path,
    file: File,
    side: Side,
    settings: Settings,
    still_there: impl FnOnce() -> io::Result<bool>,
) -> Result<Ring, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };

    let file = Arc::new(file);
    let identity = Identity::of(&file, path)?;
    let lock = lock::acquire(&file, side.lock_byte()).map_err(failed("lock"))?;
    let lock = lock.ok_or_else(|| OpenError::Busy { path: path.into(), side })?;
    if !still_there().map_err(failed("look at"))? {
        return Err(OpenError::Replaced { path: path.into() });
    }
    if identity.fences == FenceMode::Asymmetric {
        membarrier::register().map_err(failed("use asymmetric fences, with which it was created, for"))?;
    }
    map(file, lock, identity, side, settings).map_err(failed("map"))
}

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    ReadAndWrite,
}

/// Opens what is at `path`, if it is a regular file, no link, and to be trusted. Nothing else is opened: opening a
/// device may do things, and opening a pipe may block.
fn open_regular(path: &Path, settings: Settings, access: Access) -> Result<File, OpenError> {
    let failed = |doing| move |source| OpenError::Io { doing, path: path.into(), source };
    let open = || -> io::Result<Option<File>> {
        if !fs::symlink_metadata(path)?.is_file() {
            return Ok(None);
        }
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let writes = access == Access::ReadAndWrite;
        let file = OpenOptions::new().read(true).write(writes).custom_flags(flags).open(path)?;
        Ok(file.metadata()?.is_file().then_some(file))
    };
    match open() {
        Ok(Some(file)) => match (distrusted(&file).map_err(failed("look at"))?, sys::unsuitable_filesystem(&file)) {
            (Some(why), _) if !settings.trusts_any_owner => Err(OpenError::Untrusted { path: path.into(), why }),
            (_, Some(name)) => Err(OpenError::UnsuitableFilesystem { path: path.into(), name }),
            _ => Ok(file),
        },
        Ok(None) => Err(OpenError::NotARing { path: path.into(), why: "it is no regular file" }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::NotFound { path: path.into() }),
        Err(error) => Err(failed("open")(error)),
    }
}

/// Why others than this process's user may have made the file or may change it, if they may. Those of its group may
/// where its permissions say so, as its owner wanted them to.
fn distrusted(file: &File) -> io::Result<Option<&'static str>> {
    let metadata = file.metadata()?;
    Ok(if metadata.uid() != sys::user() {
        Some("another user owns it")
    } else if metadata.mode() & 0o002 != 0 {
        Some("anyone may write to it")
    } else if metadata.nlink() > 1 {
        Some("it has more than one name")
    } else {
        None
    })
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

/// Maps `len` bytes of `file` from `offset` on, shared.
fn map_area(file: &File, offset: usize, len: usize, writable: bool) -> io::Result<(NonNull<u8>, Owner)> {
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
unsafe fn control(start: NonNull<u8>, map: Owner) -> io::Result<Shared<Control>> {
    // SAFETY: a page has more bytes than the identity.
    let control = unsafe { start.as_ptr().add(IDENTITY_SIZE) };
    let control = NonNull::new(control.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
    // SAFETY: I4 (within the page, aligned for a `Control`, any bits of which are valid; the caller's promise).
    unsafe { Shared::mapped(control, map) }
}

/// Maps the ring in `file`, whose length was checked, as `side` sees it, for which `lock` is held.
/// From here on nobody may shorten the file (T2).
fn map(file: Arc<File>, lock: lock::Held, identity: Identity, side: Side, settings: Settings) -> io::Result<Ring> {
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
    let presence = Presence::by_lock(file, side.peer().lock_byte(), Some(Arc::new(lock)));
    let Identity { capacity, fences, .. } = identity;
    Ok(Ring { own, peer, bytes, capacity, fences, presence, awaits_successors: settings.awaits_successors })
}
