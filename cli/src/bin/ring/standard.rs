//! The standard input and output, as this process was given them.
//!
//! Rust's runtime opens `/dev/null` in the place of each that is closed, before `main`: what is received would go
//! nowhere, and what is sent would end at once, without a word. So they are looked at before it does.

use std::fmt;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc;

use crate::error::Error;

/// One of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standard {
    Input,
    Output,
}

/// Which were closed when the program was loaded, by their descriptors.
static WERE_CLOSED: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];

/// Has it looked at when the program is loaded: before Rust's runtime does anything.
#[used]
#[cfg_attr(target_os = "linux", link_section = ".init_array")]
#[cfg_attr(target_os = "macos", link_section = "__DATA,__mod_init_func")]
static WHEN_LOADED: extern "C" fn() = when_loaded;

extern "C" fn when_loaded() {
    for (descriptor, was_closed) in WERE_CLOSED.iter().enumerate() {
        // SAFETY: plain numbers.
        let flags = unsafe { libc::fcntl(descriptor as RawFd, libc::F_GETFD) };
        was_closed.store(flags == -1, Ordering::Relaxed);
    }
}

impl Standard {
    /// A file of its own for it; an error where it is closed, or open and of no use.
    pub fn file(self) -> Result<File, Error> {
        let descriptor = self.descriptor();
        if WERE_CLOSED[descriptor.as_raw_fd() as usize].load(Ordering::Relaxed) {
            return Err(Error::Closed { standard: self });
        }
        if !self.is_its_way(descriptor) {
            return Err(Error::WrongWay { standard: self });
        }
        let doing = || format!("use the {self}");
        descriptor.try_clone_to_owned().map(File::from).map_err(|error| Error::system(doing())(error))
    }

    fn descriptor(self) -> BorrowedFd<'static> {
        // SAFETY: the runtime sees to it that they are open, and nothing here closes them.
        unsafe { BorrowedFd::borrow_raw(if self == Standard::Input { 0 } else { 1 }) }
    }

    /// Whether the descriptor is open for that. Where the system does not say, the first call will.
    fn is_its_way(self, descriptor: BorrowedFd<'_>) -> bool {
        // SAFETY: plain numbers, and an open descriptor.
        let flags = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_GETFL) };
        let other = if self == Standard::Input { libc::O_WRONLY } else { libc::O_RDONLY };
        #[cfg(target_os = "linux")]
        let is_a_mere_name = flags & libc::O_PATH != 0;
        #[cfg(not(target_os = "linux"))]
        let is_a_mere_name = false;
        flags == -1 || flags & libc::O_ACCMODE != other && !is_a_mere_name
    }
}

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Standard::Input => "standard input",
            Standard::Output => "standard output",
        })
    }
}
