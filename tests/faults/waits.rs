//! Fault 13 where a side waits: each system call of the wait fails, alone or with all that follow, in every way.
//!
//! A refusal is no news of the peer. So no living peer is called gone, no message is lost, and each deadline holds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ipc_ring::{PopError, PushError, RingOptions, RingReader, RingWriter, WaitStrategy};
use ipc_ring_reference::kernel::{deciding, failing, holding, in_a_sandbox, Calls, Fate, SLEEPS, WAKES};
use ipc_ring_reference::{pops, ring_by, sleeping, waiting, Place, LONG};

/// What a system call may fail with. ENOENT is not among them: of a name it is true.
const ERRORS: [libc::c_int; 13] = [
    libc::EINTR,
    libc::EAGAIN,
    libc::ENOMEM,
    libc::EBADF,
    libc::EACCES,
    libc::EPERM,
    libc::ENOSYS,
    libc::ENOLCK,
    libc::EIO,
    libc::EINVAL,
    libc::EFAULT,
    libc::EOVERFLOW,
    libc::ETIMEDOUT,
];

/// Asking who has a lock.
const QUESTIONS: Calls = Calls::with(libc::SYS_fcntl, 1, !0, libc::F_OFD_GETLK as u32);
/// Looking for the ring's name.
const LOOKS: Calls = Calls::of(libc::SYS_newfstatat);
const BARRIERS: Calls = Calls::of(libc::SYS_membarrier);
const YIELDS: Calls = Calls::of(libc::SYS_sched_yield);
/// All that a side that waits may call, other than to read the clock, which takes no system call.
const EVERY_CALL: [Calls; 6] = [SLEEPS, WAKES, QUESTIONS, LOOKS, BARRIERS, YIELDS];

/// A deadline after the first question and before the second.
const PAST_A_QUESTION: Option<Duration> = Some(Duration::from_millis(70));

