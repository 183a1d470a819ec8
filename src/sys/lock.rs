//! Locks by open file description: held until the last descriptor of the description is closed, which the
//! kernel does when a process dies, and blind to PIDs and their namespaces.

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
