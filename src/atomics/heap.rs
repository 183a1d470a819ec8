//! What the two models' arms have in common: a heap block in place of the mapping.

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::sync::atomic::AtomicU64 as Unseen;
use std::sync::Arc;
use std::time::Duration;

use super::checker::sync::atomic::AtomicU64;
use super::fate::{step, unwinding};
use super::order::Ordering;
use crate::sys::{self, Loss};

type WaysToWait = (fn(*const u64, u64, Duration), fn(*const u64), fn(), fn() -> Duration);
type WaysToAsk = (fn(&sys::Name) -> Option<Loss>, fn(&sys::lock::Held) -> bool);

// What only the production arm calls: named here, so that a model's build does not take it for dead.
const _: WaysToWait = (sys::futex::wait, sys::futex::wake, sys::membarrier::run, sys::monotonic);
const _: WaysToAsk = (sys::Name::loss, sys::lock::Held::is_forked);

/// Whatever keeps shared memory alive.
pub(crate) type Owner = Arc<dyn Send + Sync>;

/// Why a model cannot map a ring.
pub(crate) fn unmappable() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "this build runs under a model checker, whose rings live on the heap: build without --cfg loom or shuttle",
    )
}

/// A ring's bytes on the heap. Accesses are checked against its bounds.
#[derive(Clone)]
pub(crate) struct Block(Arc<Turns<Box<[UnsafeCell<u8>]>>>);

/// What a model's threads may touch in turn, though the compiler cannot know that they take turns.
pub(crate) struct Turns<T>(pub(crate) T);

// SAFETY: a model runs its threads one at a time and switches only at the engine's own operations, of which
// there is none inside an access to the block. That the protocol keeps the sides apart is what the models check.
unsafe impl<T> Send for Turns<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Turns<T> {}

impl Block {
    pub(crate) fn new(len: usize) -> Self {
        Self(Arc::new(Turns((0..len).map(|_| UnsafeCell::new(0)).collect())))
    }

    pub(crate) fn write(&self, index: usize, source: &[u8]) {
        // SAFETY: no other reference to these bytes is used while this one is: see above.
        unsafe { self.slice_mut(index, source.len()) }.copy_from_slice(source);
    }

    pub(crate) fn read(&self, index: usize, len: usize, buffer: &mut Vec<u8>) {
        buffer.clear();
        // SAFETY: as above.
        buffer.extend_from_slice(unsafe { self.slice(index, len) });
    }

    /// The `len` bytes at `index`, where they stand.
    ///
    /// # Safety
    /// I3: nobody writes them in all of `'a`. I4: a clone of this block outlives it.
    pub(crate) unsafe fn slice<'a>(&self, index: usize, len: usize) -> &'a [u8] {
        // SAFETY: within the block, and the caller's promise.
        unsafe { std::slice::from_raw_parts(self.at(index, len), len) }
    }

    /// The `len` bytes at `index`, where they stand, to be written.
    ///
    /// # Safety
    /// I3: nobody else touches them in all of `'a`. I4: a clone of this block outlives it.
    #[allow(clippy::mut_from_ref)] // What the cells are for.
    pub(crate) unsafe fn slice_mut<'a>(&self, index: usize, len: usize) -> &'a mut [u8] {
        // SAFETY: within the block, and the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.at(index, len), len) }
    }

    /// Where the `len` bytes at `index` begin, which must be within the block.
    fn at(&self, index: usize, len: usize) -> *mut u8 {
        UnsafeCell::raw_get(self.0 .0[index..index + len].as_ptr())
    }
}

// An engine runs all threads of a model on the thread that called it, and switches at no construction.
thread_local! {
    static IN_SIGHT: Cell<bool> = const { Cell::new(false) };
}

/// Makes a ring that somebody looks on at. What an onlooker reads of it, figures and bytes, are words of the engine:
/// each access is a step of the model. Where nobody looks on they are none, since no side depends on them.
pub(crate) fn in_sight<T>(make: impl FnOnce() -> T) -> T {
    IN_SIGHT.with(|in_sight| in_sight.set(true));
    let made = make();
    IN_SIGHT.with(|in_sight| in_sight.set(false));
    made
}

/// Whether somebody looks on at what is made now.
pub(crate) fn is_in_sight() -> bool {
    IN_SIGHT.with(Cell::get)
}

/// A word for onlookers, which its side alone changes.
pub(crate) enum Figure {
    InSight(AtomicU64),
    Unseen(Unseen),
}

impl Figure {
    pub(crate) fn new(value: u64) -> Self {
        if is_in_sight() {
            Figure::InSight(AtomicU64::new(value))
        } else {
            Figure::Unseen(Unseen::new(value))
        }
    }

    pub(crate) fn get(&self) -> u64 {
        match self {
            _ if unwinding() => 0,
            Figure::InSight(word) => {
                step();
                word.load(Ordering::Relaxed)
            }
            Figure::Unseen(word) => word.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn set(&self, value: u64) {
        match self {
            _ if unwinding() => {}
            Figure::InSight(word) => {
                step();
                word.store(value, Ordering::Relaxed);
            }
            Figure::Unseen(word) => word.store(value, Ordering::Relaxed),
        }
    }
}

/// The word that 8 bytes mean.
pub(crate) fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("a word has 8 bytes"))
}
