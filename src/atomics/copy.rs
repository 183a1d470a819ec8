//! Copying between private memory and the ring, even while a peer breaks the rules and writes to the ring.
//!
//! Rust calls it a data race when another thread or process writes to bytes that are being copied, and the compiler may
//! then assume anything. So each access to the ring is a relaxed atomic of a granule, as of a header, or assembly, into
//! which the compiler does not see. The copy may come out as a mixture of old and new bytes. That is harmless: they are
//! bytes, and nothing is assumed of them. In what order they are stored is nobody's promise (T8).
//!
//! Nothing is read or written outside of the `len` bytes on either side.
//!
//! | bytes | how | why |
//! | --- | --- | --- |
//! | up to [`SHORT`]: whole granules | relaxed atomics | a program often fills a struct and pushes it at once |
//! | the first [`FIRST`] of more, into the ring | the same | the same |
//! | others below [`PAST_THE_CACHES`] | [`wide_copy`] | glibc has `rep movsb` from 2 KiB on: up to 3 times slower |
//! | more | `memcpy` | glibc stores past the caches |
//!
//! A processor hands a store that has not reached the cache to a later load only if it covers all of that load. A wide
//! load from a struct that was just filled has to wait for the cache, and so does all that is stored after it.
//!
//! Where there is no assembly for a processor, volatile accesses take its place. ThreadSanitizer and Miri have a
//! `memcpy` of their own in which they see races; AddressSanitizer sees none in assembly. So a part of this is not
//! compiled for them (`miri/copy.rs`). Tests run all of it.

use core::mem::size_of;
use core::sync::atomic::{AtomicU64, Ordering};

#[cfg(miri)]
use super::miri::copy::memcpy;
#[cfg(not(miri))]
use opaque_memcpy as memcpy;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use opaque_memcpy as wide_copy;

/// The most bytes that are copied by granules. More would take longer that way.
const SHORT: usize = 128;
/// The first bytes of a longer message, which go into the ring by granules, too: programs often fill them last.
const FIRST: usize = 64;
const _: () = assert!(FIRST <= SHORT && FIRST % GRANULE == 0);
/// From this length on, `memcpy` copies everything.
const PAST_THE_CACHES: usize = 512 << 10;
/// Bytes that are copied at once.
const GRANULE: usize = size_of::<u64>();
/// Whether a tool looks on that sees a race in its own `memcpy` alone.
const SEES_RACES: bool = cfg!(any(miri, tsan));
/// Whether a tool looks on that does not see into assembly.
const SEES_ACCESSES: bool = cfg!(any(asan, miri, tsan));

/// Copies `len` bytes of private memory into the ring.
///
/// # Safety
/// `from` is valid for reads of `len` bytes, `ring` for writes of `len` bytes, and they do not overlap. Another process
/// may access the ring meanwhile.
#[inline]
pub(super) unsafe fn copy_in(from: *const u8, ring: *mut u8, len: usize) {
    let copied = match len {
        _ if !has_granules(ring) || len >= PAST_THE_CACHES => 0,
        // SAFETY: within the `len` bytes of the caller's promise.
        0..=SHORT => unsafe { granules_in(from, ring, len - len % GRANULE) },
        // SAFETY: as above. For this number there is no loop.
        _ => unsafe { granules_in(from, ring, FIRST) },
    };
    if copied < len {
        // SAFETY: the caller's promise, of what is left.
        unsafe { copy(from.wrapping_add(copied), ring.wrapping_add(copied), len - copied) };
    }
}

/// Copies `len` bytes of private memory into the ring, by granules. Returns `len`.
///
/// # Safety
/// As [`copy_in`]. In the ring whole granules are copied.
#[inline(always)]
unsafe fn granules_in(from: *const u8, ring: *mut u8, len: usize) -> usize {
    for at in granules(len) {
        // SAFETY: within the `len` bytes of the caller's promise.
        let granule = unsafe { from.wrapping_add(at).cast::<u64>().read_unaligned() };
        // SAFETY: as above. It is aligned, since `ring` is.
        unsafe { &*ring.wrapping_add(at).cast::<AtomicU64>() }.store(granule, Ordering::Relaxed);
    }
    len
}

