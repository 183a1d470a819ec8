//! Linux: the futex, membarrier, sealed memory, and how a ring's file is made, allocated and mapped.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::os::unix::io::AsRawFd;
use std::path::Path;
use std::ptr::NonNull;

use super::c_string;
use super::fork::Descriptor;

/// Reads a file of the system's. It keeps its own offset: a child that another thread forks meanwhile, and that reads
/// on, shares the offset of the file.
fn contents(path: &str) -> io::Result<Vec<u8>> {
    let (file, mut contents, mut piece) = (File::open(path)?, Vec::new(), [0; 4096]);
    loop {
        match file.read_at(&mut piece, contents.len() as u64) {
            Ok(0) => return Ok(contents),
            Ok(len) => contents.extend_from_slice(&piece[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns the id of this boot, which no other boot has; zeroes if the system does not say. Returns an error if
/// descriptors or memory are short just now.
pub(crate) fn boot_id() -> io::Result<[u8; 16]> {
    match contents("/proc/sys/kernel/random/boot_id") {
        Ok(text) => Ok(super::unix::uuid(&text).unwrap_or_default()),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM)) => Err(error),
        Err(_) => Ok([0; 16]),
    }
}

/// Returns random bytes, and does not wait for better ones.
pub(crate) fn random() -> io::Result<[u8; 16]> {
    let mut bytes = [0u8; 16];
    loop {
        // SAFETY: a place for as many bytes. Called by number, since older versions of glibc lack the function.
        let got = unsafe { libc::syscall(libc::SYS_getrandom, bytes.as_mut_ptr(), bytes.len(), libc::GRND_NONBLOCK) };
        if got == bytes.len() as libc::c_long {
            return Ok(bytes);
        }
        // So few bytes come all at once, or not at all.
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            // The call is missing before Linux 3.17; a sandbox may refuse it; it may fail while the system starts.
            Some(libc::ENOSYS | libc::EPERM | libc::EAGAIN) => {
                return File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).map(|()| bytes);
            }
            _ => return Err(error),
        }
    }
}

#[path = "linux/filesystem.rs"]
mod filesystem;
#[path = "linux/holder.rs"]
mod holder;

pub(crate) use filesystem::unsuitable_filesystem;
pub(crate) use holder::holder_is_stopped;

/// The kernel's futex, shared between processes (T5).
pub(crate) mod futex {
    use std::io;
    use std::ptr;
    use std::time::Duration;

    use super::super::nap;

    /// The longest nap of a side that may not sleep on a word.
    const SHORT: Duration = Duration::from_millis(1);

    /// Sleeps while the low half of the word at `word` is that of `expected`, until a wake or until `timeout` has
    /// passed. May return early, for instance for a signal: callers look again.
    ///
    /// If the system refuses the call, naps for a short while, since callers try again at once.
    pub(crate) fn wait(word: *const u64, expected: u64, timeout: Duration) {
        let time = libc::timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: timeout.subsec_nanos() as _,
        };
        // SAFETY: the kernel checks the address; the time is a valid one. FUTEX_WAIT without FUTEX_PRIVATE_FLAG, since
        // the waker is another process. On a little-endian machine the low half stands first.
        let answer = unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.cast::<u32>(),
                libc::FUTEX_WAIT,
                expected as u32,
                &time as *const libc::timespec,
                ptr::null::<u32>(),
                0u32,
            )
        };
        // The word differed, a signal came, the time has passed: that is no refusal.
        let answered =
            |error: io::Error| matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT));
        if answer == -1 && !answered(io::Error::last_os_error()) {
            nap(timeout.min(SHORT));
        }
    }

    /// Wakes all who sleep on the word at `word`: the peer may not be the only one (I11).
    pub(crate) fn wake(word: *const u64) {
        // SAFETY: the kernel checks the address.
        unsafe { libc::syscall(libc::SYS_futex, word.cast::<u32>(), libc::FUTEX_WAKE, i32::MAX) };
    }
}

/// The heavy fence of the asymmetric mode.
pub(crate) mod membarrier {
    use std::io;

