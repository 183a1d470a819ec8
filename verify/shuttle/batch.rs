//! Property: what is pushed into a batch is published together, and never withheld from a reader whose writer waits;
//! what is read in a batch is released by its commit, together, as far as that says, and not at all if there is none.
//! Here the bytes of a batch are read in place step by step, and copied when all steps are done: by then a writer that
//! was let in would have changed them. Up to 1,000 messages in batches of up to 64.

use ipc_ring_reference::bodies::batch;

use crate::engine::{check, lengths};

// Checks: I13.
#[test]
fn a_batch_is_published_as_one() {
    check("batch, as one, 500 messages", 8, 16 * 1024, &[24; 500], |stream| batch::is_published_as_one(stream, 100));
}

// Checks: I2, I3, I13, I14.
#[test]
fn batches_come_out_as_they_went_in_and_are_not_written_to_while_they_are_read() {
    check("batch, 1,000 messages of all lengths", 8, 256, &lengths(1000, 7, 49), |stream| {
        batch::without_waiting(stream, 5, 1000);
    });
}

// Checks: I2, I3, I13.
#[test]
fn arrays_come_out_as_they_went_in() {
    check("batch, arrays of 1,000 messages", 8, 256, &[13; 1000], |stream| batch::of_one_length::<13>(stream, 5, 1000));
}

// Checks: I11, I13.
#[test]
fn arrays_larger_than_the_ring_get_through() {
    check("batch, arrays, 64 bytes", 4, 64, &[13; 1000], |stream| {
        batch::of_one_length_in_blocking_mode::<13>(stream, 64);
    });
}

// Checks: I12, I13.
#[test]
fn a_batch_larger_than_the_ring_gets_through() {
    check("batch, 1,000 messages, 64 bytes", 4, 64, &lengths(1000, 11, 49), |stream| {
        batch::in_blocking_mode(stream, 64);
    });
}

// Checks: I11, I14.
#[test]
fn a_writer_asleep_is_woken_by_a_batch_that_goes_past_what_it_waits_for() {
    check("batch, wake the writer, 64 messages", 8, 4096, &[24; 192], |stream| batch::wakes_the_writer(stream, 127));
}

// Checks: I14.
#[test]
fn a_batch_that_is_not_committed_gives_nothing_back_and_comes_again() {
    check("batch, left, 127 messages", 8, 4096, &[24; 192], |stream| batch::may_be_left(stream, 127));
}

// Checks: I14.
#[test]
fn a_batch_that_is_committed_in_part_gives_that_part_back_and_the_rest_comes_again() {
    check("batch, committed in part, 31 messages", 8, 1024, &[24; 48], |stream| {
        batch::may_be_committed_in_part(stream, 31);
    });
}
