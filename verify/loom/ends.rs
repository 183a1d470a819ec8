//! Property: the end of each stream comes to exactly one reader, in its place, whoever comes, goes or dies meanwhile;
//! and a writer is let in only where there is room for another.
//!
//! Bounds: stated at each model. Two streams of a message: between them stands everything that an end can stand
//! between, a message before it and one after it, and a writer that has come since. Every step at which the second
//! writer, or the reader, can die. A ring full of ends, one of which is taken: more would find the same state with
//! more room.

use ipc_ring_reference::bodies::{ends, pop_to_the_end};

use crate::engine::{check, check_each_step, Preemptions::AtMost, Preemptions::Unbounded};

// Checks: I18.
#[test]
fn the_end_of_each_stream_comes_in_its_place() {
    check("ends, each in its place", (AtMost(1), AtMost(2)), &[8, 0], |stream| {
        ends::come_each_in_its_place(stream, pop_to_the_end);
    });
}

// Checks: I18.
#[test]
fn a_batch_ends_where_its_stream_does() {
    check("ends, of batches", (AtMost(0), AtMost(1)), &[8, 0], |stream| {
        ends::come_each_in_its_place(stream, ends::batches_to_the_end);
    });
}

// Checks: I18.
#[test]
#[cfg_attr(miri, ignore = "Miri counts no steps")]
fn an_end_outlives_the_writer_that_comes_after_it_and_dies() {
    check_each_step("ends, a successor dies", (AtMost(1), AtMost(2)), &[8, 0], ends::outlive_a_successor);
}

// Checks: I18.
#[test]
#[cfg_attr(miri, ignore = "Miri counts no steps")]
fn an_end_comes_again_until_it_is_taken() {
    check_each_step("ends, the reader dies", (AtMost(1), AtMost(2)), &[8, 0], ends::come_again_until_they_are_taken);
}

// Checks: I18.
#[test]
fn a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before() {
    check("ends, no room for another", (AtMost(3), Unbounded), &[], ends::leave_no_room_for_another);
}
