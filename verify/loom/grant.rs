//! Property: of a grant exactly what is committed becomes a message, and one that is dropped holds nobody up.
//!
//! Bounds: none on preemptions where nobody waits. Three messages, written in place or by halves, each after a grant of
//! its size that is dropped, so that the next one finds other bytes there; what is reserved is always a granule more
//! than what is committed. The first message of the blocking model leaves two granules of a lap, into which the dropped
//! grant does not fit: its padding fills them, and the message after it needs all of the ring.

use ipc_ring_reference::bodies::{grant, STARTS};

use crate::engine::{check, check_from, stream, Preemptions::AtMost, ALWAYS};

// Checks: I3, I15.
#[test]
fn what_is_committed_of_a_grant_comes_out_and_nothing_else() {
    check("grant, whole, shrunk and dropped", ALWAYS, &[8, 16, 16], |stream| grant::without_waiting(stream, 2));
}

// Checks: I13, I15.
#[test]
fn what_a_forgotten_batch_left_outlasts_a_grant_that_is_dropped() {
    check("grant, dropped after a forgotten batch", ALWAYS, &[8, 8], |stream| {
        grant::dropped_after_a_batch_that_was_forgotten(stream, 2);
    });
}

// Checks: I12, I15.
#[test]
fn a_message_as_large_as_the_ring_gets_through_behind_a_grant_that_was_dropped() {
    for start in STARTS {
        let to_end = 64 - start.position as usize % 64;
        let bounds = (AtMost(2), AtMost(4));
        check_from("grant, dropped behind padding", start, bounds, stream(start, &[to_end - 24, 48]), |stream| {
            grant::aborted_before_a_message_as_large_as_the_ring(stream, 16);
        });
    }
}
