//! Property: every message that fits the ring gets through it, wherever the ring stands.
//!
//! Bounds: stated at each model, since both sides may sleep and the number of executions grows fast. The last
//! message fills the whole ring and does not start at its beginning, so its padding goes ahead alone: the
//! writer has to be let past the padding by a reader that has no message to pop. Behind three other messages even the
//! padding has to wait for space.

use crate::bodies::{wrap, Stream, STARTS};
use crate::engine::{check, Preemptions::AtMost};

#[test]
fn a_message_as_large_as_the_ring_gets_through_behind_its_padding() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 48]);
        check("wrap, full ring", start, (AtMost(3), AtMost(5)), move || wrap::in_blocking_mode(&stream));
        let behind = Stream::new(64, start, &[40, 8, 8, 48]);
        check("wrap, full ring, padding waits", start, (AtMost(1), AtMost(2)), move || {
            wrap::in_blocking_mode(&behind);
        });
    }
}

#[test]
fn small_and_large_messages_get_through_in_turn() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 40, 24]);
        check("wrap, in turn", start, (AtMost(1), AtMost(3)), move || wrap::in_blocking_mode(&stream));
    }
}
