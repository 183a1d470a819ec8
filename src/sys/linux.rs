//! Linux.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::io::AsRawFd;
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

    /// Wakes the one side that may sleep on the word at `word`.
    pub(crate) fn wake(word: *const u64) {
        // SAFETY: the kernel checks the address.
        unsafe { libc::syscall(libc::SYS_futex, word.cast::<u32>(), libc::FUTEX_WAKE, 1i32) };
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
    let len = libc::off_t::try_from(len).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
    loop {
        // SAFETY: the descriptor is open as long as `file`.
        match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, len) } {
            0 => return Ok(()),
            libc::EINTR => continue,
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// Makes the `len` bytes mapped at `start` present, so that no later access faults. Of use only for speed: a kernel
/// that cannot (before 5.14) leaves the faults where they were.
pub(crate) fn prefault(start: NonNull<u8>, len: usize, writable: bool) {
    advise(start, len, if writable { libc::MADV_POPULATE_WRITE } else { libc::MADV_POPULATE_READ });
}

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
