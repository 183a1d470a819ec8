//! Property: what is popped is what was pushed, although nobody ever sleeps. Up to 2,000 messages of every length that
//! the ring takes.

use ipc_ring_reference::bodies::publish;

use crate::engine::{check, lengths};

// Checks: I3, I7, I12.
#[test]
fn thousands_of_messages_of_all_lengths_come_out_as_they_went_in() {
    check("publish, 2,000 messages", 16, 64, &lengths(2000, 7, 49), |stream| publish::without_waiting(stream, 2000));
}

// Checks: I12.
#[test]
fn sides_that_wait_awake_pass_on_everything() {
    check("publish, spinning, 500 messages", 16, 64, &lengths(500, 7, 49), publish::waiting_awake);
}
