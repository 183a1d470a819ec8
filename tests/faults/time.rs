//! Fault 46: a deadline that is kept late. A side says in its page when it began to wait, and for how long it has
//! waited at its last look at the clock. The kernel is told for how long the side is to sleep. So whether a sleep goes
//! too far is arithmetic: these tests measure no time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ipc_ring::layout::figure::{LONGEST_WAIT, SLEEPS as SLEEPS_COUNTED, WAITS_SINCE};
use ipc_ring::{OpenError, RingOptions, WaitStrategy};
use ipc_ring_reference::kernel::{holding, Calls, SLEEPS};
use ipc_ring_reference::waits::WAYS;
use ipc_ring_reference::{meanwhile, waiting, Place};

/// Asking whether somebody holds the side of the peer.
const QUESTIONS: Calls = Calls::with(libc::SYS_fcntl, 1, !0, libc::F_OFD_GETLK as u32);
/// How often a side that waits asks that.
const A_QUESTION: Duration = Duration::from_millis(50);
const NAPS: [Calls; 2] = [Calls::of(libc::SYS_nanosleep), Calls::of(libc::SYS_clock_nanosleep)];

/// The time that a thread of this process, whose call is held, hands to the kernel by this argument. If it hands none,
/// the sleep has no end.
fn time_in(call: &libc::seccomp_data, argument: usize) -> Duration {
    let time = call.args[argument] as *const libc::timespec;
    // SAFETY: the thread is held in the call for which it made this, if it did.
    let time = unsafe { time.as_ref() };
    time.map_or(Duration::MAX, |time| Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// What the clock says by which sides wait.
fn now() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a place for the answer.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The kernel is to wake a side in time however often it was woken in vain before.
// Checks: I10.
#[test]
fn f46_no_sleep_goes_past_the_deadline_or_the_next_question() {
    let strategies = [WaitStrategy::Sleep, WaitStrategy::SpinThenSleep { spin: Duration::from_millis(10) }];
    let timeouts = [None, Some(Duration::from_millis(30)), Some(Duration::from_millis(70))];
    for (way, strategy) in WAYS.iter().flat_map(|way| strategies.map(|strategy| (way, strategy))) {
        for timeout in timeouts {
            let (waiter, mut call, peer) = way.waiter(&waiting(strategy));
            let figure = |figure| Duration::from_nanos(waiter.figure(figure).load(Ordering::SeqCst));
            let (mut peer, mut sleeps, mut faults) = (Some(peer), 0, Vec::new());
            let (mut asked, mut earlier) = (Duration::ZERO, now());
            let at_each = |call: &libc::seccomp_data| {
                let waited = figure(LONGEST_WAIT);
                if libc::c_long::from(call.nr) == libc::SYS_fcntl {
                    asked = waited;
                } else {
                    // The side has looked at the clock since it was last held.
                    let looked = figure(WAITS_SINCE) + waited;
                    if !(earlier..=now()).contains(&looked) {
                        faults.push(format!("it looked at another clock: {looked:?}, after {earlier:?}"));
                    }
                    let until = waited.saturating_add(time_in(call, 3));
                    if until > timeout.unwrap_or(Duration::MAX) || until > asked + A_QUESTION {
                        faults.push(format!("it sleeps until {until:?}, and asked at {asked:?}"));
                    }
                    sleeps += 1;
                }
                // Else a side without a deadline would wait for ever.
                if sleeps == 5 || !faults.is_empty() {
                    peer = None;
                }
                earlier = now();
            };
            meanwhile(|| waiter.wake_in_vain(), || holding(&[QUESTIONS, SLEEPS], at_each, || call.make(timeout)));
            assert!(faults.is_empty(), "{}, {strategy:?}, {timeout:?}: {faults:#?}", way.name());
            assert!(sleeps > 0 || strategy != WaitStrategy::Sleep, "{}, {timeout:?}: no sleep", way.name());
        }
    }
}

// Checks: I10.
#[test]
fn f46_a_side_that_spins_never_sleeps_nor_yields() {
    // Every way to wait for a word or for a time, shared between processes or not.
    const WAITS_FOR_A_WORD: [Calls; 2] = [
        Calls::with(libc::SYS_futex, 1, 0x7f, libc::FUTEX_WAIT as u32),
        Calls::with(libc::SYS_futex, 1, 0x7f, libc::FUTEX_WAIT_BITSET as u32),
    ];
    const OTHERS: [Calls; 2] = [Calls::of(libc::SYS_sched_yield), Calls::of(libc::SYS_ppoll)];
    let calls = [&NAPS[..], &WAITS_FOR_A_WORD, &OTHERS].concat();
    for way in WAYS {
        // Longer than a side waits before it asks, and before any other side sleeps.
        let (waiter, mut call, _peer) = way.waiter(&waiting(WaitStrategy::Spin));
        let mut seen = Vec::new();
        let timed_out = holding(&calls, |call| seen.push(call.nr), || call.make(Some(Duration::from_millis(60))));
        assert!(timed_out && seen.is_empty(), "{}: makes the system calls {seen:?}", way.name());
        assert_eq!(waiter.figure(SLEEPS_COUNTED).load(Ordering::SeqCst), 0, "{}", way.name());
    }
}

/// Each nap lasts for as long as was asked, at least.
// Checks: I10.
#[test]
fn f46_the_naps_of_one_who_waits_for_a_ring_add_up_to_no_more_than_its_time() {
    for timeout in [10, 33, 100].map(Duration::from_millis) {
        let (place, mut naps) = (Place::new(), Vec::new());
        let opened = holding(
            &NAPS,
            |call| naps.push(time_in(call, if libc::c_long::from(call.nr) == libc::SYS_nanosleep { 0 } else { 2 })),
            || RingOptions::new().open_wait(place.ring(), Some(timeout)).map(drop),
        );
        assert!(matches!(opened, Err(OpenError::NotFound { .. })));
        assert!(!naps.is_empty() && naps.iter().sum::<Duration>() <= timeout, "{timeout:?}: {naps:?}");
    }
}
