//! The gate that keeps the forks of this process apart from threads that open or drop rings. And a pool and a mark that
//! a forked child can read at any time.
//!
//! None of this has a part in the protocol, and no model runs it. So the atomics here are not the facade's.
//!
//! Any number of threads (up to [`PLACES`]) are inside the gate at once. A fork waits for a moment when none is inside,
//! and nobody enters while it is going on:
//!
//! ```text
//!    a thread that enters                        a thread that forks
//!    1. its place <- its number                  1. going <- going + 1
//!    2. going is 0? else leave, wait, again      2. all places empty? else going <- going - 1, wait, again
//! ```
//!
//! All four steps are sequentially consistent, so at least one of the two threads sees the other. A thread that enters
//! lets waiting forks go first, but only for a limited time. Another thread may be inside for long, and wait for one
//! that wants to enter.
//!
//! A thread inside waits for no fork, and does not fork itself: no signal handler runs there but a fault's
//! (`sys/signals.rs`). In some libcs all forks wait for the one that waits at this gate. A handler that forked inside
//! would wait for that one, and its thread would never leave.

#![allow(clippy::disallowed_types)]

use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// The threads that can be inside at once. More of them wait.
const PLACES: usize = 64;
/// Marks the place of a thread that forks, and that keeps nobody waiting. It is the lowest bit of the thread's number,
/// which is free: the number is an aligned address.
const FORKS: usize = 1;

/// The pauses of a thread that enters, for forks that wait.
const COURTESY: u32 = 100;
/// The most pauses of a thread that enters, for a fork that is going on. The thread that forks may be in a handler of
/// the user's, and wait there for what this thread has. These are some seconds; no fork takes so long by itself.
const PATIENCE: u32 = 20_000;
/// The most pauses of a fork for threads inside. Their system calls may never return.
const LONG_PATIENCE: u32 = 100_000;

pub(crate) struct Gate {
    inside: [AtomicUsize; PLACES],
    /// The number of forks that wait.
    waiting: AtomicUsize,
    /// The number of forks that are going on, or about to.
    going: AtomicUsize,
    /// Whether a thread has waited too long for a fork that is going on, and enters all the same.
    overrun: AtomicBool,
}

/// A place inside the gate, which a thread has.
pub(crate) struct Place(usize);

impl Gate {
    pub(crate) const fn new() -> Self {
        #[allow(clippy::declare_interior_mutable_const)] // Each place is a copy of its own.
        const EMPTY: AtomicUsize = AtomicUsize::new(0);
        Self {
            inside: [EMPTY; PLACES],
            waiting: AtomicUsize::new(0),
            going: AtomicUsize::new(0),
            overrun: AtomicBool::new(false),
        }
    }

    /// Lets `thread` in, the calling one, after the forks that are going on. Calls `pause` between two attempts.
    /// Returns `None` if the thread is inside already, or is forking itself.
    pub(crate) fn enter(&self, thread: usize, pause: impl Fn()) -> Option<Place> {
        if self.inside.iter().any(|place| place.load(Ordering::SeqCst) & !FORKS == thread) {
            return None;
        }
        let mut pauses = 0;
        loop {
            if pauses == PATIENCE {
                self.overrun.store(true, Ordering::SeqCst);
            }
            let is_going = || self.going.load(Ordering::SeqCst) > 0 && !self.overrun.load(Ordering::SeqCst);
            if is_going() || (pauses < COURTESY && self.waiting.load(Ordering::SeqCst) > 0) {
                pauses += 1;
                pause();
                continue;
            }
            if let Some(place) = self.take_a_place(thread) {
                if !is_going() {
                    return Some(place);
                }
                self.leave(place);
            }
            pauses += 1;
            pause();
        }
    }

    pub(crate) fn leave(&self, place: Place) {
        self.inside[place.0].store(0, Ordering::SeqCst);
    }

    fn take_a_place(&self, whose: usize) -> Option<Place> {
        let take = |place: &AtomicUsize| place.compare_exchange(0, whose, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        self.inside.iter().position(take).map(Place)
    }

    /// Waits until `thread`, the calling one, can fork: until no other thread is inside. From then on nobody enters,
    /// until [`has_forked`](Self::has_forked).
    pub(crate) fn may_fork(&self, thread: usize, pause: impl Fn()) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // Lets this thread enter while it forks: a handler of the user's may drop a ring.
        let _ = self.take_a_place(thread | FORKS);
        // The thread itself may be inside: no mask keeps out the handler of a fault, and that handler may fork.
        let is_in_the_way = |place: &AtomicUsize| match place.load(Ordering::SeqCst) {
            0 => false,
            other => other & FORKS == 0 && other != thread,
        };
        for pauses in 0.. {
            self.going.fetch_add(1, Ordering::SeqCst);
            if pauses == LONG_PATIENCE || !self.inside.iter().any(is_in_the_way) {
                return decrement(&self.waiting);
            }
            decrement(&self.going);
            pause();
        }
    }