/// Runs `case` with each, all at once: they sleep most of the time.
fn all_at_once<T: Copy + Send>(cases: impl IntoIterator<Item = T>, case: impl Fn(T) + Sync) {
    std::thread::scope(|threads| {
        let started: Vec<_> = cases
            .into_iter()
            .map(|of| {
                threads.spawn({
                    let case = &case;
                    move || case(of)
                })
            })
            .collect();
        for thread in started {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

/// The calls that fail: the one of this number, alone or with all that follow.
#[derive(Clone, Copy, Debug)]
struct Plan {
    first: usize,
    all_after: bool,
    errno: libc::c_int,
}

impl Plan {
    /// Runs `check` with each way in which the call `first` may fail, until no wait comes to that call.
    fn each(check: impl Fn(Self) -> bool + Sync) {
        let mut first = 0;
        loop {
            let plans =
                ERRORS.iter().flat_map(|&errno| [false, true].map(|all_after| Plan { first, all_after, errno }));
            let reached = AtomicUsize::new(0);
            all_at_once(plans, |plan| {
                reached.fetch_add(usize::from(check(plan)), Ordering::Relaxed);
            });
            if reached.into_inner() == 0 {
                break;
            }
            first += 1;
        }
        assert!(first > 2, "a wait makes {first} calls alone");
    }

    fn fate(self, number: usize) -> Fate {
        match number == self.first || self.all_after && number > self.first {
            true => Fate::Refused(self.errno),
            false => Fate::Made,
        }
    }

    /// Waits by `wait`. Runs `at_the_refusal` when the first call is refused. Returns what came of the wait, and
    /// whether it came to that call.
    fn run<T: Send>(self, mut at_the_refusal: impl FnMut(), wait: impl FnOnce() -> T + Send) -> (T, bool) {
        let fate = |number: usize, _: &_| {
            if number == self.first {
                at_the_refusal();
            }
            self.fate(number)
        };
        let (waited, calls) = deciding(fate, wait);
        (waited, calls > self.first)
    }
}

/// A ring that its writer has filled.
fn full(options: &RingOptions) -> (Place, RingWriter, RingReader) {
    let (place, mut writer, reader) = ring_by(options, 64);
    while writer.try_push(b"seven b").is_ok() {}
    (place, writer, reader)
}

// Checks: I9.
#[test]
fn f13_a_side_that_waits_takes_no_refusal_of_the_system_for_the_death_of_its_peer() {
    Plan::each(|plan| {
        let (_place, _writer, mut reader) = ring_by(&sleeping(), 64);
        let (popped, reached) = plan.run(|| (), || reader.pop(&mut Vec::new(), PAST_A_QUESTION));
        assert_eq!(popped, Err(PopError::TimedOut), "{plan:?}");
        reached
    });
    Plan::each(|plan| {
        let (_place, mut writer, _reader) = full(&sleeping());
        let (pushed, reached) = plan.run(|| (), || writer.push(b"seven b", PAST_A_QUESTION));
        assert_eq!(pushed, Err(PushError::TimedOut), "{plan:?}");
        reached
    });
}

/// Nobody is there, and a successor is awaited: no refusal is the loss of the name.
// Checks: I9.
#[test]
fn f13_a_side_that_waits_for_a_successor_takes_no_refusal_for_the_loss_of_the_name() {
    Plan::each(|plan| {
        let (_place, writer, mut reader) = ring_by(sleeping().await_successors(true), 64);
        drop(writer);
        reader.pop(&mut Vec::new(), Some(Duration::ZERO)).unwrap_err();
        let (popped, reached) = plan.run(|| (), || reader.pop(&mut Vec::new(), PAST_A_QUESTION));
        assert_eq!(popped, Err(PopError::TimedOut), "{plan:?}");
        reached
    });
}

// Checks: I9.
#[test]
fn f13_a_side_whose_peer_has_died_is_told_so_unless_the_question_is_what_the_system_refuses() {
    Plan::each(|plan| {
        let (_place, writer, mut reader) = ring_by(&sleeping(), 64);
        writer.abandon();
        let mut asks = 0;
        let fate = |number: usize, call: &libc::seccomp_data| {
            let fate = plan.fate(number);
            let is_a_question = call.nr as libc::c_long == libc::SYS_fcntl;
            asks += usize::from(is_a_question && fate == Fate::Made);
            fate
        };
        let (popped, calls) = deciding(fate, || reader.pop(&mut Vec::new(), PAST_A_QUESTION));
        let told = if asks > 0 { PopError::PeerGone } else { PopError::TimedOut };
        assert_eq!(popped, Err(told), "{plan:?}");
        calls > plan.first
    });
}

/// The peer acts when the call is refused, and then there is an end to the wait, which has no other.
// Checks: I11.
#[test]
fn f13_what_a_side_waits_for_reaches_it_whatever_the_system_refuses_meanwhile() {
    Plan::each(|plan| {
        let (_place, mut writer, mut reader) = ring_by(&sleeping(), 64);
        let (mut message, mut pushed) = (Vec::new(), false);
        let push = || {
            writer.push(b"data", None).unwrap();
            pushed = true;
        };
        let (popped, _) = plan.run(push, || reader.pop(&mut message, PAST_A_QUESTION));
        assert_eq!(popped, if pushed { Ok(4) } else { Err(PopError::TimedOut) }, "{plan:?}");
        assert_eq!(message, if pushed { &b"data"[..] } else { b"" });
        pushed
    });
    Plan::each(|plan| {
        let (_place, mut writer, mut reader) = full(&sleeping());
        let mut popped = false;
        let pop = || {
            pops(&mut reader, b"seven b");
            popped = true;
        };
        let (pushed, _) = plan.run(pop, || writer.push(b"another", PAST_A_QUESTION));
        assert_eq!(pushed, if popped { Ok(()) } else { Err(PushError::TimedOut) }, "{plan:?}");
        popped
    });
}

/// Both sides, each with what it waits for and what the other does for it, where none of its calls ever succeeds.
// Checks: I9, I11.
#[test]
fn f13_a_side_none_of_whose_calls_succeeds_waits_as_any_other() {
    let awake = |micros| WaitStrategy::SpinThenSleep { spin: Duration::from_micros(micros) };
    let strategies = [WaitStrategy::Spin, WaitStrategy::Sleep, awake(50), awake(1_000_000)];
    let cases = ERRORS.iter().flat_map(|&errno| strategies.map(|strategy| (errno, strategy)));
    all_at_once(cases, |(errno, strategy)| {
        let (_place, mut writer, mut reader) = ring_by(&waiting(strategy), 64);
        // Another thread, so that it is the sandbox's alone.
        in_a_sandbox(&EVERY_CALL, errno, || {
            assert_eq!(reader.pop(&mut Vec::new(), PAST_A_QUESTION), Err(PopError::TimedOut), "{errno}, {strategy:?}");
        });
        std::thread::scope(|threads| {
            let pop = || in_a_sandbox(&EVERY_CALL, errno, || (0..50).for_each(|_| pops(&mut reader, b"seven b")));
            threads.spawn(pop);
            let push = |_| assert_eq!(writer.push(b"seven b", Some(LONG)), Ok(()), "{errno}, {strategy:?}");
            in_a_sandbox(&EVERY_CALL, errno, || (0..50).for_each(push));
        });
    });
}

/// The sleeper looks by itself.
// Checks: I11.
#[test]
fn f13_a_message_whose_wake_is_refused_comes_all_the_same() {
    all_at_once(ERRORS, |errno| {
        let (place, mut writer, mut reader) = ring_by(&sleeping(), 64);
        std::thread::scope(|threads| {
            threads.spawn(|| pops(&mut reader, b"data"));
            place.until_reader_sleeps(8);
            failing(WAKES, errno, || assert_eq!(writer.push(b"data", None), Ok(())));
        });
    });
}

/// A side that may not sleep on a word naps, so it tries again after a while.
// Checks: I11.
#[test]
fn f13_a_side_that_may_not_sleep_on_a_word_takes_no_processor_for_it() {
    let refusals = ERRORS.into_iter().filter(|errno| ![libc::EAGAIN, libc::EINTR, libc::ETIMEDOUT].contains(errno));
    all_at_once(refusals, |errno| {
        let (_place, _writer, mut reader) = ring_by(&sleeping(), 64);
        let naps = [libc::SYS_nanosleep, libc::SYS_clock_nanosleep].map(Calls::of);
        let (mut tries, mut napped) = (0, 0);
        let count = |call: &libc::seccomp_data| match call.nr as libc::c_long {
            libc::SYS_membarrier => tries += 1,
            _ => napped += 1,
        };
        let popped = failing(SLEEPS, errno, || {
            holding(&[&naps[..], &[BARRIERS]].concat(), count, || reader.pop(&mut Vec::new(), PAST_A_QUESTION))
        });
        assert_eq!(popped, Err(PopError::TimedOut));
        assert!(tries > 0 && napped >= tries, "{errno}: {tries} tries, {napped} naps");
    });
}
