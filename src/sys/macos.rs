//! macOS: the same items as `linux.rs`. Type-checked with every change; nobody has run it yet (see the end of
//! SAFETY.md).

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::unix::io::AsRawFd;
use std::path::Path;
use std::ptr::NonNull;

use super::fork::Descriptor;

/// Returns the id of this boot, which no other boot has; zeroes if the system does not say.
pub(crate) fn boot_id() -> io::Result<[u8; 16]> {
    let mut text = [0u8; 64];
    let mut len = text.len();
    let name = b"kern.bootsessionuuid\0".as_ptr().cast();
    // SAFETY: a C string, a place for the answer, and one for its length.
    let done = unsafe { libc::sysctlbyname(name, text.as_mut_ptr().cast(), &mut len, std::ptr::null_mut(), 0) };
    let text = text.get(..len).filter(|_| done == 0).and_then(|text| text.strip_suffix(b"\0"));
    Ok(text.and_then(super::unix::uuid).unwrap_or_default())
}

/// Returns random bytes.
pub(crate) fn random() -> io::Result<[u8; 16]> {
    let mut bytes = [0u8; 16];
    // SAFETY: a place for as many bytes.
    answer(unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), bytes.len()) }).map(|()| bytes)
}

/// The kernel's wait on an address, shared between processes (T5): `os_sync_wait_on_address` from 14.4 on, and before
/// that the call beneath it, which every system has.
pub(crate) mod futex {
    use std::ffi::c_void;
    use std::mem;
    use std::sync::OnceLock;
    use std::time::Duration;

    type Wait = unsafe extern "C" fn(*mut c_void, u64, libc::size_t, u32, u32, u64) -> libc::c_int;
    type Wake = unsafe extern "C" fn(*mut c_void, libc::size_t, u32) -> libc::c_int;

    // bsd/sys/ulock.h in the sources of xnu
    const UL_COMPARE_AND_WAIT64_SHARED: u32 = 6;
    const ULF_WAKE_ALL: u32 = 0x100;
    const ULF_NO_ERRNO: u32 = 0x0100_0000;

    extern "C" {
        fn __ulock_wait(operation: u32, address: *mut c_void, value: u64, timeout_us: u32) -> libc::c_int;
        fn __ulock_wake(operation: u32, address: *mut c_void, value: u64) -> libc::c_int;
    }

    /// Returns the public functions, if this system has both. A program linked against them would not start on a system
    /// without them.
    fn public() -> Option<(Wait, Wake)> {
        static FOUND: OnceLock<Option<(Wait, Wake)>> = OnceLock::new();
        *FOUND.get_or_init(|| {
            // SAFETY: both names are C strings.
            let wait =
                unsafe { libc::dlsym(libc::RTLD_DEFAULT, b"os_sync_wait_on_address_with_timeout\0".as_ptr().cast()) };
            // SAFETY: as above.
            let wake = unsafe { libc::dlsym(libc::RTLD_DEFAULT, b"os_sync_wake_by_address_all\0".as_ptr().cast()) };
            if wait.is_null() || wake.is_null() {
                return None;
            }
            // SAFETY: the function of this name has this type (os/os_sync_wait_on_address.h).
            let wait = unsafe { mem::transmute::<*mut c_void, Wait>(wait) };
            // SAFETY: as above.
            let wake = unsafe { mem::transmute::<*mut c_void, Wake>(wake) };
            Some((wait, wake))
        })
    }

    /// Sleeps while the word at `word` is `expected`, until a wake or until `timeout` has passed. May return early:
    /// callers look again.
    pub(crate) fn wait(word: *const u64, expected: u64, timeout: Duration) {
        let address = word.cast_mut().cast();
        if let Some((wait, _)) = public() {
            let nanoseconds = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX).max(1);
            let (flags, clock) = (libc::OS_SYNC_WAIT_ON_ADDRESS_SHARED, libc::OS_CLOCK_MACH_ABSOLUTE_TIME);
            // SAFETY: the kernel checks the address.
            unsafe { wait(address, expected, 8, flags, clock, nanoseconds) };
        } else {
            // Zero would mean "for ever".
            let microseconds = u32::try_from(timeout.as_micros()).unwrap_or(u32::MAX).max(1);
            // SAFETY: the kernel checks the address.
            unsafe { __ulock_wait(UL_COMPARE_AND_WAIT64_SHARED | ULF_NO_ERRNO, address, expected, microseconds) };
        }
    }

    /// Wakes all who sleep on the word at `word`: the peer may not be the only one (I11).
    pub(crate) fn wake(word: *const u64) {
        let address = word.cast_mut().cast();
        if let Some((_, wake)) = public() {
            // SAFETY: the kernel checks the address.
            unsafe { wake(address, 8, libc::OS_SYNC_WAKE_BY_ADDRESS_SHARED) };
        } else {
            let operation = UL_COMPARE_AND_WAIT64_SHARED | ULF_WAKE_ALL | ULF_NO_ERRNO;
            // SAFETY: the kernel checks the address.
            unsafe { __ulock_wake(operation, address, 0) };
        }
    }
}

