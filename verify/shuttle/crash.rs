//! Property: a side that dies between any two of its steps leaves exactly what it published; its peer learns of it,
//! and a successor goes on. Every step is one before which it dies once in each execution; here a copy is a step a
//! granule, so it dies in the midst of one too.

use ipc_ring_reference::bodies::{crash, grant, push, Stream};

use crate::engine::check;

/// Messages that go with their padding, after it, or without any.
const LENGTHS: [usize; 8] = [24, 8, 0, 48, 16, 40, 7, 48];

/// Has a side die before its first step, before its second one, and so on, until it has fewer steps than that.
pub fn check_until_it_lives(
    model: &str,
    seeds: u64,
    lengths: &[usize],
    dies: impl Fn(&Stream, usize) -> bool + Send + Sync + Copy + 'static,
) {
    check(model, seeds, 64, lengths, move |stream| {
        let steps = (0..).take_while(|&steps| dies(stream, steps)).count();
        assert!(steps > LENGTHS.len(), "it died {steps} times");
    });
}

// Checks: I7, I9.
#[test]
fn a_writer_that_dies_leaves_what_it_published_wherever_it_was() {
    check_until_it_lives("death of the writer, 8 messages", 16, &LENGTHS, |stream, steps| {
        crash::of_the_writer(stream, steps, push)
    });
}

// Checks: I3, I9.
#[test]
fn a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was() {
    check_until_it_lives("death of the reader, 8 messages", 16, &LENGTHS, |stream, steps| {
        crash::of_the_reader(stream, 2, steps)
    });
}

// Checks: I7, I9, I13.
#[test]
fn a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it() {
    check_until_it_lives("death of the writer in a batch, 8 messages", 2, &LENGTHS, crash::of_the_writers_batch);
}

// Checks: I7, I15.
#[test]
fn a_writer_that_dies_in_a_grant_leaves_nothing_of_it() {
    check_until_it_lives("death of the writer in a grant, 8 messages", 2, &LENGTHS, |stream, steps| {
        crash::of_the_writer(stream, steps, grant::push_by_grant)
    });
}

// Checks: I9, I14.
#[test]
fn a_reader_that_dies_in_a_batch_leaves_all_of_it() {
    check_until_it_lives("death of the reader in a batch, 8 messages", 2, &LENGTHS, |stream, steps| {
        crash::of_the_readers_batch(stream, 2, steps)
    });
}
