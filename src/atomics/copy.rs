//! Copying between the ring and memory of one's own, while the peer may be writing to the ring against the rules.
//!
//! For the compiler, a copy that another process writes to meanwhile would be a data race, of which anything may come.
//! So it does not see one: the copy is the system's `memcpy`, called from assembly, of which all it knows is that it
//! may have read and written memory. What arrives may be a mixture of what was there and what is; it is bytes all the
//! same, and nothing has been assumed of them. How it stores them is its own affair (T8). (Sanitizers see it, by the
//! `memcpy` that they put in its place.)

/// The most that is copied at once. From 2 KiB on, glibc uses `rep movsb`, which where we measured it took up to three
/// times as long as what it does for less.
const PIECE: usize = 1 << 10;
/// But from here on everything is: glibc goes past the caches then, which was as fast again.
const PAST_THE_CACHES: usize = 512 << 10;

/// Copies `len` bytes.
///
/// # Safety
/// `from` is valid for reads of `len` bytes and `to` for writes, and they do not overlap. One of them may be written to
/// by another process meanwhile.
#[inline]
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    if len > PIECE {
        // SAFETY: the caller's promise.
        unsafe { copy_in_pieces(from, to, len) };
    } else {
        // SAFETY: the caller's promise.
        unsafe { opaque_memcpy(from, to, len) };
    }
}

/// Copies `len` bytes that are more than a piece.
///
/// # Safety
/// As [`copy`].
#[cold]
unsafe fn copy_in_pieces(from: *const u8, to: *mut u8, len: usize) {
    let piece = if len < PAST_THE_CACHES { PIECE } else { len };
    for at in (0..len).step_by(piece) {
        let (from, to) = (from.wrapping_add(at), to.wrapping_add(at));
        // SAFETY: within the `len` bytes of the caller's promise.
        unsafe { opaque_memcpy(from, to, piece.min(len - at)) };
    }
}

/// The call of `memcpy`, as the compiler calls what is in another library: without a detour where the linker knows no
/// other way. A macro each, since Rust 1.70 has no attributes within `asm!`.
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
macro_rules! call_memcpy {
    () => {
        "call qword ptr [rip + {memcpy}@GOTPCREL]"
    };
}
#[cfg(all(target_arch = "x86_64", not(target_os = "linux")))]
macro_rules! call_memcpy {
    () => {
        "call {memcpy}"
    };
}

/// `memcpy`, into which the compiler does not see.
///
/// # Safety
/// As [`copy`].
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn opaque_memcpy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller's promise; the call keeps to the C convention, whose registers are given up. Without
    // `nostack`, the stack is aligned as a call wants it.
    unsafe {
        core::arch::asm!(
            call_memcpy!(),
            memcpy = sym libc::memcpy,
            inout("rdi") to => _,
            inout("rsi") from => _,
            inout("rdx") len => _,
            clobber_abi("C"),
        );
    }
}

/// `memcpy`, into which the compiler does not see.
///
/// # Safety
/// As [`copy`].
#[cfg(target_arch = "aarch64")]
#[inline]
unsafe fn opaque_memcpy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: as for x86-64.
    unsafe {
        core::arch::asm!(
            "bl {memcpy}",
            memcpy = sym libc::memcpy,
            inout("x0") to => _,
            inout("x1") from => _,
            inout("x2") len => _,
            clobber_abi("C"),
        );
    }
}

/// `memcpy` by volatile accesses, a byte each: slow, on processors that nobody has asked for yet.
///
/// # Safety
/// As [`copy`].
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn opaque_memcpy(from: *const u8, to: *mut u8, len: usize) {
    for at in 0..len {
        // SAFETY: within the `len` bytes of the caller's promise.
        let byte = unsafe { core::ptr::read_volatile(from.add(at)) };
        // SAFETY: as above.
        unsafe { core::ptr::write_volatile(to.add(at), byte) };
    }
}
