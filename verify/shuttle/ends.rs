//! Property: the end of each stream comes to exactly one reader, in its place, whoever comes, goes or dies meanwhile;
//! and a writer is let in only where there is room for another. 1,000 streams, or each step before which a side can
//! die.

use ipc_ring_reference::bodies::{ends, pop_to_the_end};

use super::crash::check_until_it_lives;
use crate::engine::check;

// Checks: I18.
#[test]
fn the_end_of_each_stream_comes_in_its_place() {
    check("ends, 1,000 streams", 16, 32 * 1024, &[8; 1000], |stream| {
        ends::come_each_in_its_place(stream, pop_to_the_end);
    });
}

// Checks: I18.
#[test]
fn a_batch_ends_where_its_stream_does() {
    check("ends, 1,000 streams of batches", 8, 32 * 1024, &[8; 1000], |stream| {
        ends::come_each_in_its_place(stream, ends::batches_to_the_end);
    });
}

// Checks: I18.
#[test]
fn an_end_outlives_the_writer_that_comes_after_it_and_dies() {
    check_until_it_lives("ends, a successor dies", 16, &[8, 16], ends::outlive_a_successor);
}

// Checks: I18.
#[test]
fn an_end_comes_again_until_it_is_taken() {
    check_until_it_lives("ends, the reader dies", 16, &[8, 0], ends::come_again_until_they_are_taken);
}

// Checks: I18.
#[test]
fn a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before() {
    check("ends, no room for another", 32, 256, &[], ends::leave_no_room_for_another);
}
