//! The heavy fence of an asymmetric ring is the system call `membarrier`: only the system calls of a side show whether
//! it is made, and where.
//!
//! A tracer of the kernel's (`SECCOMP_RET_USER_NOTIF`) holds each call while the test looks at the ring's file. What
//! stands in `wake_at` tells what the side has announced. Before each call the test puts a value there that no side
//! stores.
#![cfg(all(target_os = "linux", not(any(loom, shuttle))))]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::io::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ipc_ring::{pair, FenceMode, PopError, PushError, RingOptions, RingWriter, WaitStrategy};
use ipc_ring_reference::kernel::{fork, holding, in_a_sandbox, reap, Calls, SHARED_MAPS, SLEEPS};
use ipc_ring_reference::waits::{Call, Waiter, WAYS};
use ipc_ring_reference::{meanwhile, other_process, ring_by, sleeping, until, waiting, Other, Place, WAKE_AT};

use FenceMode::{Asymmetric, Symmetric};

const MEMBARRIERS: Calls = Calls::of(libc::SYS_membarrier);
// linux/membarrier.h
const GLOBAL_EXPEDITED: u64 = 1 << 1;
const REGISTER_GLOBAL_EXPEDITED: u64 = 1 << 2;

const CAPACITY: usize = 4096;
const BOTH: [FenceMode; 2] = [Asymmetric, Symmetric];
const A_SHORT_WHILE: Option<Duration> = Some(Duration::from_millis(10));
/// Long enough for two sleeps, each of at most 50 ms.
const TWO_NAPS: Option<Duration> = Some(Duration::from_millis(120));
/// A `wake_at` that no side stores: a position that no cursor here comes near.
const NOT_ANNOUNCED: u64 = 1 << 60;

/// How often each call was seen, and how often it came where it must not.
#[derive(Default, Debug)]
struct Seen {
    registrations: usize,
    maps: usize,
    maps_before_registration: usize,
    membarriers: usize,
    sleeps: usize,
    unannounced_sleeps: usize,
    sleeps_without_membarrier: usize,
    membarriers_after_a_sleep: usize,
    /// What was announced when the last membarrier came.
    fenced: Option<u64>,
}

impl Seen {
    /// Notes a call of a side that announces its sleeps in `wake_at`.
    fn note(&mut self, call: &libc::seccomp_data, wake_at: &AtomicU64) {
        let announced = wake_at.load(Ordering::SeqCst);
        match (libc::c_long::from(call.nr), call.args[0]) {
            (libc::SYS_membarrier, REGISTER_GLOBAL_EXPEDITED) => self.registrations += 1,
            (libc::SYS_membarrier, GLOBAL_EXPEDITED) => {
                self.membarriers += 1;
                self.membarriers_after_a_sleep += usize::from(self.sleeps > 0);
                self.fenced = Some(announced);
            }
            (libc::SYS_mmap, _) => {
                self.maps += 1;
                self.maps_before_registration += usize::from(self.registrations == 0);
            }
            (libc::SYS_futex, _) => {
                self.sleeps += 1;
                self.unannounced_sleeps += usize::from(announced == NOT_ANNOUNCED);
                self.sleeps_without_membarrier += usize::from(self.fenced != Some(announced));
            }
            other => panic!("{other:?} was held"),
        }
    }

    /// All that was seen is as a wait for one target needs it, in a ring with these fences.
    #[track_caller]
    fn judge(&self, fences: FenceMode, what: &str) {
        assert_eq!(self.unannounced_sleeps, 0, "{what}: {self:?}");
        match fences {
            Asymmetric => {
                assert_eq!(self.sleeps_without_membarrier, 0, "{what}: {self:?}");
                assert_eq!(self.membarriers_after_a_sleep, 0, "{what}: {self:?}");
                assert_eq!(self.maps_before_registration, 0, "{what}: {self:?}");
            }
            Symmetric => assert_eq!((self.registrations, self.membarriers), (0, 0), "{what}: {self:?}"),
        }
    }
}

/// Runs `body`, a side that announces its sleeps in `wake_at`, and notes its calls.
fn seen<T: Send>(wake_at: &AtomicU64, body: impl FnOnce() -> T + Send) -> (T, Seen) {
    let mut seen = Seen::default();
    wake_at.store(NOT_ANNOUNCED, Ordering::SeqCst);
    let value = holding(&[MEMBARRIERS, SHARED_MAPS, SLEEPS], |call| seen.note(call, wake_at), body);
    (value, seen)
}

