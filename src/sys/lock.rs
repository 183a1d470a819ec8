//! Locks that tell whether a process lives.
//!
//! They belong to an open file description. Such a lock is held until the last descriptor of its description is closed,
//! and the kernel closes them all when a process dies. PIDs and their namespaces play no part.

use std::fs::File;
use std::io;
use std::os::unix::io::AsRawFd;
use std::sync::Arc;

use super::fork::{Descriptor, Gate};

/// A range of bytes of a file, locked as one.
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

/// A lock, held until this is dropped. The drop releases it by a call of its own. Otherwise a child that another thread
/// starts just then would keep the lock, by its copy of the descriptor.
pub(crate) struct Held {
    file: Arc<Descriptor>,
    range: Range,
}

impl Held {
    /// Whether this process was forked by the one that took the lock.
    pub(crate) fn is_forked(&self) -> bool {
        self.file.is_forked()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The lock is the parent's, and the number may be another file's by now.
        if self.is_forked() {
            return;
        }
        // This fails only for an invalid descriptor, which has no lock.
        let _ = fcntl(&self.file, libc::F_OFD_SETLK, &mut request(self.range, libc::F_UNLCK as _));
    }
}

/// Takes the lock on all of `range`, at once. If any of it is locked, takes nothing and returns `None`. See
/// [`explained`] for its errors.
pub(crate) fn acquire(_inside: &Gate, file: &Arc<Descriptor>, range: Range) -> io::Result<Option<Held>> {
    match fcntl(file, libc::F_OFD_SETLK, &mut request(range, libc::F_WRLCK as _)) {
        Ok(()) => Ok(Some(Held { file: Arc::clone(file), range })),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts an error of [`acquire`] into words, where the system has none. Called outside the gate, since texts need
/// memory.
pub(crate) fn explained(error: io::Error) -> io::Error {
    if error.raw_os_error() == Some(libc::EINVAL) {
        let why = "this system lacks open-file-description locks; Linux has them since 3.15";
        return io::Error::new(io::ErrorKind::Unsupported, why);
    }
    error
}

/// Returns the range of a lock that another description holds on `range`; it may reach beyond. If the kernel does not
/// say, returns `range`: a living peer must never be called dead.
pub(crate) fn held_by_another(file: &File, range: Range) -> Option<Range> {
    let mut answer = request(range, libc::F_WRLCK as _);
    match fcntl(file, libc::F_OFD_GETLK, &mut answer) {
        Ok(()) if answer.l_type == libc::F_UNLCK as libc::c_short => None,
        Ok(()) => Some(Range { first: answer.l_start, len: answer.l_len }),
        Err(_) => Some(range),
    }
}
