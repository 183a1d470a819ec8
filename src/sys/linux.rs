//! Linux.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::io::{AsFd, AsRawFd};
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

/// The kernel's futex, shared between processes (T5).
pub(crate) mod futex {
    use std::ptr;
    use std::time::Duration;

    /// Sleeps while the low half of the word at `word` is that of `expected`, until woken or `timeout` has passed. May
    /// return early, for a signal for instance: callers look again.
    pub(crate) fn wait(word: *const u64, expected: u64, timeout: Duration) {
        let timeout = libc::timespec {
            tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: timeout.subsec_nanos() as _,
        };
        // SAFETY: the kernel checks the address; the time is a valid one. FUTEX_WAIT without
        // FUTEX_PRIVATE_FLAG: the waker is another process. Little-endian: the low half stands first.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.cast::<u32>(),
                libc::FUTEX_WAIT,
                expected as u32,
                &timeout as *const libc::timespec,
                ptr::null::<u32>(),
                0u32,
            )
        };
    }

    /// Wakes all who sleep on the word at `word`: the peer may not be the only one (I11).
    pub(crate) fn wake(word: *const u64) {
        // SAFETY: the kernel checks the address.
        unsafe { libc::syscall(libc::SYS_futex, word.cast::<u32>(), libc::FUTEX_WAKE, i32::MAX) };
    }
}

/// The heavy end of the asymmetric fence.
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

    /// Makes this process one whose running threads [`run`] reaches, from whatever process it is called.
    pub(crate) fn register() -> io::Result<()> {
        membarrier(REGISTER_GLOBAL_EXPEDITED)
    }

    /// Makes every running thread of every registered process execute a full barrier.
    ///
    /// Where [`register`] succeeded this does too, unless a sandbox forbids it afterwards; a sleeper may then
    /// miss a wake, and wakes by itself after 50 ms (T4).
    pub(crate) fn run() {
        let _ = membarrier(GLOBAL_EXPEDITED);
    }
}

/// Memory that is a file without a name, and that once it is sealed nobody can make shorter or longer.
pub(crate) mod sealed {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, FromRawFd};

    /// New memory, of no size yet, to be sealed.
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

    /// The same memory by a file description of its own, to which locks belong.
    pub(crate) fn open_again(memory: impl AsFd) -> io::Result<File> {
        let link = format!("/proc/self/fd/{}", memory.as_fd().as_raw_fd());
        OpenOptions::new().read(true).write(true).open(link)
    }

    const SEALS: libc::c_int = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;

    /// Seals the memory at the size it has, for ever.
    pub(crate) fn seal(memory: &File) -> io::Result<()> {
        // SAFETY: the descriptor is open as long as `memory`, and the command takes a number.
        super::answer(unsafe { libc::fcntl(memory.as_raw_fd(), libc::F_ADD_SEALS, SEALS) })
    }

    /// Whether it is sealed.
    pub(crate) fn is_sealed(memory: BorrowedFd<'_>) -> bool {
        // SAFETY: the descriptor is open as long as it is borrowed.
        let seals = unsafe { libc::fcntl(memory.as_raw_fd(), libc::F_GET_SEALS) };
        seals != -1 && seals & SEALS == SEALS
    }
}

/// Whether the file is memory that is shared by its descriptor.
pub(crate) fn needs_no_name(file: &File) -> bool {
    sealed::is_sealed(file.as_fd())
}

