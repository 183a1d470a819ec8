//! Standard input and output, as this process inherited them.
//!
//! Before `main`, Rust's runtime opens `/dev/null` in place of each one that is closed. Then `recv` would silently
//! write to nowhere, and `send` would silently send nothing. So this module looks at them before the runtime does.

use std::fmt;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc;

use crate::error::Error;

/// Standard input or standard output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standard {
    Input,
    Output,
}

/// Whether descriptors 0 and 1 were closed when the program was loaded.
static WERE_CLOSED: [AtomicBool; 2] = [AtomicBool::new(false), AtomicBool::new(false)];

/// Makes the loader call `when_loaded`, before Rust's runtime does anything.
#[used]
#[cfg_attr(target_os = "linux", link_section = ".init_array")]
#[cfg_attr(target_os = "macos", link_section = "__DATA,__mod_init_func")]
static WHEN_LOADED: extern "C" fn() = when_loaded;

extern "C" fn when_loaded() {
    for (descriptor, was_closed) in WERE_CLOSED.iter().enumerate() {
        // SAFETY: fcntl gets plain numbers.
        let flags = unsafe { libc::fcntl(descriptor as RawFd, libc::F_GETFD) };
        was_closed.store(flags == -1, Ordering::Relaxed);
    }
}

impl Standard {
    /// Returns a duplicate of it, or an error if it is closed or open the wrong way.
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
        // SAFETY: the runtime has opened both, and nothing in this program closes them.
        unsafe { BorrowedFd::borrow_raw(if self == Standard::Input { 0 } else { 1 }) }
    }

    /// Returns whether the descriptor is open for reading or writing, as needed. True if the system does not say.
    fn is_its_way(self, descriptor: BorrowedFd<'_>) -> bool {
        // SAFETY: fcntl gets plain numbers, and the descriptor is open.
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