fn by(fences: FenceMode, strategy: WaitStrategy) -> RingOptions {
    let mut options = waiting(strategy);
    options.create_fence_mode(fences);
    options
}

/// Has a side wait without a limit, and wakes it in vain all the while, so that it sleeps again and again in one call.
/// At its third sleep `ends` does what ends the call.
fn seen_until_the_third_sleep(waiter: &Waiter, call: &mut Call, ends: impl FnOnce()) -> Seen {
    let (mut seen, mut ends) = (Seen::default(), Some(ends));
    waiter.wake_at().store(NOT_ANNOUNCED, Ordering::SeqCst);
    let at_each = |call: &libc::seccomp_data| {
        seen.note(call, waiter.wake_at());
        if seen.sleeps == 3 {
            ends.take().into_iter().for_each(|ends| ends());
        }
    };
    meanwhile(|| waiter.wake_in_vain(), || holding(&[MEMBARRIERS, SHARED_MAPS, SLEEPS], at_each, || call.make(None)));
    assert!(seen.sleeps >= 3, "{seen:?}");
    seen
}

// Checks: I11, T4.
#[test]
fn a_wait_of_an_asymmetric_ring_calls_membarrier_once_before_its_sleeps_and_no_other_does() {
    let strategies = [WaitStrategy::Sleep, WaitStrategy::SpinThenSleep { spin: Duration::from_micros(50) }];
    for (way, fences) in WAYS.iter().flat_map(|way| BOTH.map(|fences| (way, fences))) {
        let what = format!("{}, {fences:?}", way.name());
        for strategy in strategies {
            let (waiter, mut call, peer) = way.waiter(&by(fences, strategy));
            let calls = seen_until_the_third_sleep(&waiter, &mut call, || drop(peer));
            calls.judge(fences, &what);
        }
        let (waiter, mut call, _peer) = way.waiter(&by(fences, WaitStrategy::Sleep));
        let (timed_out, calls) = seen(waiter.wake_at(), || call.make(A_SHORT_WHILE));
        assert!(timed_out && calls.sleeps >= 1, "{what}: {calls:?}");
        calls.judge(fences, &what);
    }
}

// Checks: I11, T4.
#[test]
fn a_wait_for_a_successor_calls_membarrier_once_before_its_sleeps() {
    for (way, fences) in WAYS.iter().flat_map(|way| BOTH.map(|fences| (way, fences))) {
        let (waiter, mut call, peer) = way.waiter(by(fences, WaitStrategy::Sleep).await_successors(true));
        drop(peer);
        let loses_its_name = || fs::remove_file(waiter.place.ring()).unwrap();
        let calls = seen_until_the_third_sleep(&waiter, &mut call, loses_its_name);
        calls.judge(fences, &format!("{}, {fences:?}", way.name()));
    }
}

/// Has a side of an asymmetric ring wait by `waits`. Between its announcement and its last look, when it calls
/// membarrier, the peer does something. Returns how often the side slept, too.
fn sleeps_if_meanwhile<T: Send>(peer: impl FnOnce(), waits: impl FnOnce() -> T + Send) -> (T, usize) {
    let (mut peer, mut sleeps) = (Some(peer), 0);
    let at_each = |call: &libc::seccomp_data| match libc::c_long::from(call.nr) {
        libc::SYS_membarrier => peer.take().into_iter().for_each(|peer| peer()),
        _ => sleeps += 1,
    };
    let value = holding(&[MEMBARRIERS, SLEEPS], at_each, waits);
    assert!(peer.is_none());
    (value, sleeps)
}

// Checks: I9, I11.
#[test]
fn a_side_whose_peer_comes_to_its_target_or_leaves_before_its_last_look_does_not_sleep() {
    let (_place, mut writer, mut reader) = ring_by(&by(Asymmetric, WaitStrategy::Sleep), 64);
    let mut buffer = Vec::new();
    let push = || writer.push(&[1; 24], None).unwrap();
    assert_eq!(sleeps_if_meanwhile(push, || reader.pop(&mut buffer, None)), (Ok(24), 0));
    writer.push(&[2; 24], None).unwrap();
    let pop = || assert_eq!(reader.pop(&mut buffer, None), Ok(24));
    assert_eq!(sleeps_if_meanwhile(pop, || writer.push(&[3; 24], None)), (Ok(()), 0));
    writer.try_push(&[4; 8]).unwrap();
    let leave = || drop(reader);
    assert_eq!(sleeps_if_meanwhile(leave, || writer.push(&[5; 24], None)), (Err(PushError::Closed), 0));
}