/// A new file in `directory` that has no name yet and vanishes with its last descriptor; `None` where the
/// filesystem has no such files, or no way is mounted to name them later.
pub(crate) fn new_nameless(directory: &Path, mode: u32) -> io::Result<Option<File>> {
    if !Path::new("/proc/self/fd").exists() {
        return Ok(None);
    }
    match OpenOptions::new().read(true).write(true).mode(mode).custom_flags(libc::O_TMPFILE).open(directory) {
        Ok(file) => Ok(Some(file)),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives a nameless file its name, at once and only if nothing has that name.
pub(crate) fn give_name(file: &File, path: &Path) -> io::Result<()> {
    let from = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let to = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: both are C strings that outlive the call.
    answer(unsafe { libc::linkat(libc::AT_FDCWD, from.as_ptr(), libc::AT_FDCWD, to.as_ptr(), libc::AT_SYMLINK_FOLLOW) })
}

/// Renames a file, at once and only if nothing has the new name.
pub(crate) fn rename_exclusive(from: &Path, to: &Path) -> io::Result<()> {
    let from = CString::new(from.as_os_str().as_bytes())?;
    let to = CString::new(to.as_os_str().as_bytes())?;
    // SAFETY: both are C strings that outlive the call. The system call itself: musl lacks the function.
    let done = unsafe {
        libc::syscall(
            libc::SYS_renameat2,
            libc::AT_FDCWD,
            from.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::RENAME_NOREPLACE,
        )
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

/// Gives the file `len` bytes, for which there is space: running out of it later would be a SIGBUS.
pub(crate) fn preallocate(file: &File, len: u64) -> io::Result<()> {
    const LEAST: u64 = 64 << 10;
    // Where the limit is exceeded, the kernel does not only refuse, but sends a signal that kills.
    if len > file_size_limit() {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    // A signal ends the call, and before Linux 6.8 undoes what it did so far. So that a timer's, which come again and
    // again, do not keep it from ever ending, each takes it to a smaller piece.
    let (mut at, mut piece) = (0, len);
    while at < len {
        let (offset, bytes) = (offset(at)?, offset(piece.min(len - at))?);
        // SAFETY: the descriptor is open as long as `file`.
        match unsafe { libc::posix_fallocate(file.as_raw_fd(), offset, bytes) } {
            0 => at += piece,
            libc::EINTR => piece = (piece / 2).max(LEAST),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
    Ok(())
}

fn offset(bytes: u64) -> io::Result<libc::off_t> {
    libc::off_t::try_from(bytes).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))
}

/// The most bytes that this process may make a file have.
fn file_size_limit() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: a valid place for the answer. It cannot fail for this limit.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) };
    limit.rlim_cur
}

/// Makes the `len` bytes mapped at `start` present, so that no later access faults. Of use only for speed: a kernel
/// that cannot (before 5.14) leaves the faults where they were.
pub(crate) fn prefault(start: NonNull<u8>, len: usize, writable: bool) {
    advise(start, len, if writable { libc::MADV_POPULATE_WRITE } else { libc::MADV_POPULATE_READ });
}

/// Keeps a child from having what is mapped there (`fork.rs`).
pub(crate) fn do_not_inherit(start: NonNull<u8>, len: usize) {
    advise(start, len, libc::MADV_DONTFORK);
}

/// What a file is on, if two machines may map it there, each with a memory of its own, or if a program stands behind
/// each access to it. If the kernel does not say, it is suitable.
pub(crate) fn unsuitable_filesystem(file: &File) -> Option<&'static str> {
    // SAFETY: plain data, for which zeroes are valid.
    let mut answer: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: the descriptor is open as long as `file`, and the answer is a `statfs`.
    let done = unsafe { libc::fstatfs(file.as_raw_fd(), &mut answer) };
    let of_kind = |&&(magic, _): &&(u32, &str)| magic == answer.f_type as u32;
    (done == 0).then(|| UNSUITABLE.iter().find(of_kind).map(|&(_, name)| name)).flatten()
}

/// By their magic numbers: linux/magic.h, and the sources of those that are not in it.
const UNSUITABLE: [(u32, &str); 15] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x0bd0_0bd0, "Lustre"),
    (0x786f_4256, "a VirtualBox share"),
];

/// Maps `len` bytes of `file` from `offset` on, shared, where huge pages can be used for them, and has the kernel do
/// so as far as it can: what it refuses (before 6.1, or where the filesystem has none) stays in small pages. `None`
/// where there is no such place.
pub(crate) fn map_huge(
    file: &File,
    offset: usize,
    len: usize,
    writable: bool,
) -> Option<(NonNull<u8>, Arc<dyn Send + Sync>)> {
    // A huge page begins at a multiple of its size in the file and in memory alike.
    const HUGE: usize = 2 << 20;
    let addresses = Addresses::reserve(len + 2 * HUGE)?;
    let first = addresses.start.as_ptr();
    let start = first.wrapping_add(first.align_offset(HUGE) + offset % HUGE);
    let protection = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
    let flags = libc::MAP_SHARED | libc::MAP_FIXED;
    let from = libc::off_t::try_from(offset).ok()?;
    // SAFETY: I4 (it replaces a part of `addresses`, which nobody else has seen and which unmaps all of it at its end).
    let mapped = unsafe { libc::mmap(start.cast(), len, protection, flags, file.as_raw_fd(), from) };
    if mapped == libc::MAP_FAILED {
        // It may be unmapped already, and somebody else's by now: nothing of it is unmapped.
        std::mem::forget(addresses);
        return None;
    }
    let start = NonNull::new(start)?;
    advise(start, len, libc::MADV_HUGEPAGE);
    advise(start, len, MADV_COLLAPSE);
    Some((start, Arc::new(addresses)))
}

/// A range of addresses, and whatever is mapped there when this is dropped.
struct Addresses {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: no memory is touched through it but to unmap it.
unsafe impl Send for Addresses {}
// SAFETY: as above.
unsafe impl Sync for Addresses {}

impl Addresses {
    /// Reserves `len` bytes of addresses that no memory stands behind.
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

/// linux/mman.h, not in every libc: makes huge pages of what is mapped.
const MADV_COLLAPSE: libc::c_int = 25;

/// Advises the kernel on the `len` bytes mapped at `start`. It may not know the advice.
fn advise(start: NonNull<u8>, len: usize, advice: libc::c_int) {
    // SAFETY: advice that changes no contents, on what is mapped; the kernel checks the rest.
    let _ = unsafe { libc::madvise(start.as_ptr().cast(), len, advice) };
}