/// The heavy fence of the asymmetric mode, which this system lacks: its rings use the symmetric mode.
pub(crate) mod membarrier {
    use std::io;

    /// Returns an error always.
    pub(crate) fn register() -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Never called: no ring is opened in the asymmetric mode.
    pub(crate) fn run() {}
}

/// Returns `None` always: this system has no files without a name.
pub(crate) fn new_nameless(_directory: &Path, _mode: u32) -> io::Result<Option<Descriptor>> {
    Ok(None)
}

/// Never called: see [`new_nameless`].
pub(crate) fn give_name(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Renames a file, at once and only if nothing has the new name.
pub(crate) fn rename_exclusive(directory: libc::c_int, from: &CStr, to: &CStr) -> io::Result<()> {
    // SAFETY: both are C strings that outlive the call.
    answer(unsafe { libc::renameatx_np(directory, from.as_ptr(), directory, to.as_ptr(), libc::RENAME_EXCL) })
}

/// Gives the file `len` bytes of allocated space. Without it a later store could run out of space, which is a SIGBUS.
pub(crate) fn preallocate(file: &File, len: u64) -> io::Result<()> {
    let bytes = libc::off_t::try_from(len).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
    let mut request = libc::fstore_t {
        fst_flags: libc::F_ALLOCATEALL,
        fst_posmode: libc::F_PEOFPOSMODE,
        fst_offset: 0,
        fst_length: bytes,
        fst_bytesalloc: 0,
    };
    // SAFETY: the descriptor is open as long as `file`, and the command takes an `fstore_t`.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_PREALLOCATE, &mut request as *mut libc::fstore_t) };
    if done == -1 {
        return Err(io::Error::last_os_error());
    }
    file.set_len(len)
}

/// Does nothing: no call here makes pages present without touching them, so their first access faults.
pub(crate) fn prefault(_start: NonNull<u8>, _len: usize, _writable: bool) {}

/// How to open a directory in which names are looked up: for reading, since this system has no `O_PATH`.
pub(crate) const LOOKS_UP: libc::c_int = 0;

/// Returns `None` always: this system has no such page.
pub(crate) fn page_that_children_find_wiped() -> Option<NonNull<u8>> {
    None
}

/// Keeps children from inheriting what is mapped there (`fork`).
pub(crate) fn do_not_inherit(start: NonNull<u8>, len: usize) -> bool {
    // mach/vm_inherit.h
    const VM_INHERIT_NONE: libc::c_int = 2;
    // SAFETY: changes no contents; the kernel checks the rest.
    unsafe { libc::minherit(start.as_ptr().cast(), len, VM_INHERIT_NONE) == 0 }
}

/// Returns `None` always: nothing here says who has a lock.
pub(crate) fn holder_is_stopped(_file: &File, _range: super::lock::Range) -> Option<bool> {
    None
}

/// Returns the name of the filesystem of `file`, if it does not keep what was allocated (T2). If the kernel does not
/// name it, it suits.
pub(crate) fn unsuitable_filesystem(file: &File) -> Option<&'static str> {
    // SAFETY: plain data, for which zeroes are valid.
    let mut answer: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: the descriptor is open as long as `file`, and the answer is a `statfs`.
    let done = unsafe { libc::fstatfs(file.as_raw_fd(), &mut answer) };
    let name = answer.f_fstypename.map(|byte| byte as u8);
    if done != 0 || [&b"apfs\0"[..], b"hfs\0"].iter().any(|keeping| name.starts_with(keeping)) {
        None
    } else if answer.f_flags & libc::MNT_LOCAL as u32 == 0 {
        Some("a network filesystem")
    } else {
        Some("a filesystem not known to keep it")
    }
}

/// Whether this process's user owns `file`, whose owner has the number `id`. This system has no user namespaces.
pub(crate) fn is_owner(_file: &File, id: u32) -> io::Result<bool> {
    Ok(id == super::unix::user())
}

/// Returns `None` always: files have no huge pages here.
pub(crate) fn map_huge(_file: &File, _offset: usize, _len: usize, _writable: bool) -> Option<(NonNull<u8>, Addresses)> {
    None
}

/// Never called: see [`map_huge`].
pub(crate) fn collapse(_start: NonNull<u8>, _len: usize) {}

/// The type of what [`map_huge`] never returns.
pub(crate) enum Addresses {}

fn answer(zero_if_done: libc::c_int) -> io::Result<()> {
    if zero_if_done == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
