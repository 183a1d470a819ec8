//! Canaries: what is known to be wrong must be rejected, and what is known to be possible must be reached, before any
//! model's result counts. An engine that sees less than these would call everything right.

use std::collections::BTreeSet;
use std::sync::{Arc as StdArc, Mutex as StdMutex, OnceLock};

use loom::cell::UnsafeCell;
use loom::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use loom::sync::atomic::{fence, AtomicU64, Ordering};
use loom::sync::mpsc::channel;
use loom::sync::Arc;
use loom::thread;

use ipc_ring_reference::certificate::falls_short;
use ipc_ring_reference::wrong::is_found_wrong;
use serde_json::{json, Value};

use crate::engine::builder;

/// Runs all canaries, once in a process.
pub fn sing() {
    static SUNG: OnceLock<()> = OnceLock::new();
    SUNG.get_or_init(|| {
        store_buffering_is_reached_without_fences_and_with_weaker_ones_only();
        messages_overtake_their_payload_without_release_and_acquire_only();
        a_ring_that_publishes_relaxed_is_rejected();
        a_ring_that_publishes_before_it_copies_is_rejected();
        a_sleeper_that_looks_only_once_is_rejected();
    });
}

/// What two threads' loads may return together.
fn outcomes(body: impl Fn() -> (u64, u64) + Send + Sync + 'static) -> BTreeSet<(u64, u64)> {
    let seen = StdArc::new(StdMutex::new(BTreeSet::new()));
    let found = StdArc::clone(&seen);
    builder(None).check(move || {
        let outcome = body();
        seen.lock().unwrap().insert(outcome);
    });
    let found = std::mem::take(&mut *found.lock().unwrap());
    found
}

/// The engine finds `body` wrong, with a message that contains `how`: without a bound, and within the tightest that a
/// model has.
fn is_rejected(how: &str, body: impl Fn() + Send + Sync + Copy + 'static) {
    for bound in [None, Some(1)] {
        is_found_wrong(how, || builder(bound).check(body));
    }
}

/// Each thread stores its word and loads the other's.
fn store_buffering(between: Option<Ordering>) -> BTreeSet<(u64, u64)> {
    outcomes(move || {
        let words = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let side = move |words: Arc<[AtomicU64; 2]>, own: usize| {
            words[own].store(1, Relaxed);
            if let Some(ordering) = between {
                fence(ordering);
            }
            words[1 - own].load(Relaxed)
        };
        let others = Arc::clone(&words);
        let other = thread::spawn(move || side(others, 1));
        (side(words, 0), other.join().unwrap())
    })
}

fn store_buffering_is_reached_without_fences_and_with_weaker_ones_only() {
    let all = BTreeSet::from([(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!(store_buffering(None), all);
    assert_eq!(store_buffering(Some(Ordering::AcqRel)), all);
    assert_eq!(store_buffering(Some(SeqCst)), BTreeSet::from([(0, 1), (1, 0), (1, 1)]));
}

/// One thread stores a payload and then a flag; the other loads the flag and then the payload.
fn message_passing(store: Ordering, load: Ordering) -> BTreeSet<(u64, u64)> {
    outcomes(move || {
        let words = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let [payload, flag] = [0, 1];
        let theirs = Arc::clone(&words);
        let sender = thread::spawn(move || {
            theirs[payload].store(1, Relaxed);
            theirs[flag].store(1, store);
        });
        let seen = (words[flag].load(load), words[payload].load(Relaxed));
        sender.join().unwrap();
        seen
    })
}

fn messages_overtake_their_payload_without_release_and_acquire_only() {
    let all = BTreeSet::from([(0, 0), (0, 1), (1, 0), (1, 1)]);
    assert_eq!(message_passing(Relaxed, Acquire), all);
    assert_eq!(message_passing(Release, Relaxed), all);
    assert_eq!(message_passing(Release, Acquire), BTreeSet::from([(0, 0), (0, 1), (1, 1)]));
}

/// A ring of one place, whose writer hands over its cell by `publish`.
fn ring_of_one(publish: impl Fn(&UnsafeCell<u64>, &AtomicU64) + Send + Sync + Copy + 'static) {
    let ring = Arc::new((UnsafeCell::new(0), AtomicU64::new(0)));
    let writers = Arc::clone(&ring);
    let writer = thread::spawn(move || publish(&writers.0, &writers.1));
    if ring.1.load(Acquire) == 1 {
        // SAFETY: this is what the engine checks.
        ring.0.with(|cell| assert_eq!(unsafe { *cell }, 7));
    }
    writer.join().unwrap();
}

fn put(cell: &UnsafeCell<u64>) {
    // SAFETY: this is what the engine checks.
    cell.with_mut(|cell| unsafe { *cell = 7 });
}

fn a_ring_that_publishes_relaxed_is_rejected() {
    is_rejected("Causality violation", || {
        ring_of_one(|cell, cursor| {
            put(cell);
            cursor.store(1, Relaxed);
        });
    });
}

fn a_ring_that_publishes_before_it_copies_is_rejected() {
    is_rejected("Causality violation", || {
        ring_of_one(|cell, cursor| {
            cursor.store(1, Release);
            put(cell);
        });
    });
}

/// A sleeper that looks, announces itself and sleeps without a second look: the wake between goes to nobody.
fn a_sleeper_that_looks_only_once_is_rejected() {
    is_rejected("deadlock", || {
        let words = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let (bell, ear) = channel();
        let [cursor, waiting] = [0, 1];
        let theirs = Arc::clone(&words);
        let waker = thread::spawn(move || {
            theirs[cursor].store(1, SeqCst);
            fence(SeqCst);
            if theirs[waiting].load(SeqCst) == 1 {
                bell.send(()).unwrap();
            }
        });
        if words[cursor].load(SeqCst) == 0 {
            words[waiting].store(1, SeqCst);
            ear.recv().unwrap();
        }
        waker.join().unwrap();
    });
}

#[test]
fn a_certificate_that_is_not_reached_is_found_out() {
    fn entry(bound: &str, executions: u64, outcomes: &[&str]) -> Value {
        json!({ "bound": bound, "executions": executions, "outcomes": outcomes })
    }
    let certified = entry("unbounded", 100, &["a", "b"]);
    assert_eq!(falls_short(&certified, &entry("unbounded", 90, &["a", "b", "c"])), Ok(()));
    assert!(falls_short(&certified, &entry("unbounded", 89, &["a", "b"])).unwrap_err().contains("89 executions"));
    assert!(falls_short(&certified, &entry("unbounded", 100, &["a"])).unwrap_err().contains("not reached: b"));
    assert!(falls_short(&certified, &entry("at most 3", 100, &["a", "b"])).unwrap_err().contains("bound"));
    for key in ["executions", "outcomes"] {
        let mut damaged = certified.clone();
        damaged[key] = Value::Null;
        assert!(falls_short(&damaged, &certified).unwrap_err().contains(key));
    }
    assert!(falls_short(&Value::Null, &certified).unwrap_err().contains("not in the certificate"));
}
