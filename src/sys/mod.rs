//! The edge to the operating system: one file a platform, of the same items, and what all Unixes share.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::io::FromRawFd;
use std::path::Path;
use std::time::Duration;

// What a port would have to keep: among others, that 64-bit words are not torn (T6).
#[cfg(not(unix))]
compile_error!("ipc_ring needs Unix: it maps files and locks them by open file description");
#[cfg(not(target_pointer_width = "64"))]
compile_error!("ipc_ring needs a 64-bit target: positions are 64-bit atomics, and a ring may take 2 GiB");
#[cfg(not(target_endian = "little"))]
compile_error!(
    "ipc_ring needs a little-endian target: the futex compares the low half of a cursor where it stands first"
);
#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
compile_error!("ipc_ring runs on Linux and macOS: for another Unix, add a file beside src/sys/linux.rs");

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod platform;

#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod platform;

mod draft;
pub(crate) mod fork;
pub(crate) mod group;
mod name;
mod signals;

pub(crate) use draft::Draft;
pub(crate) use name::{Loss, Name};

/// The filesystem that no option allows.
pub(crate) const HUGETLBFS: &str = "hugetlbfs";

#[cfg(target_os = "linux")]
pub(crate) use platform::sealed;
pub(crate) use platform::{
    boot_id, collapse, futex, holder_is_stopped, is_owner, map_huge, membarrier, preallocate, prefault, random,
    unsuitable_filesystem, Addresses,
};

/// Locks by open file description: held until the last descriptor of the description is closed, which the
/// kernel does when a process dies, and blind to PIDs and their namespaces.
pub(crate) mod lock {
    use std::fs::File;
    use std::io;
    use std::os::unix::io::AsRawFd;
    use std::sync::Arc;

    use super::fork::{Descriptor, Gate};

    /// Bytes of a file that are locked together.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub(crate) struct Range {
        pub(crate) first: libc::off_t,
        pub(crate) len: libc::off_t,
    }

    fn request(range: Range, kind: libc::c_int) -> libc::flock {
        // SAFETY: `flock` is plain data, for which zeroes are valid.
        let mut request: libc::flock = unsafe { core::mem::zeroed() };
        request.l_type = kind as _;
        request.l_whence = libc::SEEK_SET as _;
        (request.l_start, request.l_len) = (range.first, range.len);
        request
    }

    fn fcntl(file: &File, command: libc::c_int, request: &mut libc::flock) -> io::Result<()> {
        // SAFETY: the descriptor is open as long as `file`, and the command takes a `flock`.
        let answer = unsafe { libc::fcntl(file.as_raw_fd(), command, request as *mut libc::flock) };
        if answer == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// A lock that is held, and released when this is dropped. It is released explicitly: a copy of the descriptor in a
    /// child that another thread is just starting would keep it.
    pub(crate) struct Held {
        file: Arc<Descriptor>,
        range: Range,
    }

    impl Held {
        /// Whether this process was forked from the one that took the lock.
        pub(crate) fn is_forked(&self) -> bool {
            self.file.is_forked()
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            // The lock is the parent's, and the descriptor may be another file's.
            if self.is_forked() {
                return;
            }
            // Fails only if the descriptor were invalid, and then there is no lock.
            let _ = fcntl(&self.file, libc::F_OFD_SETLK, &mut request(self.range, libc::F_UNLCK as _));
        }
    }

    /// Takes the lock on all of `range`, at once; `None`, and nothing is taken, if any of it is. See [`explained`]
    /// for its errors.
    pub(crate) fn acquire(_inside: &Gate, file: &Arc<Descriptor>, range: Range) -> io::Result<Option<Held>> {
        match fcntl(file, libc::F_OFD_SETLK, &mut request(range, libc::F_WRLCK as _)) {
            Ok(()) => Ok(Some(Held { file: Arc::clone(file), range })),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The error of [`acquire`], in words where the system has none. Outside the gate, for words need memory.
    pub(crate) fn explained(error: io::Error) -> io::Error {
        if error.raw_os_error() == Some(libc::EINVAL) {
            let why = "there are no locks by open file description here, which Linux has from 3.15 on";
            return io::Error::new(io::ErrorKind::Unsupported, why);
        }
        error
    }

    /// What another description has locked of `range`, and beyond it by the same lock. If the kernel does not say, all
    /// of it is taken to be: a living peer is never called dead.
    pub(crate) fn held_by_another(file: &File, range: Range) -> Option<Range> {
        let mut answer = request(range, libc::F_WRLCK as _);
        match fcntl(file, libc::F_OFD_GETLK, &mut answer) {
            Ok(()) if answer.l_type == libc::F_UNLCK as libc::c_short => None,
            Ok(()) => Some(Range { first: answer.l_start, len: answer.l_len }),
            Err(_) => Some(range),
        }
    }
}

/// A path as system calls take it.
pub(crate) fn c_string(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// Opens a file, closed for programs that this process starts. Makes a system call and nothing else.
pub(crate) fn open(path: &CStr, flags: libc::c_int, mode: u32) -> io::Result<File> {
    loop {
        // SAFETY: a C string; the kernel checks the rest.
        let descriptor = unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC, mode) };
        if descriptor != -1 {
            // SAFETY: it is new, and nobody else's.
            return Ok(unsafe { File::from_raw_fd(descriptor) });
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// The number of the calling thread, of those of this process. It is not 0.
fn this_thread() -> usize {
    // SAFETY: asks for a number, or an address, and cannot fail.
    unsafe { libc::pthread_self() as usize }
}

/// Lets some time go by until the thread that is inside the gate has made its system call.
fn pause() {
    nap(Duration::from_micros(50));
}

/// Sleeps, where there is nothing that anybody could be woken by.
#[allow(clippy::disallowed_methods)] // No model comes here: it is files that are waited for, not a peer.
pub(crate) fn nap(duration: Duration) {
    std::thread::sleep(duration);
}

/// What the system's monotonic clock says, which nobody can set and all processes read alike (those of a time namespace
/// apart).
pub(crate) fn monotonic() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place for the answer. It cannot fail for a clock that every system has.
    unsafe { libc::clock_gettime(platform::MONOTONIC, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The 16 bytes that a UUID in text means, which may end in a newline.
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let mut digits = text.iter().filter(|&&letter| letter != b'-').map(|&letter| char::from(letter).to_digit(16));
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = (digits.next()?? << 4 | digits.next()??) as u8;
    }
    digits.next().is_none().then_some(bytes)
}

/// The user whose rights this process has.
fn user() -> u32 {
    // SAFETY: asks for a number, and cannot fail.
    unsafe { libc::geteuid() }
}

/// The size of a page of memory in bytes.
pub(crate) fn page_size() -> usize {
    // SAFETY: asks for a constant.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    // The call cannot fail for this name; a page is never smaller than this.
    usize::try_from(size).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_32_hexadecimal_digits_and_nothing_else_is() {
        let bytes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF];
        for text in ["01234567-89ab-cdef-0123-456789ABCDEF\n", "0123456789abcdef0123456789abcdef"] {
            assert_eq!(uuid(text.as_bytes()), Some(bytes));
        }
        let (short, long) = ("01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef0");
        for text in ["", "\n", short, long, "0123456g-89ab-cdef-0123-456789abcdef", "none"] {
            assert_eq!(uuid(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_monotonic_clock_goes_on() {
        let before = monotonic();
        std::iter::repeat_with(monotonic).find(|&now| now > before).unwrap();
    }
}
