//! Property: every message that fits the ring gets through it, wherever the ring stands.
//!
//! Bounds: stated at each model, since both sides may sleep and the number of executions grows fast. The last
//! message fills the whole ring and does not start at its beginning, so its padding goes ahead alone: the
//! writer has to be let past the padding by a reader that has no message to pop. After three other messages even the
//! padding has to wait for space.

use ipc_ring_reference::bodies::wrap;

use crate::engine::{check, Preemptions::AtMost};

// Checks: I3, I12.
#[test]
fn a_message_as_large_as_the_ring_gets_through_behind_its_padding() {
    check("wrap, full ring", (AtMost(3), AtMost(5)), &[8, 48], wrap::in_blocking_mode);
    check("wrap, full ring, padding waits", (AtMost(1), AtMost(2)), &[40, 8, 8, 48], wrap::in_blocking_mode);
}

// Checks: I3, I11, I12.
#[test]
fn small_and_large_messages_get_through_in_turn() {
    check("wrap, in turn", (AtMost(1), AtMost(3)), &[8, 40, 24], wrap::in_blocking_mode);
}
