//! What batches do that no model can have: to a model, a panic is a death.
#![cfg(not(any(loom, shuttle)))]

use std::panic::{catch_unwind, AssertUnwindSafe};

use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, WaitStrategy};
use ipc_ring_reference::pop_all;

#[test]
fn a_batch_whose_reader_panics_comes_again() {
    let ring = HeapRing::new(64, 0, FenceMode::Symmetric);
    // SAFETY: I3 (nobody else holds the writer's side).
    let mut writer = unsafe { ring.writer(WaitStrategy::Sleep) }.unwrap();
    // SAFETY: I3 (nor the reader's).
    let mut reader = unsafe { ring.reader(WaitStrategy::Sleep) }.unwrap();
    writer.push(b"one", None).unwrap();
    writer.push(b"two", None).unwrap();
    let dealing = catch_unwind(AssertUnwindSafe(|| {
        let mut batch = reader.batch(2, None).unwrap();
        assert_eq!((&mut batch).into_iter().count(), 2);
        panic!("in the midst of a batch");
    }));
    assert!(dealing.is_err());
    assert_eq!(writer.used_bytes(), 32);
    pop_all(&mut reader, [b"one", b"two"]);
    assert!(writer.is_empty());
}