    // linux/membarrier.h
    const GLOBAL_EXPEDITED: libc::c_int = 1 << 1;
    const REGISTER_GLOBAL_EXPEDITED: libc::c_int = 1 << 2;

    fn membarrier(command: libc::c_int) -> io::Result<()> {
        // SAFETY: a system call without pointers.
        match unsafe { libc::syscall(libc::SYS_membarrier, command, 0u32, 0i32) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Registers this process, so that [`run`] reaches its running threads from whatever process it is called. Also
    /// tries whether this process itself may call [`run`]: a sandbox may allow the one command and not the other.
    pub(crate) fn register() -> io::Result<()> {
        membarrier(REGISTER_GLOBAL_EXPEDITED)?;
        membarrier(GLOBAL_EXPEDITED)
    }

    /// Makes every running thread of every registered process execute a full barrier.
    ///
    /// This succeeds where [`register`] did, unless a sandbox forbids it later. A sleeper may then miss a wake; it
    /// wakes by itself after 50 ms (T4).
    pub(crate) fn run() {
        let _ = membarrier(GLOBAL_EXPEDITED);
    }
}

/// Sealed memory: a file without a name, which once it is sealed nobody can make shorter or longer.
pub(crate) mod sealed {
    use std::ffi::CString;
    use std::fs::File;
    use std::io;
    use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, FromRawFd};

    use super::Descriptor;

    /// Creates memory of size 0, to be sealed later.
    pub(crate) fn create() -> io::Result<File> {
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        // SAFETY: a C string.
        let descriptor = unsafe { libc::memfd_create(b"ipc_ring\0".as_ptr().cast(), flags) };
        if descriptor == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is new, and nobody else's.
        Ok(unsafe { File::from_raw_fd(descriptor) })
    }

    /// Opens the same memory by a file description of its own, to which locks belong.
    pub(crate) fn open_again(memory: impl AsFd) -> io::Result<Descriptor> {
        let link = CString::new(format!("/proc/self/fd/{}", memory.as_fd().as_raw_fd()))?;
        Descriptor::open(|| super::super::open(&link, libc::O_RDWR, 0))
    }

    const SEALS: libc::c_int = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;

    /// Seals the memory at its present size, for ever.
    pub(crate) fn seal(memory: &File) -> io::Result<()> {
        // SAFETY: the descriptor is open as long as `memory`, and the command takes a number.
        super::answer(unsafe { libc::fcntl(memory.as_raw_fd(), libc::F_ADD_SEALS, SEALS) })
    }

    /// Whether the memory is sealed.
    pub(crate) fn is_sealed(memory: BorrowedFd<'_>) -> bool {
        // SAFETY: the descriptor is open as long as it is borrowed.
        let seals = unsafe { libc::fcntl(memory.as_raw_fd(), libc::F_GET_SEALS) };
        seals != -1 && seals & SEALS == SEALS
    }
}

/// How to open a directory in which names are looked up, and nothing else.
pub(crate) const LOOKS_UP: libc::c_int = libc::O_PATH;

/// Makes a file in `directory` that has no name yet, and that vanishes with its last descriptor. `None` if the system
/// has no such files, or no `/proc` by which to name it later. The caller then tries a file with a name, which works,
/// or tells why not.
pub(crate) fn new_nameless(directory: &Path, mode: u32) -> io::Result<Option<Descriptor>> {
    if !Path::new("/proc/self/fd").exists() {
        return Ok(None);
    }
    let directory = c_string(directory)?;
    match Descriptor::open(|| super::open(&directory, libc::O_RDWR | libc::O_TMPFILE, mode)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.raw_os_error().is_some() => Ok(None),
        Err(forked) => Err(forked),
    }
}

/// Gives a nameless file its name, at once and only if nothing has that name. A sandbox may refuse this.
pub(crate) fn give_name(file: &File, path: &Path) -> io::Result<()> {
    let from = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let to = c_string(path)?;
    // SAFETY: both are C strings that outlive the call.
    answer(unsafe { libc::linkat(libc::AT_FDCWD, from.as_ptr(), libc::AT_FDCWD, to.as_ptr(), libc::AT_SYMLINK_FOLLOW) })
}

/// Renames what `directory` has, at once and only if nothing has the new name.
pub(crate) fn rename_exclusive(directory: libc::c_int, from: &CStr, to: &CStr) -> io::Result<()> {
    // SAFETY: both are C strings that outlive the call. Called by number, since musl lacks the function.
    let done = unsafe {
        libc::syscall(libc::SYS_renameat2, directory, from.as_ptr(), directory, to.as_ptr(), libc::RENAME_NOREPLACE)
    };
    answer(done as libc::c_int)
}

fn answer(zero_if_done: libc::c_int) -> io::Result<()> {
    if zero_if_done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Gives the new file `len` bytes of allocated space. Without it a later store could run out of space, which is a
/// SIGBUS.
pub(crate) fn preallocate(file: &File, len: u64) -> io::Result<()> {
    // Beyond the limit, the kernel does not only refuse: it also sends a signal that kills.
    if len > file_size_limit() {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    match allocate(file, len) {
        // The filesystem cannot do it (ramfs), or a sandbox forbids it. Zeroes that are written get their space, too.
        Err(error) if matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::ENOSYS | libc::EPERM)) => {
            write_zeroes(file, len)
        }
        done => done,
    }
}

/// Allocates by the system call itself. If a filesystem lacks it, some libcs imitate it and others do not.
fn allocate(file: &File, len: u64) -> io::Result<()> {
    const LEAST: u64 = 64 << 10;
    // A signal ends the call, and before Linux 6.8 undoes what it did so far. A timer's signals come again and again,
    // and could keep the call from ever ending. So after each the piece is halved.
    let (mut at, mut piece) = (0, len);
    while at < len {
        let (offset, bytes) = (offset(at)?, offset(piece.min(len - at))?);
        // SAFETY: the descriptor is open as long as `file`.
        match answer(unsafe { libc::fallocate(file.as_raw_fd(), 0, offset, bytes) }) {
            Ok(()) => at += piece,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => piece = (piece / 2).max(LEAST),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes `len` zeroes, one piece after the other, so that a signal costs one piece at most.
fn write_zeroes(file: &File, len: u64) -> io::Result<()> {
    static ZEROES: [u8; 64 << 10] = [0; 64 << 10];
    let mut at = 0;
    while at < len {
        let piece = usize::try_from(len - at).map_or(ZEROES.len(), |left| left.min(ZEROES.len()));
        file.write_all_at(&ZEROES[..piece], at)?;
        at += piece as u64;
    }
    Ok(())
}

fn offset(bytes: u64) -> io::Result<libc::off_t> {
    libc::off_t::try_from(bytes).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))
}

/// Returns the most bytes that a file may have for this process.
fn file_size_limit() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a valid place for the answer. It cannot fail for this limit.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    limit.rlim_cur
}

/// Makes the `len` bytes mapped at `start` present, so that no later access faults. It serves speed alone: a kernel
/// that cannot do it (before 5.14) leaves the faults as they were.
pub(crate) fn prefault(start: NonNull<u8>, len: usize, writable: bool) {
    advise(start, len, if writable { libc::MADV_POPULATE_WRITE } else { libc::MADV_POPULATE_READ });
}

/// Maps a page that is wiped in every child. `None` before Linux 4.14.
pub(crate) fn page_that_children_find_wiped() -> Option<NonNull<u8>> {
    const MADV_WIPEONFORK: libc::c_int = 18; // linux/mman.h, not in every libc
    let (len, flags) = (super::page_size(), libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping.
    let page = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if page == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the page that was mapped above.
    let is_wiped = unsafe { libc::madvise(page, len, MADV_WIPEONFORK) } == 0;
    NonNull::new(page.cast()).filter(|_| is_wiped)
}

/// Keeps children from inheriting what is mapped there (`fork`).
pub(crate) fn do_not_inherit(start: NonNull<u8>, len: usize) -> bool {
    advise(start, len, libc::MADV_DONTFORK)
}

/// Whether this process's user owns `file`, whose owner has the number `id`.
///
/// In a user namespace the number alone does not tell. All users that the namespace does not know have one number there
/// (/proc/sys/kernel/overflowuid, 65534), and a user that it knows may have the same. So two more things must hold: the
/// namespace maps the number, and the kernel takes this process for the owner. To set O_NOATIME is a right of owners.
pub(crate) fn is_owner(file: &File, id: u32) -> io::Result<bool> {
    if id != super::unix::user() || !is_mapped(id) {
        return Ok(false);
    }
    // SAFETY: the descriptor is open as long as `file`, and the command takes none.
    let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFL) };
    if flags == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above, and the command takes a number.
    match answer(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags | libc::O_NOATIME) }) {
        Ok(()) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::EPERM) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the user namespace of this process knows the user `id`. If the kernel does not say, it does.
