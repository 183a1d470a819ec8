//! The copy as Miri sees it, which runs no assembly. A test holds it to what `memcpy` does.
//!
//! It is a copy like any other, so Miri reports each race with it: all that the cursors have to order. A view, and a
//! peer that breaks the protocol, race it by design. In a ring where one does ([`may_be_raced`]) it goes by granules,
//! each of them a relaxed atomic. Then Miri has it return old granules or new ones, as the orderings allow.

use core::ops::Range;
use core::ptr::copy_nonoverlapping;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

// What takes the assembly's place. Named here, so that Miri's build does not report it as unused.
const _: unsafe fn(*const u8, *mut u8, usize) = crate::atomics::copy::opaque_memcpy;

/// Where the bytes begin that may be raced, and where they end. Relaxed: they are stored before there are threads.
static RACED: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

/// Says that whoever copies to or from these bytes may be raced from here on, and nobody who copies others.
pub(in crate::atomics) fn may_be_raced(bytes: Range<usize>) {
    RACED[0].store(bytes.start, Ordering::Relaxed);
    RACED[1].store(bytes.end, Ordering::Relaxed);
}

fn is_raced(at: *const u8) -> bool {
    let [start, end] = [0, 1].map(|end| RACED[end].load(Ordering::Relaxed));
    (start..end).contains(&(at as usize))
}

/// Copies `len` bytes.
///
/// # Safety
/// As `copy`. Bytes that may be raced lie in whole granules that are valid, too.
pub(in crate::atomics) unsafe fn memcpy(from: *const u8, to: *mut u8, len: usize) {
    if is_raced(to) {
        for (granule, within, at) in granules(to, len) {
            // SAFETY: the caller's promise.
            let granule = unsafe { &*granule };
            let mut word = granule.load(Ordering::Relaxed).to_ne_bytes();
            let copy = &mut word[within];
            // SAFETY: the caller's promise: these are among the `len` bytes.
            unsafe { copy_nonoverlapping(from.wrapping_add(at), copy.as_mut_ptr(), copy.len()) };
            granule.store(u64::from_ne_bytes(word), Ordering::Relaxed);
        }
    } else if is_raced(from) {
        for (granule, within, at) in granules(from, len) {
            // SAFETY: the caller's promise.
            let word = unsafe { &*granule }.load(Ordering::Relaxed).to_ne_bytes();
            let source = &word[within];
            // SAFETY: the caller's promise: these are among the `len` bytes.
            unsafe { copy_nonoverlapping(source.as_ptr(), to.wrapping_add(at), source.len()) };
        }
    } else {
        // SAFETY: the caller's promise.
        unsafe { copy_nonoverlapping(from, to, len) };
    }
}

/// Returns the granules that the `len` bytes at `start` touch. With each, which of its bytes are among them, and where
/// they stand there.
fn granules(start: *const u8, len: usize) -> impl Iterator<Item = (*const AtomicU64, Range<usize>, usize)> {
    let before = start as usize % 8;
    (0..before + len).step_by(8).map(move |at| {
        let within = before.saturating_sub(at)..8.min(before + len - at);
        let granule = start.wrapping_sub(before).wrapping_add(at).cast();
        (granule, within.clone(), at + within.start - before)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::array::from_fn;

    const GRANULES: usize = 6;
    /// What is copied from, and what to.
    type Memories = [[AtomicU64; GRANULES]; 2];

    fn memories() -> Memories {
        from_fn(|which| from_fn(|at| AtomicU64::new((1 + at + which * GRANULES) as u64 * 0x0102_0304_0506_0708)))
    }

    fn place(memory: &[AtomicU64; GRANULES]) -> *mut u8 {
        memory.as_ptr().cast_mut().cast()
    }

    /// What stands in both once `len` bytes were copied by `copy`, where one of the two may be raced, or neither.
    fn copied(
        copy: unsafe fn(*const u8, *mut u8, usize),
        raced: Option<usize>,
        (from, to, len): (usize, usize, usize),
    ) -> [[u64; GRANULES]; 2] {
        let memories = memories();
        let start = raced.map_or(0, |which| place(&memories[which]) as usize);
        may_be_raced(start..start + if start == 0 { 0 } else { 8 * GRANULES });
        let [source, destination] = [place(&memories[0]).wrapping_add(from), place(&memories[1]).wrapping_add(to)];
        // SAFETY: at most 8 bytes before as many as are copied, at most 32, in memory of 48 bytes.
        unsafe { copy(source, destination, len) };
        memories.map(|memory| memory.map(AtomicU64::into_inner))
    }

    #[test]
    fn the_copy_that_miri_sees_does_what_memcpy_does() {
        for len in 0..=32 {
            for (from, to) in (0..8).flat_map(|from| (0..8).map(move |to| (from, to))) {
                let expected = copied(crate::atomics::copy::opaque_memcpy, None, (from, to, len));
                for raced in [None, Some(0), Some(1)] {
                    assert_eq!(
                        copied(memcpy, raced, (from, to, len)),
                        expected,
                        "{len} bytes, {from} to {to}, {raced:?}"
                    );
                }
            }
        }
    }
}
