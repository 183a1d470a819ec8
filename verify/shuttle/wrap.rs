//! Property: every message that fits the ring gets through it, wherever the ring stands. 1,000 messages of
//! every length, in rings of 64 and of 256 bytes, so that every length meets every offset.

use ipc_ring_reference::bodies::wrap;

use crate::engine::{check, lengths};

// Checks: I12.
#[test]
fn a_thousand_messages_of_all_lengths_get_through_a_small_ring() {
    check("wrap, 1,000 messages, 64 bytes", 16, 64, &lengths(1000, 11, 49), wrap::in_blocking_mode);
}

// Checks: I12.
#[test]
fn a_thousand_messages_of_all_lengths_get_through_a_larger_ring() {
    check("wrap, 1,000 messages, 256 bytes", 16, 256, &lengths(1000, 31, 241), wrap::in_blocking_mode);
}