fn is_mapped(id: u32) -> bool {
    // A line has three numbers: the first user here, that user outside, and how many users follow.
    let Ok(map) = contents("/proc/thread-self/uid_map") else { return true };
    let maps = |line: &str| {
        let numbers: Vec<u64> = line.split_whitespace().map_while(|number| number.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if (first..first + count).contains(&u64::from(id)))
    };
    String::from_utf8_lossy(&map).lines().any(maps)
}

/// Maps `len` bytes of `file` from `offset` on, shared, at addresses where huge pages can be used. `None` if there are
/// no such addresses. Makes system calls and nothing else.
pub(crate) fn map_huge(file: &File, offset: usize, len: usize, writable: bool) -> Option<(NonNull<u8>, Addresses)> {
    // A huge page begins at a multiple of its size, in the file and in memory alike.
    const HUGE: usize = 2 << 20;
    let addresses = Addresses::reserve(len + 2 * HUGE)?;
    let first = addresses.start.as_ptr();
    let start = first.wrapping_add(first.align_offset(HUGE) + offset % HUGE);
    let protection = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
    let flags = libc::MAP_SHARED | libc::MAP_FIXED;
    let from = libc::off_t::try_from(offset).ok()?;
    // SAFETY: I4 (it replaces a part of `addresses`, which nobody else has seen, and whose drop unmaps all of it).
    let mapped = unsafe { libc::mmap(start.cast(), len, protection, flags, file.as_raw_fd(), from) };
    if mapped == libc::MAP_FAILED {
        // Its addresses may be unmapped already, and somebody else's by now. So none of them is unmapped.
        std::mem::forget(addresses);
        return None;
    }
    Some((NonNull::new(start)?, addresses))
}

