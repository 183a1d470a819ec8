//! Watches the calls of a victim: how long each takes, and how much memory it asks for.
//!
//! A call may take its time-out and [`LATE`] more. What it takes is measured by the **time that its own thread had a
//! processor**, not by the clock: the machine is shared, a thread that is ready may have to wait for a processor for as
//! long as others have it, and that is no fault of the library. A call that goes round in circles uses its thread's
//! time. One that sleeps does not: it is caught by the clock, less what the kernel says that the thread waited for a
//! processor, and [`ASLEEP`] is allowed for what the kernel does not see (a host that has stopped the machine). Where
//! it does not say, the clock alone has to do, and [`VERY_LATE`] is more than a scheduler keeps a thread waiting where
//! the machine is merely busy. One that does not return at all is ended by an alarm ([`set_alarm`]).

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use ipc_ring_reference::record;

use super::allocations;
use super::found::Found;

/// How far past its deadline a call may use its thread's time.
const LATE: Duration = Duration::from_millis(10);
/// How far past its deadline a call may be when the time is left out in which its thread waited for a processor.
const ASLEEP: Duration = Duration::from_millis(20);
/// How far past its deadline a call may return by the clock.
const VERY_LATE: Duration = Duration::from_secs(2);
/// How long after its last call a victim must have ended, in seconds.
const GRACE: u32 = 30;

pub struct Watch {
    /// The ring's capacity, beyond which no call may allocate.
    capacity: usize,
    /// Where the kernel says how long this thread waited for a processor, if it does.
    scheduling: Option<File>,
    pub found: Found,
}

impl Watch {
    pub fn new(capacity: usize) -> Self {
        let scheduling = File::open("/proc/thread-self/schedstat").ok();
        Self { capacity, scheduling, found: Found::default() }
    }

    /// Calls `call`, named `name`, which waits up to `patience`.
    pub fn call<T>(&mut self, name: &str, patience: Duration, call: impl FnOnce() -> T) -> T {
        // Who does not wait does not sleep, and asking is not free.
        let waited = if patience.is_zero() { None } else { self.waited() };
        allocations::take_largest();
        let (began, used) = (Instant::now(), own_time());
        let result = call();
        let (used, took) = (own_time().saturating_sub(used), began.elapsed());
        let largest = allocations::take_largest();
        let waited = waited.and_then(|before| self.waited()?.checked_sub(before));
        let own = used.saturating_sub(patience);
        let clock = took.saturating_sub(patience + waited.unwrap_or_default());
        let allowed = if waited.is_some() { ASLEEP } else { VERY_LATE };
        let found = &mut self.found;
        found.calls += 1;
        found.late_by_own_time = found.late_by_own_time.max(own.as_micros() as u64);
        if waited.is_some() {
            found.late_by_the_clock = found.late_by_the_clock.max(clock.as_micros() as u64);
        }
        if own > LATE || clock > allowed {
            found.violation(format!("{name} with a time-out of {patience:?} took {took:?}, {used:?} of its own"));
        }
        if largest > self.capacity {
            found.violation(format!("{name} asked for {largest} bytes, of a ring of {}", self.capacity));
        }
        result
    }

    /// How long this thread has waited for a processor so far: the second of the kernel's figures, in nanoseconds.
    fn waited(&self) -> Option<Duration> {
        let mut text = [0; 64];
        let len = self.scheduling.as_ref()?.read_at(&mut text, 0).ok()?;
        let figures = std::str::from_utf8(&text[..len]).ok()?;
        Some(Duration::from_nanos(figures.split(' ').nth(1)?.parse().ok()?))
    }

    /// Notes what does not hold.
    pub fn holds(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.found.violation(otherwise());
        }
    }

    /// A message of `len` bytes whose record ends at position `end` is one that the ring can hold, in one lap: then
    /// nothing outside the ring was read for it.
    pub fn can_be(&mut self, len: usize, end: u64) {
        let (capacity, size) = (self.capacity as u64, record::size(len));
        let index = end.wrapping_sub(size) % capacity;
        let lies_within = size <= capacity && index + size <= capacity;
        self.holds(lies_within, || format!("a message of {len} bytes at {index} does not lie within {capacity}"));
    }
}

/// The time that this thread had a processor.
fn own_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: there is room for a time.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0, "the system counts the time of threads");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Has the kernel end this process by SIGALRM if it is still there some time after `duration`: it hangs.
pub fn set_alarm(duration: Duration) {
    // SAFETY: this takes no memory, and the signal is meant to end the process.
    unsafe { libc::alarm(duration.as_secs() as u32 + GRACE) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn violations(watch: Watch) -> usize {
        watch.found.violations.len()
    }

    #[test]
    fn a_call_that_goes_round_in_circles_is_late_and_one_that_was_allowed_to_is_not() {
        let circle = |patience| {
            let mut watch = Watch::new(64);
            let began = own_time();
            watch.call("circle", patience, || while own_time() - began < 2 * LATE {});
            violations(watch)
        };
        assert_eq!((circle(Duration::ZERO), circle(4 * LATE)), (1, 0));
    }

    #[test]
    fn a_call_that_sleeps_too_long_is_late_and_one_that_was_allowed_to_is_not() {
        let nap = |patience| {
            let mut watch = Watch::new(64);
            watch.call("nap", patience, || thread::park_timeout(2 * ASLEEP));
            violations(watch)
        };
        let known = Watch::new(64).waited().is_some();
        assert_eq!((nap(LATE), nap(2 * ASLEEP)), (usize::from(known), 0));
    }

    #[test]
    fn an_allocation_beyond_the_ring_is_noticed_and_one_as_large_is_not() {
        let allocate = |size: usize| {
            let mut watch = Watch::new(64);
            assert_eq!(watch.call("allocate", LATE, || vec![1u8; size]).len(), size);
            violations(watch)
        };
        assert_eq!((allocate(64), allocate(65)), (0, 1));
    }

    #[test]
    fn a_message_lies_in_one_lap_or_is_noticed() {
        let can_be = |len, end| {
            let mut watch = Watch::new(64);
            watch.can_be(len, end);
            violations(watch)
        };
        assert_eq!((can_be(56, 64), can_be(57, 72), can_be(8, 64), can_be(8, 72)), (0, 1, 0, 1));
    }
}
