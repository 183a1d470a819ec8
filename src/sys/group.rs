//! Groups of users: a group's number, and a file that is given to a group.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::io::AsRawFd;
use std::ptr;

/// Returns the number of the group with this name.
pub(crate) fn number(name: &str) -> io::Result<u32> {
    /// The most bytes that a group's members may take: some groups have tens of thousands of them.
    const MOST: usize = 16 << 20;
    let unknown = || {
        let why = format!("there is no group {name:?}; pass one that `getent group` lists, or a number");
        io::Error::new(io::ErrorKind::NotFound, why)
    };
    let Ok(c_name) = CString::new(name) else { return Err(unknown()) };
    let mut text = vec![0; 1024];
    loop {
        let (mut group, mut found) = (MaybeUninit::<libc::group>::uninit(), ptr::null_mut());
        // SAFETY: a C string, places for the answers, and one for as many bytes as it is said to have.
        let error =
            unsafe { libc::getgrnam_r(c_name.as_ptr(), group.as_mut_ptr(), text.as_mut_ptr(), text.len(), &mut found) };
        match error {
            // SAFETY: it was found, so it was filled in.
            0 if !found.is_null() => return Ok(unsafe { group.assume_init() }.gr_gid),
            // Some systems say in these ways that there is none.
            0 | libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM => return Err(unknown()),
            libc::ERANGE if text.len() < MOST => text.resize(2 * text.len(), 0),
            libc::EINTR => {}
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// Gives the file to a group.
pub(super) fn give(file: &File, group: u32) -> io::Result<()> {
    if group == libc::gid_t::MAX {
        // This number is no group: to the system it means "no change".
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the descriptor is open as long as `file`; this user stays the owner.
    match unsafe { libc::fchown(file.as_raw_fd(), libc::uid_t::MAX, group) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
