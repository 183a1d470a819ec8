//! Property: a side that dies between any two of its steps leaves exactly what it published; its peer learns of it and
//! is not left waiting, and a successor goes on.
//!
//! Bounds: every step at which the side can die, each with all interleavings within the stated bound. The writer's
//! messages wrap, go with their padding and after it; the reader finds some and waits for others. One death: a second
//! one would meet the state that the first left, from which a successor is shown to go on. A batch is published once
//! after its first message and once at its end, so there is something to lose and something to keep; of one that a
//! reader holds, some was there before and some may come while it is read.

use ipc_ring_reference::bodies::{crash, grant, push};

use crate::engine::{check_each_step, Bounds, Preemptions::AtMost};

const WIDE: Bounds = (AtMost(2), AtMost(4));
const NARROW: Bounds = (AtMost(1), AtMost(3));

// Checks: I7, I9, O13, O14.
#[test]
fn a_writer_that_dies_leaves_what_it_published_wherever_it_was() {
    check_each_step("death of the writer", WIDE, &[8, 16], |stream, steps| crash::of_the_writer(stream, steps, push));
    check_each_step("death of the writer at a wrap", NARROW, &[8, 48], |stream, steps| {
        crash::of_the_writer(stream, steps, push)
    });
}

// Checks: I3, I9.
#[test]
fn a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was() {
    check_each_step("death of the reader", WIDE, &[24, 16, 8], |stream, steps| crash::of_the_reader(stream, 2, steps));
    check_each_step("death of the reader at a wrap", NARROW, &[8, 48], |stream, steps| {
        crash::of_the_reader(stream, 1, steps)
    });
}

// Checks: I7, I9, I13.
#[test]
fn a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it() {
    check_each_step("death of the writer in a batch", NARROW, &[8, 0, 16], crash::of_the_writers_batch);
}

// Checks: I7, I15.
#[test]
fn a_writer_that_dies_in_a_grant_leaves_nothing_of_it() {
    check_each_step("death of the writer in a grant", NARROW, &[8, 16], |stream, steps| {
        crash::of_the_writer(stream, steps, grant::push_by_grant)
    });
}

// Checks: I9, I14.
#[test]
fn a_reader_that_dies_in_a_batch_leaves_all_of_it() {
    check_each_step("death of the reader in a batch", NARROW, &[8, 16, 8], |stream, steps| {
        crash::of_the_readers_batch(stream, 2, steps)
    });
}