    /// Ends the fork of `thread`, in the parent.
    pub(crate) fn has_forked(&self, thread: usize) {
        if let Some(own) = self.inside.iter().find(|place| place.load(Ordering::SeqCst) == thread | FORKS) {
            own.store(0, Ordering::SeqCst);
        }
        self.overrun.store(false, Ordering::SeqCst);
        decrement(&self.going);
    }

    /// Ends the fork in the child, which has no other thread.
    pub(crate) fn reset_in_child(&self) {
        for place in &self.inside {
            place.store(0, Ordering::SeqCst);
        }
        self.overrun.store(false, Ordering::SeqCst);
        self.waiting.store(0, Ordering::SeqCst);
        self.going.store(0, Ordering::SeqCst);
    }
}

/// A mark that is gone in a forked child: a byte in a page that the kernel wipes there. It does not matter whether the
/// child's handlers ran.
pub(crate) struct ForkMark(AtomicPtr<AtomicBool>);

impl ForkMark {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Sets the mark at `page`.
    ///
    /// # Safety
    /// I16: the page is mapped for writing, for ever, and the kernel wipes it in a child.
    pub(crate) unsafe fn set_at(&self, page: *mut u8) {
        let mark = page.cast::<AtomicBool>();
        // SAFETY: the caller's promise.
        unsafe { &*mark }.store(true, Ordering::Relaxed);
        self.0.store(mark, Ordering::Release);
    }

    /// Whether the mark is gone. `None` if it was never set.
    pub(crate) fn is_gone(&self) -> Option<bool> {
        // SAFETY: I16 (`set_at`).
        let mark = unsafe { self.0.load(Ordering::Acquire).as_ref() };
        mark.map(|mark| !mark.load(Ordering::Relaxed))
    }

    /// Sets the mark again, for the children of this child.
    pub(crate) fn renew(&self) {
        // SAFETY: I16 (`set_at`).
        if let Some(mark) = unsafe { self.0.load(Ordering::Acquire).as_ref() } {
            mark.store(true, Ordering::Relaxed);
        }
    }
}

/// Counts one fork less. A child forgets the forks that had begun, so the count may be 0 already.
fn decrement(forks: &AtomicUsize) {
    let _ = forks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |forks| forks.checked_sub(1));
}

/// A pool of entries that are taken and given back, and never freed. So a walk through them works at any time, whatever
/// other threads do meanwhile.
pub(crate) struct Pool<T: 'static>(AtomicPtr<Entry<T>>);

pub(crate) struct Entry<T: 'static> {
    is_taken: AtomicBool,
    next: Option<&'static Entry<T>>,
    pub(crate) value: T,
}

impl<T> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Returns all entries, also those that nobody has.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'static Entry<T>> {
        // SAFETY: I16 (an entry is never freed).
        let first: Option<&'static Entry<T>> = unsafe { self.0.load(Ordering::Acquire).as_ref() };
        core::iter::successors(first, |entry| entry.next)
    }

    /// Takes an entry that nobody has. If there is none, adds one with the value `new`.
    pub(crate) fn take(&self, new: impl FnOnce() -> T) -> &'static Entry<T> {
        let take = |entry: &&Entry<T>| !entry.is_taken.swap(true, Ordering::Acquire);
        if let Some(entry) = self.entries().find(take) {
            return entry;
        }
        let entry = Box::leak(Box::new(Entry { is_taken: AtomicBool::new(true), next: None, value: new() }));
        loop {
            let first = self.0.load(Ordering::Acquire);
            // SAFETY: I16 (an entry is never freed).
            entry.next = unsafe { first.as_ref() };
            let new: *mut Entry<T> = entry;
            if self.0.compare_exchange(first, new, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                // SAFETY: I16 (an entry is never freed); from here on it is shared.
                return unsafe { &*new };
            }
        }
    }
}

impl<T> Entry<T> {
    /// Gives the entry back: others may take it.
    pub(crate) fn give_back(&self) {
        self.is_taken.store(false, Ordering::Release);
    }
}
