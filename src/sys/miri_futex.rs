//! The futex under Miri, which does not run the kernel's: a queue of sleepers a word, and one lock for all of them.
//!
//! It counts the sleeps that nobody ended. In production such a sleep ends too, after 50 ms, and what was missed is not
//! seen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The bells of those who sleep, by the address of the word on which they do; and who may look at them.
static SLEEPERS: Mutex<BTreeMap<usize, u64>> = Mutex::new(BTreeMap::new());
static BELL: Condvar = Condvar::new();
static TIMED_OUT: AtomicUsize = AtomicUsize::new(0);

/// How many sleeps have ended by their time-out.
pub(crate) fn timed_out() -> usize {
    TIMED_OUT.load(Ordering::Relaxed)
}

/// Sleeps while the low half of the word at `word` is that of `expected`, until woken or `timeout` has passed.
pub(crate) fn wait(word: *const u64, expected: u64, timeout: Duration) {
    let mut wakes = SLEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the word is one of a ring that the caller holds.
    let value = unsafe { &*word.cast::<AtomicU64>() }.load(Ordering::Relaxed);
    if value as u32 != expected as u32 {
        return;
    }
    let count = |wakes: &BTreeMap<usize, u64>| wakes.get(&word.addr()).copied().unwrap_or_default();
    let before = count(&wakes);
    let (wakes, result) = BELL
        .wait_timeout_while(wakes, timeout, |wakes| count(wakes) == before)
        .unwrap_or_else(PoisonError::into_inner);
    drop(wakes);
    if result.timed_out() {
        TIMED_OUT.fetch_add(1, Ordering::Relaxed);
    }
}

/// Wakes all who sleep on the word at `word`.
pub(crate) fn wake(word: *const u64) {
    *SLEEPERS.lock().unwrap_or_else(PoisonError::into_inner).entry(word.addr()).or_default() += 1;
    BELL.notify_all();
}
