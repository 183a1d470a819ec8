//! The largest piece of memory that a thread has asked for: what a lie about a length must not drive beyond the ring.
//!
//! This is the allocator of the whole program, for there can be but one. It is the system's, with a note.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Noting;

#[global_allocator]
static NOTING: Noting = Noting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// The most bytes that this thread has asked for at once since this was called last.
pub fn take_largest() -> usize {
    LARGEST.replace(0)
}

fn note(size: usize) {
    // A thread that is ending may allocate after its cells are gone. It watches nothing any more.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
}

// SAFETY: all of it is done by the system's allocator; the note takes no memory.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(start, layout, size) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(start, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_piece_is_noted_once() {
        take_largest();
        let (large, small) = (vec![1u8; 5000], vec![1u8; 50]);
        assert_eq!((take_largest(), large.len() + small.len()), (5000, 5050));
        assert_eq!(take_largest(), 0);
        let mut grown = Vec::<u8>::with_capacity(10);
        grown.reserve_exact(7000);
        assert_eq!(take_largest(), 7000);
    }
}
