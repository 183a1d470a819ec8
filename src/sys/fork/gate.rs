//! What keeps the forks of this process apart from what its threads do with their rings' files: a gate, and a pool
//! that a fork can read at any time. Neither has a part in the protocol, and no model comes here, so the atomics are
//! not the facade's.
//!
//! Any number of threads are inside the gate at once. A fork waits for a moment when none is, and while it is going on
//! nobody enters:
//!
//! ```text
//!    a thread that enters                       a thread that forks
//!    its place <- its number                    going <- going + 1
//!    going is 0?  else leave, and wait          all places are empty?  else going <- going - 1, and wait
//! ```
//!
//! All four are sequentially consistent, so at least one of the two sees the other. Who enters lets the forks that
//! wait go first, and for a limited time: a thread may be inside for long, and what it waits for may want to enter.
//!
//! A thread inside waits for no fork, and does not fork: no signal handler runs there (`sys/signals.rs`). In some libcs
//! all forks wait for the one that waits here, so a handler's fork would, and its thread would never leave.

#![allow(clippy::disallowed_types)]

use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// The threads that can be inside at once. Others wait.
const PLACES: usize = 64;
/// The mark of a thread that forks, and is in nobody's way: the lowest bit of its number, which is an aligned address.
const FORKS: usize = 1;

/// How many times a thread that enters pauses for forks that wait.
const COURTESY: u32 = 100;
/// How many times a thread that enters pauses at most for a fork that is going on: whoever forks may be waiting for
/// what this thread has, in a handler of the user's. That is some seconds, which no fork takes by itself.
const PATIENCE: u32 = 20_000;
/// How many times a fork pauses at most for threads inside, whose system calls may never return.
const LONG_PATIENCE: u32 = 100_000;

pub(crate) struct Gate {
    inside: [AtomicUsize; PLACES],
    /// The forks that wait.
    waiting: AtomicUsize,
    /// The forks that are going on, or are about to.
    going: AtomicUsize,
    /// Whether a thread has lost its patience with those that are going on.
    overrun: AtomicBool,
}

/// A thread's place inside.
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

    /// Lets `thread` in, which is the calling one, after the forks that are going on; `None` if it is inside already,
    /// or is forking itself. `pause` is called between two attempts.
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

    /// Waits until `thread`, which is the calling one, can fork: until no other is inside. Nobody enters from then
    /// on, until [`has_forked`](Self::has_forked).
    pub(crate) fn may_fork(&self, thread: usize, pause: impl Fn()) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // So that this thread can enter while it forks: a handler of the user's may drop a ring.
        let _ = self.take_a_place(thread | FORKS);
        // Its own thread is inside where the handler of a fault forks, which no mask keeps out.
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

    /// The fork of `thread` is over, in the parent.
    pub(crate) fn has_forked(&self, thread: usize) {
        if let Some(own) = self.inside.iter().find(|place| place.load(Ordering::SeqCst) == thread | FORKS) {
            own.store(0, Ordering::SeqCst);
        }
        self.overrun.store(false, Ordering::SeqCst);
        decrement(&self.going);
    }

    /// The fork is over, in the child, which has no other thread.
    pub(crate) fn reset_in_child(&self) {
        for place in &self.inside {
            place.store(0, Ordering::SeqCst);
        }
        self.overrun.store(false, Ordering::SeqCst);
        self.waiting.store(0, Ordering::SeqCst);
        self.going.store(0, Ordering::SeqCst);
    }
}

/// What is gone in a child that was forked, whether its handlers ran or not: a byte in a page that the kernel wipes
/// there.
pub(crate) struct ForkMark(AtomicPtr<AtomicBool>);

impl ForkMark {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Sets the mark at `page`.
    ///
    /// # Safety
    /// I16: it is mapped for writing, for ever, and the kernel wipes it in a child.
    pub(crate) unsafe fn set_at(&self, page: *mut u8) {
        let mark = page.cast::<AtomicBool>();
        // SAFETY: the caller's promise.
        unsafe { &*mark }.store(true, Ordering::Relaxed);
        self.0.store(mark, Ordering::Release);
    }

    /// Whether the mark is gone. `None` where there never was one.
    pub(crate) fn is_gone(&self) -> Option<bool> {
        // SAFETY: I16 (`set_at`).
        let mark = unsafe { self.0.load(Ordering::Acquire).as_ref() };
        mark.map(|mark| !mark.load(Ordering::Relaxed))
    }

    /// Sets it again, for the children of this child.
    pub(crate) fn renew(&self) {
        // SAFETY: I16 (`set_at`).
        if let Some(mark) = unsafe { self.0.load(Ordering::Acquire).as_ref() } {
            mark.store(true, Ordering::Relaxed);
        }
    }
}

/// Counts a fork less. In a child those that had begun are forgotten, so there may be none.
fn decrement(forks: &AtomicUsize) {
    let _ = forks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |forks| forks.checked_sub(1));
}

/// Entries that are taken and given back, and never freed: whoever walks them meets no gap, whatever is done meanwhile.
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

    /// All entries, also those that nobody has.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'static Entry<T>> {
        // SAFETY: I16 (an entry is never freed).
        let first: Option<&'static Entry<T>> = unsafe { self.0.load(Ordering::Acquire).as_ref() };
        core::iter::successors(first, |entry| entry.next)
    }

    /// Takes an entry that nobody has, or else a new one with the value `new`.
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
    /// Lets others have it.
    pub(crate) fn give_back(&self) {
        self.is_taken.store(false, Ordering::Release);
    }
}