/// Has the kernel make huge pages of what [`map_huge`] mapped, as far as it can. Memory that it refuses (before 6.1, or
/// on a filesystem without huge pages) stays in small pages. This takes a while.
pub(crate) fn collapse(start: NonNull<u8>, len: usize) {
    advise(start, len, libc::MADV_HUGEPAGE);
    advise(start, len, MADV_COLLAPSE);
}

/// A range of addresses. Its drop unmaps whatever is mapped there.
pub(crate) struct Addresses {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: it only unmaps memory, and touches none.
unsafe impl Send for Addresses {}
// SAFETY: as above.
unsafe impl Sync for Addresses {}

impl Addresses {
    /// Reserves `len` bytes of addresses, without any memory.
    fn reserve(len: usize) -> Option<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping, where there is none.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return None;
        }
        Some(Self { start: NonNull::new(start.cast())?, len })
    }
}

impl Drop for Addresses {
    fn drop(&mut self) {
        // SAFETY: I4 (whoever uses what is mapped there keeps this alive).
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// From linux/mman.h, not in every libc: makes huge pages of what is mapped.
const MADV_COLLAPSE: libc::c_int = 25;

/// Gives the kernel an advice on the `len` bytes mapped at `start`. Returns whether it takes the advice.
fn advise(start: NonNull<u8>, len: usize, advice: libc::c_int) -> bool {
    // SAFETY: the advice changes no contents, and is on what is mapped; the kernel checks the rest.
    unsafe { libc::madvise(start.as_ptr().cast(), len, advice) == 0 }
}