/// Sleeps on the ring at `path` for a time, in a process that was told nothing of its fences.
fn waits_in_vain(path: &Path) -> bool {
    let mut reader = sleeping().open(path).unwrap();
    reader.pop(&mut Vec::new(), A_SHORT_WHILE) == Err(PopError::TimedOut)
}

#[test]
#[ignore = "the other process of another test, which starts it"]
fn another_process_waits_in_vain() {
    let (path, steps) = other_process();
    steps.say(waits_in_vain(&path));
}

// Checks: I11, T4.
#[test]
fn a_side_in_another_process_registers_and_calls_membarrier_as_the_ring_says() {
    for fences in BOTH {
        let place = Place::new();
        let _writer = by(fences, WaitStrategy::Sleep).create(place.ring(), CAPACITY).unwrap();
        let (words, path) = (place.words(), place.ring());
        let wake_at = words.word(words.reader(WAKE_AT));
        let (said, calls) = seen(wake_at, || Other::start("another_process_waits_in_vain", &path).says());
        assert_eq!(said.as_deref(), Some("true"));
        assert!(calls.sleeps >= 1 && calls.maps >= 3, "{calls:?}");
        calls.judge(fences, &format!("another process, {fences:?}"));

        let (status, calls) = seen(wake_at, || reap(fork(|| i32::from(!waits_in_vain(&path)))));
        assert_eq!(status, 0);
        assert!(calls.sleeps >= 1 && calls.maps >= 3, "{calls:?}");
        calls.judge(fences, &format!("a forked process, {fences:?}"));
    }
}

/// The two sides of a pair are threads of one process, which may be on two processors.
// Checks: I11, T4.
#[test]
fn each_side_of_a_pair_registers_and_calls_membarrier_once_a_wait() {
    let nowhere = AtomicU64::new(0);
    let (_sides, calls) = seen(&nowhere, || pair(CAPACITY).unwrap());
    assert_eq!((calls.registrations, calls.maps), (1, 0), "{calls:?}");
    let (mut writer, mut reader) = pair(64).unwrap();
    writer.push(&[1; 40], None).unwrap();
    // On a busy machine the time may be over before a side has spun enough.
    let of_the_writer = until("the writer sleeps", || {
        let (_, calls) = seen(&nowhere, || writer.push(&[2; 40], TWO_NAPS).unwrap_err());
        (calls.sleeps > 1).then_some(calls)
    });
    reader.pop(&mut Vec::new(), None).unwrap();
    let of_the_reader = until("the reader sleeps", || {
        let (_, calls) = seen(&nowhere, || reader.pop(&mut Vec::new(), TWO_NAPS).unwrap_err());
        (calls.sleeps > 1).then_some(calls)
    });
    for calls in [of_the_writer, of_the_reader] {
        assert_eq!(calls.membarriers, 1, "{calls:?}");
    }
}

/// A way to take a side: what it needs is made first, for a ring with these fences.
type Taking = fn(FenceMode) -> Box<dyn FnOnce() + Send>;

/// Makes a ring with these fences. Nobody holds its sides.
fn a_ring(fences: FenceMode) -> Place {
    let place = Place::new();
    drop(by(fences, WaitStrategy::Sleep).create(place.ring(), CAPACITY).unwrap());
    place
}

/// Creates a ring by these options.
fn creates(options: &RingOptions) -> Box<dyn FnOnce() + Send> {
    let (place, options) = (Place::new(), options.clone());
    Box::new(move || drop(options.create(place.ring(), CAPACITY).unwrap()))
}

/// Options that ask for other fences than the ring has: whoever opens it has no say.
fn others(fences: FenceMode) -> RingOptions {
    by(if fences == Asymmetric { Symmetric } else { Asymmetric }, WaitStrategy::Sleep)
}

/// Memory with a ring that has these fences, and its writer, who stays.
fn memory(fences: FenceMode) -> (RingWriter, OwnedFd) {
    by(fences, WaitStrategy::Sleep).create_sealed(CAPACITY).unwrap()
}