/// Copies `len` bytes of the ring to private memory.
///
/// # Safety
/// `ring` is valid for reads of `len` bytes, `to` for writes of `len` bytes, and they do not overlap. Another process
/// may access the ring meanwhile.
#[inline]
pub(super) unsafe fn copy_out(ring: *const u8, to: *mut u8, len: usize) {
    if len > SHORT || !has_granules(ring) {
        // SAFETY: the caller's promise.
        return unsafe { copy(ring, to, len) };
    }
    let copied = len - len % GRANULE;
    for at in granules(copied) {
        // SAFETY: within the `len` bytes of the caller's promise. It is aligned, since `ring` is.
        let granule = unsafe { &*ring.wrapping_add(at).cast::<AtomicU64>() }.load(Ordering::Relaxed);
        // SAFETY: within the `len` bytes of the caller's promise.
        unsafe { to.wrapping_add(at).cast::<u64>().write_unaligned(granule) };
    }
    if copied < len {
        // SAFETY: the caller's promise, of what is left.
        unsafe { copy(ring.wrapping_add(copied), to.wrapping_add(copied), len - copied) };
    }
}

/// Whether what stands here in the ring is copied by granules: it begins with one, and no tool sees races. What a grant
/// is written may begin within a granule.
#[inline(always)]
fn has_granules(ring: *const u8) -> bool {
    ring as usize % GRANULE == 0 && !SEES_RACES
}

/// Returns where each granule of `len` bytes begins.
#[inline(always)]
fn granules(len: usize) -> impl Iterator<Item = usize> {
    (0..len / GRANULE).map(|granule| granule * GRANULE)
}

/// Copies `len` bytes, to the ring or from it.
///
/// # Safety
/// As [`copy_in`] or [`copy_out`].
#[inline(never)]
unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    if len < PAST_THE_CACHES && !SEES_ACCESSES {
        // SAFETY: the caller's promise.
        unsafe { wide_copy(from, to, len) };
    } else {
        // SAFETY: the caller's promise.
        unsafe { memcpy(from, to, len) };
    }
}

/// Copies `len` bytes, 64 at a time, and the rest by 32, 16, 8, 4, 2 and 1.
///
/// # Safety
/// As [`copy`].
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn wide_copy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller's promise. The places grow by what was copied. After the loop `len` is less than 0 by what is
    // missing to another 64 bytes, so its low 6 bits tell what is left.
    unsafe {
        core::arch::asm!(
            "sub {len}, 64",
            "jb 3f",
            "2:",
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "add {from}, 64",
            "movups [{to}], {a}",
            "movups [{to} + 16], {b}",
            "movups [{to} + 32], {c}",
            "movups [{to} + 48], {d}",
            "add {to}, 64",
            "sub {len}, 64",
            "jae 2b",
            "3:",
            "test {len:l}, 32",
            "jz 4f",
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "add {from}, 32",
            "movups [{to}], {a}",
            "movups [{to} + 16], {b}",
            "add {to}, 32",
            "4:",
            "test {len:l}, 16",
            "jz 5f",
            "movups {a}, [{from}]",
            "add {from}, 16",
            "movups [{to}], {a}",
            "add {to}, 16",
            "5:",
            "test {len:l}, 8",
            "jz 6f",
            "mov {word}, [{from}]",
            "add {from}, 8",
            "mov [{to}], {word}",
            "add {to}, 8",
            "6:",
            "test {len:l}, 4",
            "jz 7f",
            "mov {word:e}, [{from}]",
            "add {from}, 4",
            "mov [{to}], {word:e}",
            "add {to}, 4",
            "7:",
            "test {len:l}, 2",
            "jz 8f",
            "mov {word:x}, [{from}]",
            "add {from}, 2",
            "mov [{to}], {word:x}",
            "add {to}, 2",
            "8:",
            "test {len:l}, 1",
            "jz 9f",
            "mov {word:l}, [{from}]",
            "mov [{to}], {word:l}",
            "9:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            len = inout(reg) len => _,
            word = out(reg) _,
            a = out(xmm_reg) _,
            b = out(xmm_reg) _,
            c = out(xmm_reg) _,
            d = out(xmm_reg) _,
            options(nostack),
        );
    }
}

