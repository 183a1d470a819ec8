//! Property: what is pushed into a batch is published together, and never withheld from a reader whose writer waits;
//! what is read in a batch is released by its commit, together, as far as that says, and not at all if there is none.
//!
//! Bounds: none on preemptions where nobody waits, or one side alone. Messages are read in place: their bytes are
//! watched until all of a batch is let go. Two batches of two messages, or of two and one, show every pair of accesses
//! to the same byte; the last one reuses bytes of the first batch's. From the two later starts a lap ends within the
//! first batch, in padding where the lengths ask for it. The batch that is larger than the ring has space for all but
//! its last message, for which its writer waits with the others in hand; a batch that takes its reader past what the
//! writer waits for does so by two records.

use ipc_ring_reference::bodies::batch;

use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded, ALWAYS};

// Checks: I13.
#[test]
fn a_batch_is_published_as_one() {
    check("batch, as one", ALWAYS, &[16, 8, 0], |stream| batch::is_published_as_one(stream, 2));
}

// Checks: I2, I3, I13, I14, O1, O2, O3, O4.
#[test]
fn batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read() {
    check("batch, reuse", ALWAYS, &[24, 16, 16, 8], |stream| batch::without_waiting(stream, 2, 2));
    check("batch, padding", ALWAYS, &[8, 16, 24], |stream| batch::without_waiting(stream, 2, 2));
}

// Checks: I2, I3, I13, O1, O2, O3, O4.
#[test]
fn arrays_come_out_as_they_went_in() {
    check("batch, arrays", ALWAYS, &[16; 4], |stream| batch::of_one_length::<16>(stream, 2, 2));
}

// Checks: I11, I13.
#[test]
fn arrays_larger_than_the_ring_get_through() {
    let bounds = (AtMost(3), AtMost(5));
    check("batch, arrays larger than the ring", bounds, &[16; 3], |stream| {
        batch::of_one_length_in_blocking_mode::<16>(stream, 2);
    });
}

// Checks: I12, I13.
#[test]
fn a_batch_larger_than_the_ring_gets_through() {
    let bounds = (AtMost(3), AtMost(5));
    check("batch, larger than the ring", bounds, &[24, 16, 24], |stream| batch::in_blocking_mode(stream, 2));
}

// Checks: I11, I14.
#[test]
fn a_writer_asleep_is_woken_by_a_batch_that_goes_past_what_it_waits_for() {
    check("batch, wake the writer", ALWAYS, &[8, 8, 8, 0, 24], |stream| batch::wakes_the_writer(stream, 4));
}

// Checks: I14.
#[test]
fn a_batch_that_is_not_committed_gives_nothing_back_and_comes_again() {
    check("batch, left", ALWAYS, &[16, 8, 0, 24], |stream| batch::may_be_left(stream, 3));
}

// Checks: I14.
#[test]
fn a_batch_that_is_committed_in_part_gives_that_part_back_and_the_rest_comes_again() {
    let bounds = (AtMost(3), Unbounded);
    check("batch, committed in part", bounds, &[16, 8, 0, 24], |stream| batch::may_be_committed_in_part(stream, 3));
}
