//! Property: of a grant exactly what is committed becomes a message, and one that is dropped holds nobody up. 1,000
//! messages of every length, each after a grant of its size that is dropped.

use ipc_ring_reference::bodies::{grant, Stream, STARTS};

use crate::engine::{check, check_from, lengths};

// Checks: I3, I15.
#[test]
fn what_is_committed_of_a_grant_comes_out_and_nothing_else() {
    check("grant, 1,000 messages", 8, 64, &lengths(1000, 7, 41), |stream| grant::without_waiting(stream, 1000));
}

// Checks: I12, I15.
#[test]
fn a_message_as_large_as_the_ring_gets_through_behind_a_grant_that_was_dropped() {
    for start in STARTS {
        let to_end = 64 - start.position as usize % 64;
        let stream = Stream::new(64, start, &[to_end - 24, 48]);
        check_from("grant, dropped behind padding", start, 16, move || {
            grant::aborted_before_a_message_as_large_as_the_ring(&stream, 16);
        });
    }
}
