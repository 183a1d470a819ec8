//! The parts that all Unixes share.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::io::FromRawFd;
use std::path::Path;
use std::ptr;
use std::time::Duration;

/// The clock that runs while the system does (on macOS: while it is awake).
#[cfg(not(target_os = "macos"))]
const MONOTONIC: libc::clockid_t = libc::CLOCK_MONOTONIC;
#[cfg(target_os = "macos")]
const MONOTONIC: libc::clockid_t = libc::CLOCK_UPTIME_RAW;

/// Returns a path in the form that system calls take.
pub(crate) fn c_string(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// Opens a file that programs started by this process do not inherit. Makes a system call and nothing else.
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

/// The identity of a file among all others: its device, and its number on that device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity(libc::dev_t, libc::ino_t);

impl Identity {
    /// Returns the identity of a file. `ask` fills in the answer of a `stat`, or returns an error.
    pub(super) fn of(ask: impl FnOnce(*mut libc::stat) -> libc::c_int) -> io::Result<Self> {
        let mut found = MaybeUninit::<libc::stat>::uninit();
        if ask(found.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call succeeded, so the answer was filled in.
        let found = unsafe { found.assume_init() };
        Ok(Self(found.st_dev, found.st_ino))
    }

    /// Returns the identity of the file with this descriptor, if there is one.
    pub(super) fn of_open(descriptor: libc::c_int) -> io::Result<Self> {
        // SAFETY: a place for the answer; the kernel checks the number.
        Self::of(|found| unsafe { libc::fstat(descriptor, found) })
    }
}

/// Returns the number of the calling thread within this process, which is never 0.
pub(super) fn this_thread() -> usize {
    // SAFETY: asks for a number, or an address, and cannot fail.
    unsafe { libc::pthread_self() as usize }
}

/// Pauses for a short while, in which a thread inside the gate may make its system call.
pub(super) fn pause() {
    nap(Duration::from_micros(50));
}

/// Sleeps for a time, where nothing could wake the sleeper. If a sandbox refuses that, yields until the time has
/// passed; the standard library would panic.
#[allow(clippy::disallowed_methods)] // No model runs this: it waits for files, not for a peer.
pub(crate) fn nap(duration: Duration) {
    let begin = monotonic();
    loop {
        let left = duration.saturating_sub(monotonic().saturating_sub(begin));
        let time = libc::timespec { tv_sec: left.as_secs() as _, tv_nsec: left.subsec_nanos() as _ };
        // SAFETY: a valid time, and no place for what is left of it.
        if left.is_zero() || unsafe { libc::nanosleep(&time, ptr::null_mut()) } == 0 {
            return;
        }
        std::thread::yield_now();
    }
}

/// Reads the system's monotonic clock. Nobody can set it, and all processes read it alike, except those of another time
/// namespace.
pub(crate) fn monotonic() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place for the answer. It cannot fail for a clock that every system has.
    unsafe { libc::clock_gettime(MONOTONIC, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Reads the 16 bytes of a UUID from a text, which may end in a newline.
pub(super) fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let mut digits = text.iter().filter(|&&letter| letter != b'-').map(|&letter| char::from(letter).to_digit(16));
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = (digits.next()?? << 4 | digits.next()??) as u8;
    }
    digits.next().is_none().then_some(bytes)
}

/// Returns the user whose rights this process has.
pub(super) fn user() -> u32 {
    // SAFETY: asks for a number, and cannot fail.
    unsafe { libc::geteuid() }
}

/// Returns the size of a page of memory in bytes.
pub(crate) fn page_size() -> usize {
    // SAFETY: asks for a constant.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    // The call cannot fail for this constant. If it did: no page is smaller than 4096 bytes.
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
