//! Canaries: what is known to be wrong must be found, before any model's result counts.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Once};

use shuttle::scheduler::RandomScheduler;
use shuttle::sync::atomic::{AtomicU64, Ordering::SeqCst};
use shuttle::sync::mpsc::channel;
use shuttle::thread;

use ipc_ring_reference::wrong::is_found_wrong;

use crate::engine::run;

/// Runs all canaries, once in a process.
pub fn sing() {
    static SUNG: Once = Once::new();
    SUNG.call_once(|| {
        the_sides_of_store_buffering_see_each_other_in_every_way_but_one();
        is_found("read before it was written", publishing_before_the_copy);
        is_found("deadlock", sleeping_without_a_second_look);
    });
}

/// Each thread stores its word and loads the other's. In one order of all accesses, one of the two comes second.
fn the_sides_of_store_buffering_see_each_other_in_every_way_but_one() {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let found = Arc::clone(&seen);
    run(schedules(), move || {
        let words = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let side = |words: &[AtomicU64; 2], own: usize| {
            words[own].store(1, SeqCst);
            words[1 - own].load(SeqCst)
        };
        let others = Arc::clone(&words);
        let other = thread::spawn(move || side(&others, 1));
        let outcome = (side(&words, 0), other.join().unwrap());
        found.lock().unwrap().insert(outcome);
    });
    assert_eq!(*seen.lock().unwrap(), BTreeSet::from([(0, 1), (1, 0), (1, 1)]));
}

fn schedules() -> Box<RandomScheduler> {
    Box::new(RandomScheduler::new_from_seed(1, 300))
}

/// Some schedule among a few hundred shows that `body` is wrong, with a message that contains `how`.
fn is_found(how: &str, body: fn()) {
    is_found_wrong(how, || {
        run(schedules(), body);
    });
}

/// A ring of one place, which is published before it is filled.
fn publishing_before_the_copy() {
    let ring = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let [payload, cursor] = [0, 1];
    let writers = Arc::clone(&ring);
    let writer = thread::spawn(move || {
        writers[cursor].store(1, SeqCst);
        writers[payload].store(7, SeqCst);
    });
    if ring[cursor].load(SeqCst) == 1 {
        assert_eq!(ring[payload].load(SeqCst), 7, "read before it was written");
    }
    writer.join().unwrap();
}

/// A sleeper that looks, announces itself and sleeps without a second look: the wake between goes to nobody.
fn sleeping_without_a_second_look() {
    let words = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let (bell, ear) = channel();
    let [cursor, waiting] = [0, 1];
    let (theirs, kept) = (Arc::clone(&words), bell.clone());
    let waker = thread::spawn(move || {
        theirs[cursor].store(1, SeqCst);
        if theirs[waiting].load(SeqCst) == 1 {
            bell.send(()).unwrap();
        }
    });
    if words[cursor].load(SeqCst) == 0 {
        words[waiting].store(1, SeqCst);
        ear.recv().unwrap();
    }
    waker.join().unwrap();
    drop(kept);
}
