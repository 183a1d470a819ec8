//! What keeps the forks of this process apart from what its threads do with their rings' files: a gate, and a pool
//! that a fork can read at any time. Neither has a part in the protocol, and no model comes here: `sys/fork.rs` uses
//! both.
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
//! A signal handler that forks may have interrupted a thread inside. Such a fork does not wait for its own thread, nor
//! for another that is in the same position: those two would wait for each other. No other fork is exempt.

use core::ptr;
use core::sync::atomic::{compiler_fence, AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// The threads that can be inside at once. Others wait.
const PLACES: usize = 64;
/// The mark of a thread inside that forks, in the lowest bit of its number: a thread's number is that of an aligned
/// address.
const FORKS: usize = 1;

/// How many times a thread that enters pauses for forks that wait.
const COURTESY: u32 = 100;

pub(crate) struct Gate {
    inside: [AtomicUsize; PLACES],
    /// The forks that wait.
    waiting: AtomicUsize,
    /// The forks that are going on, or are about to.
    going: AtomicUsize,
}

/// A thread's place inside.
pub(crate) struct Place(usize);

impl Gate {
    pub(crate) const fn new() -> Self {
        #[allow(clippy::declare_interior_mutable_const)] // Each place is a copy of its own.
        const EMPTY: AtomicUsize = AtomicUsize::new(0);
        Self { inside: [EMPTY; PLACES], waiting: AtomicUsize::new(0), going: AtomicUsize::new(0) }
    }

    /// Lets `thread` in, which is the calling one, after the forks that are going on; `None` if it is inside already.
    /// `pause` is called between two attempts.
    pub(crate) fn enter(&self, thread: usize, pause: impl Fn()) -> Option<Place> {
        if self.place_of(thread).is_some() {
            return None;
        }
        let mut courtesy = COURTESY;
        loop {
            while self.going.load(Ordering::SeqCst) > 0 || (courtesy > 0 && self.waiting.load(Ordering::SeqCst) > 0) {
                courtesy = courtesy.saturating_sub(1);
                pause();
            }
            let take =
                |place: &AtomicUsize| place.compare_exchange(0, thread, Ordering::SeqCst, Ordering::SeqCst).is_ok();
            if let Some(place) = self.inside.iter().position(take) {
                if self.going.load(Ordering::SeqCst) == 0 {
                    return Some(Place(place));
                }
                self.leave(Place(place));
            }
            pause();
        }
    }

    pub(crate) fn leave(&self, place: Place) {
        self.inside[place.0].store(0, Ordering::SeqCst);
    }

    fn place_of(&self, thread: usize) -> Option<&AtomicUsize> {
        self.inside.iter().find(|place| place.load(Ordering::SeqCst) & !FORKS == thread)
    }

    /// Waits until `thread`, which is the calling one, can fork: until no other is inside. Nobody enters from then
    /// on, until [`has_forked`](Self::has_forked).
    pub(crate) fn may_fork(&self, thread: usize, pause: impl Fn()) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let own = self.place_of(thread);
        if let Some(own) = own {
            own.store(thread | FORKS, Ordering::SeqCst);
        }
        let is_in_the_way = |place: &AtomicUsize| match place.load(Ordering::SeqCst) {
            0 => false,
            other if other & !FORKS == thread => false,
            other => own.is_none() || other & FORKS == 0,
        };
        loop {
            self.going.fetch_add(1, Ordering::SeqCst);
            if !self.inside.iter().any(is_in_the_way) {
                return one_less(&self.waiting);
            }
            one_less(&self.going);
            pause();
        }
    }

    /// The fork of `thread` is over, in the parent.
    pub(crate) fn has_forked(&self, thread: usize) {
        if let Some(own) = self.place_of(thread) {
            own.store(thread, Ordering::SeqCst);
        }
        one_less(&self.going);
    }

    /// The fork of `thread` is over, in the child, which has no other thread.
    pub(crate) fn is_forked(&self, thread: usize) {
        for place in &self.inside {
            let is_own = place.load(Ordering::SeqCst) & !FORKS == thread;
            place.store(if is_own { thread } else { 0 }, Ordering::SeqCst);
        }
        self.waiting.store(0, Ordering::SeqCst);
        self.going.store(0, Ordering::SeqCst);
    }
}

/// Counts a fork less. In a child those that had begun are forgotten, so there may be none.
fn one_less(forks: &AtomicUsize) {
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

/// Keeps the stores before it before the stores after it, for a signal handler of the same thread.
pub(crate) fn in_order() {
    compiler_fence(Ordering::SeqCst);
}
