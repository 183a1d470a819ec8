//! Copying between the ring and private memory, even while a peer breaks the rules and writes to the ring.
//!
//! Rust calls it a data race when another thread or process writes to bytes that are being copied, and the compiler may
//! then assume anything. So the compiler must not see the copy. It is the system's `memcpy`, called from assembly: all
//! that the compiler knows is that this call may have read and written memory. The copy may come out as a mixture of
//! old and new bytes. That is harmless: they are bytes, and nothing is assumed of them.
//!
//! In what order `memcpy` stores the bytes is its own affair (T8). Sanitizers do see the copy, since they put a
//! `memcpy` of their own in its place. Miri runs no assembly, and sees the copy in `miri/copy.rs`.

#[cfg(miri)]
use super::miri::copy::memcpy;
#[cfg(not(miri))]
use opaque_memcpy as memcpy;

/// The most bytes that one call copies. From 2 KiB on glibc uses `rep movsb`, which took up to three times as long
/// where we measured it.
const PIECE: usize = 1 << 10;
/// From this length on, one call copies everything: glibc then stores past the caches, which was faster still.
const PAST_THE_CACHES: usize = 512 << 10;

/// Copies `len` bytes.
///
/// # Safety
/// `from` is valid for reads of `len` bytes, `to` for writes of `len` bytes, and they do not overlap. Another process
/// may write to one of them meanwhile.
#[inline]
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    if len > PIECE {
        // SAFETY: the caller's promise.
        unsafe { copy_in_pieces(from, to, len) };
    } else {
        // SAFETY: the caller's promise.
        unsafe { memcpy(from, to, len) };
    }
}

/// Copies `len` bytes, which are more than a piece.
///
/// # Safety
/// As [`copy`].
#[cold]
unsafe fn copy_in_pieces(from: *const u8, to: *mut u8, len: usize) {
    let piece = if len < PAST_THE_CACHES { PIECE } else { len };
    for at in (0..len).step_by(piece) {
        let (from, to) = (from.wrapping_add(at), to.wrapping_add(at));
        // SAFETY: within the `len` bytes of the caller's promise.
        unsafe { memcpy(from, to, piece.min(len - at)) };
    }
}

/// The call of `memcpy`, as the compiler itself calls a function of another library. On Linux it goes through the
/// address in the global offset table, so that the linker adds no stub. It is a macro, since Rust 1.70 has no
/// attributes within `asm!`.
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

/// Calls `memcpy` out of the compiler's sight.
///
/// # Safety
/// As [`copy`].
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) unsafe fn opaque_memcpy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller's promise; the call follows the C convention, and all registers that it may change are
    // declared as changed. Without `nostack`, the stack is aligned as a call needs it.
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

/// Calls `memcpy` out of the compiler's sight.
///
/// # Safety
/// As [`copy`].
#[cfg(target_arch = "aarch64")]
#[inline]
pub(super) unsafe fn opaque_memcpy(from: *const u8, to: *mut u8, len: usize) {
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

/// `memcpy` by volatile accesses, a byte each. It is slow: nobody has asked for these processors yet.
///
/// # Safety
/// As [`copy`].
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) unsafe fn opaque_memcpy(from: *const u8, to: *mut u8, len: usize) {
    for at in 0..len {
        // SAFETY: within the `len` bytes of the caller's promise.
        let byte = unsafe { core::ptr::read_volatile(from.add(at)) };
        // SAFETY: as above.
        unsafe { core::ptr::write_volatile(to.add(at), byte) };
    }
}
