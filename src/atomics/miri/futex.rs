//! The futex's stand-in under Miri, which cannot run the kernel's: that compares half of a word which others store
//! whole. Both keep one contract, which the tests below hold them to.
//!
//! The stand-in counts its sleeps, and the wakes that were missed. A wake was missed where a time-out ended a sleep
//! although the word had changed meanwhile. In production such a sleep ends, too, after 50 ms, and nobody learns of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::sys::futex as kernel;

/// What a futex offers: the wait and the wake.
type Futex = (fn(*const u64, u64, Duration), fn(*const u64));

/// How much longer than asked a sleep may take. Miri's clock goes on by 5 microseconds at each step of the program: by
/// that clock a peer that does its work takes long, and no sleep should end before it is done.
const STRETCH: u32 = if cfg!(miri) { 10_000 } else { 1 };

/// How often the sleepers of each word were woken, by the word's address. Who holds this lock may fall asleep.
static WAKES: Mutex<BTreeMap<usize, u64>> = Mutex::new(BTreeMap::new());
static BELL: Condvar = Condvar::new();
// Relaxed all through: the counts must not order what the sides do.
static SLEEPS: AtomicU64 = AtomicU64::new(0);
static MISSED: AtomicU64 = AtomicU64::new(0);

// What takes the kernel's place. Named here, so that Miri's build does not report it as unused.
const _: Futex = (kernel::wait, kernel::wake);

/// Takes the two counts: of sleeps, and of wakes that were missed.
pub(in crate::atomics) fn take_counts() -> (u64, u64) {
    (SLEEPS.swap(0, Ordering::Relaxed), MISSED.swap(0, Ordering::Relaxed))
}

/// Sleeps while the low half of the word at `word` is that of `expected`, until a wake or until `timeout` has passed.
pub(in crate::atomics) fn wait(word: *const u64, expected: u64, timeout: Duration) {
    let woken = |wakes: &BTreeMap<usize, u64>| wakes.get(&(word as usize)).copied();
    let wakes = WAKES.lock().unwrap_or_else(PoisonError::into_inner);
    let before = woken(&wakes);
    // SAFETY: I4 (the word is one of a ring that the caller holds).
    let word = unsafe { &*word.cast::<AtomicU64>() };
    if word.load(Ordering::Relaxed) as u32 != expected as u32 {
        return;
    }
    SLEEPS.fetch_add(1, Ordering::Relaxed);
    let (_wakes, slept) = BELL
        .wait_timeout_while(wakes, timeout.saturating_mul(STRETCH), |wakes| woken(wakes) == before)
        .unwrap_or_else(PoisonError::into_inner);
    // A plain load could return a value from before: not so a read-modify-write.
    if slept.timed_out() && word.fetch_add(0, Ordering::Relaxed) as u32 != expected as u32 {
        MISSED.fetch_add(1, Ordering::Relaxed);
    }
}

/// Wakes all who sleep on the word at `word`.
pub(in crate::atomics) fn wake(word: *const u64) {
    *WAKES.lock().unwrap_or_else(PoisonError::into_inner).entry(word as usize).or_default() += 1;
    BELL.notify_all();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const BOTH: [Futex; 2] = [(kernel::wait, kernel::wake), (wait, wake)];
    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(1);

    /// The counts are the process's: these tests take turns.
    static TURN: Mutex<()> = Mutex::new(());

    fn at(word: &AtomicU64) -> *const u64 {
        (word as *const AtomicU64).cast()
    }

    #[test]
    fn both_futexes_compare_the_low_half_and_a_time_out_ends_a_sleep() {
        let _turn = TURN.lock();
        for (wait, _) in BOTH {
            let (word, begin) = (AtomicU64::new(7 << 32 | 5), std::time::Instant::now());
            wait(at(&word), 7 << 32 | 6, LONG);
            wait(at(&word), 8 << 32 | 5, SHORT);
            let took = begin.elapsed();
            assert!(took >= SHORT, "it did not sleep where the low halves are the same");
            assert!(took < LONG, "it slept where they differ");
            assert_eq!(word.load(Ordering::Relaxed), 7 << 32 | 5);
        }
    }

    #[test]
    fn both_futexes_wake_who_sleeps_on_the_word_and_nobody_else() {
        let _turn = TURN.lock();
        for (wait, wake) in BOTH {
            let words = [0, 1].map(|_| (AtomicU64::new(0), AtomicU64::new(0)));
            thread::scope(|scope| {
                for (word, awake) in [&words[0], &words[0], &words[1]] {
                    scope.spawn(move || {
                        wait(at(word), 0, LONG);
                        awake.fetch_add(1, Ordering::Relaxed);
                    });
                }
                for ((word, awake), sleepers) in words.iter().zip([2, 1]) {
                    assert_eq!(awake.load(Ordering::Relaxed), 0, "it was woken by another word's wake");
                    // A wake is for those who are asleep by then.
                    while awake.load(Ordering::Relaxed) < sleepers {
                        wake(at(word));
                        thread::yield_now();
                    }
                }
            });
        }
    }

    #[test]
    fn a_missed_wake_is_counted_and_a_sleep_in_vain_is_not() {
        let _turn = TURN.lock();
        let word = AtomicU64::new(0);
        take_counts();
        wait(at(&word), 0, SHORT);
        wait(at(&word), 1, LONG);
        assert_eq!(take_counts(), (1, 0));
        // The word changes under a sleeper whom nobody wakes. A machine may be too slow to change it in time.
        for timeout in (5..).map(|power| SHORT * (1 << power)) {
            word.store(0, Ordering::Relaxed);
            thread::scope(|scope| {
                scope.spawn(|| wait(at(&word), 0, timeout));
                while SLEEPS.load(Ordering::Relaxed) == 0 {
                    thread::yield_now();
                }
                word.store(1, Ordering::Relaxed);
            });
            let (sleeps, missed) = take_counts();
            assert_eq!(sleeps, 1);
            if missed == 1 {
                break;
            }
        }
    }
}