/// Copies `len` bytes, 64 at a time, and the rest by 32, 16, 8, 4, 2 and 1.
///
/// # Safety
/// As [`copy`].
#[cfg(target_arch = "aarch64")]
#[inline]
unsafe fn wide_copy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: as for x86-64.
    unsafe {
        core::arch::asm!(
            "subs {len}, {len}, #64",
            "b.lo 3f",
            "2:",
            "ldp {a:q}, {b:q}, [{from}], #32",
            "ldp {c:q}, {d:q}, [{from}], #32",
            "stp {a:q}, {b:q}, [{to}], #32",
            "stp {c:q}, {d:q}, [{to}], #32",
            "subs {len}, {len}, #64",
            "b.hs 2b",
            "3:",
            "tbz {len}, #5, 4f",
            "ldp {a:q}, {b:q}, [{from}], #32",
            "stp {a:q}, {b:q}, [{to}], #32",
            "4:",
            "tbz {len}, #4, 5f",
            "ldr {a:q}, [{from}], #16",
            "str {a:q}, [{to}], #16",
            "5:",
            "tbz {len}, #3, 6f",
            "ldr {word}, [{from}], #8",
            "str {word}, [{to}], #8",
            "6:",
            "tbz {len}, #2, 7f",
            "ldr {word:w}, [{from}], #4",
            "str {word:w}, [{to}], #4",
            "7:",
            "tbz {len}, #1, 8f",
            "ldrh {word:w}, [{from}], #2",
            "strh {word:w}, [{to}], #2",
            "8:",
            "tbz {len}, #0, 9f",
            "ldrb {word:w}, [{from}]",
            "strb {word:w}, [{to}]",
            "9:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            len = inout(reg) len => _,
            word = out(reg) _,
            a = out(vreg) _,
            b = out(vreg) _,
            c = out(vreg) _,
            d = out(vreg) _,
            options(nostack),
        );
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

#[cfg(all(test, not(miri)))]
mod tests {
    use super::*;
    use memmap2::MmapMut;

    type Copy = unsafe fn(*const u8, *mut u8, usize);

    const COPIES: [(&str, Copy); 2] = [("into the ring", copy_in), ("out of the ring", copy_out)];
    const PAGE: usize = 4096;

    fn any_bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 7 + at / 251) as u8 | 1).collect()
    }

    /// Copies `len` bytes from one place to another, and fails unless they are there, and nothing else has changed.
    fn copies(
        (name, copy): (&str, Copy),
        (source, from): (&[u8], usize),
        (target, to): (&mut [u8], usize),
        len: usize,
    ) {
        target.fill(0);
        // SAFETY: both are long enough.
        unsafe { copy(source[from..].as_ptr(), target[to..].as_mut_ptr(), len) };
        let is_right = target[to..to + len] == source[from..from + len];
        let is_all = target[..to].iter().chain(&target[to + len..]).all(|byte| *byte == 0);
        assert!(is_right && is_all, "{name}: {len} bytes, {from} to {to}");
    }

    fn at_all_offsets(lengths: impl Iterator<Item = usize> + Clone, longest: usize) {
        let (source, mut target) = (any_bytes(longest + 8), vec![0; longest + 16]);
        for copy in COPIES {
            for (from, to) in (0..8).flat_map(|from| (0..8).map(move |to| (from, to))) {
                for len in lengths.clone() {
                    copies(copy, (&source, from), (&mut target[..len + 16], to), len);
                }
            }
        }
    }

    #[test]
    fn every_length_up_to_a_page_is_copied_at_every_offset_and_nothing_beside_it() {
        at_all_offsets(0..=PAGE, PAGE);
    }

    #[test]
    fn the_lengths_around_each_threshold_are_copied_at_every_offset() {
        let around = |threshold: usize| [threshold - 9, threshold - 1, threshold, threshold + 1, threshold + 9];
        for threshold in [SHORT, PAST_THE_CACHES, PAST_THE_CACHES + FIRST] {
            at_all_offsets(around(threshold).into_iter(), threshold + 9);
        }
    }

    /// A page between two that nobody may touch.
    fn page_between_walls(page: usize) -> MmapMut {
        let mut pages = MmapMut::map_anon(3 * page).unwrap();
        for wall in [0, 2 * page] {
            // SAFETY: the pages are this test's, and it does not touch these.
            let walled = unsafe { libc::mprotect(pages[wall..].as_mut_ptr().cast(), page, libc::PROT_NONE) };
            assert_eq!(walled, 0);
        }
        pages
    }

    #[test]
    fn no_byte_before_or_after_the_message_is_touched_on_either_side() {
        let page = crate::sys::page_size();
        let (mut from, mut to) = (page_between_walls(page), page_between_walls(page));
        let (from, to) = (&mut from[page..2 * page], &mut to[page..2 * page]);
        from.copy_from_slice(&any_bytes(page));
        for copy in COPIES {
            for len in 0..=page {
                let edges = [0, page - len];
                for (at, other) in edges.iter().flat_map(|at| edges.map(|other| (*at, other))) {
                    copies(copy, (from, at), (to, other), len);
                }
            }
        }
    }
}