const TAKING: &[(&str, Taking)] = &[
    ("create", |fences| creates(&by(fences, WaitStrategy::Sleep))),
    ("create, huge_pages(true)", |fences| creates(by(fences, WaitStrategy::Sleep).huge_pages(true))),
    ("create, prefault(true)", |fences| creates(by(fences, WaitStrategy::Sleep).prefault(true))),
    ("create, where linkat is refused", |fences| {
        let create = creates(&by(fences, WaitStrategy::Sleep));
        Box::new(|| in_a_sandbox(&[Calls::of(libc::SYS_linkat)], libc::EPERM, create))
    }),
    ("create_or_attach, where there is none", |fences| {
        let place = Place::new();
        Box::new(move || drop(by(fences, WaitStrategy::Sleep).create_or_attach(place.ring(), CAPACITY).unwrap()))
    }),
    ("create_or_attach, where there is one", |fences| {
        let place = a_ring(fences);
        Box::new(move || drop(others(fences).create_or_attach(place.ring(), CAPACITY).unwrap()))
    }),
    ("attach", |fences| {
        let place = a_ring(fences);
        Box::new(move || drop(others(fences).attach(place.ring()).unwrap()))
    }),
    ("attach_wait", |fences| {
        let place = a_ring(fences);
        Box::new(move || drop(others(fences).attach_wait(place.ring(), None).unwrap()))
    }),
    ("open", |fences| {
        let place = a_ring(fences);
        Box::new(move || drop(others(fences).open(place.ring()).unwrap()))
    }),
    ("open, huge_pages(true)", |fences| {
        let place = a_ring(fences);
        Box::new(move || drop(others(fences).huge_pages(true).open(place.ring()).unwrap()))
    }),
    ("open_wait", |fences| {
        let place = a_ring(fences);
        Box::new(move || drop(others(fences).open_wait(place.ring(), None).unwrap()))
    }),
    ("create_sealed", |fences| Box::new(move || drop(memory(fences)))),
    ("open_memory", |fences| {
        let (writer, memory) = memory(fences);
        Box::new(move || {
            drop(others(fences).open_memory(&memory).unwrap());
            drop(writer);
        })
    }),
    ("attach_memory", |fences| {
        let (writer, memory) = memory(fences);
        drop(writer);
        Box::new(move || drop(others(fences).attach_memory(&memory).unwrap()))
    }),
];

// Checks: T4.
#[test]
fn every_way_to_take_a_side_of_an_asymmetric_ring_registers_before_it_maps_and_no_other_does() {
    let nowhere = AtomicU64::new(0);
    for (what, taking) in TAKING {
        for fences in BOTH {
            let take = taking(fences);
            let ((), calls) = seen(&nowhere, take);
            // The two pages and the bytes.
            assert!(calls.maps >= 3, "{what}: {calls:?}");
            calls.judge(fences, &format!("{what}, {fences:?}"));
        }
    }
    // A ring whose fences nobody asked for has the best that there are.
    let ((), calls) = seen(&nowhere, creates(&RingOptions::new()));
    assert_eq!(calls.registrations, 1);
    calls.judge(Asymmetric, "create, no fences asked for");
}

/// The public functions of this type in src/ring whose signature has `words`.
fn functions(of: &str, words: &[&str]) -> BTreeSet<String> {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/ring")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let mut found = BTreeSet::new();
    for text in texts {
        let blocks = text.split("\nimpl").skip(1).filter(|block| {
            let head = block.lines().next().unwrap();
            head.contains(of) && !head.contains(" for ")
        });
        for function in blocks.flat_map(|block| block.split("    pub fn ").skip(1)) {
            let signature = function.split('{').next().unwrap();
            if words.iter().all(|word| signature.contains(word)) {
                found.insert(signature.split(['(', '<']).next().unwrap().to_string());
            }
        }
    }
    found
}

#[test]
fn every_function_that_takes_a_side_is_tried_and_so_is_every_one_that_waits() {
    let takes: BTreeSet<String> =
        ["RingWriter", "RingReader"].iter().flat_map(|side| functions("RingOptions", &["&self", side])).collect();
    let tried = TAKING.iter().map(|(what, _)| what.split(',').next().unwrap().to_string());
    assert_eq!(takes, tried.collect());
    for of in ["RingReader", "RingWriter", "WriteBatch"] {
        let tried = WAYS.iter().filter_map(|way| way.name().strip_prefix(of)?.strip_prefix("::"));
        assert_eq!(functions(of, &["&mut self", "timeout: "]), tried.map(String::from).collect());
    }
}
