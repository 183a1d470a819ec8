//! Property: of a grant exactly what is committed becomes a message, and one that is dropped holds nobody up.
//!
//! Bounds: none on preemptions where nobody waits. Three messages, written in place or by halves, each after a grant of
//! its size that is dropped, so that the next one finds other bytes there; what is reserved is always a granule more
//! than what is committed. The first message of the blocking model leaves two granules of a lap, into which the dropped
//! grant does not fit: its padding fills them, and the message behind it needs all of the ring.

use crate::bodies::{grant, Stream, STARTS};
use crate::engine::{check, Preemptions::AtMost, ALWAYS_UNBOUNDED};

#[test]
fn what_is_committed_of_a_grant_comes_out_and_nothing_else() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 16, 16]);
        check("grant, whole, shrunk and dropped", start, ALWAYS_UNBOUNDED, move || {
            grant::without_waiting(&stream, 2);
        });
    }
}

#[test]
fn a_message_as_large_as_the_ring_gets_through_behind_a_grant_that_was_dropped() {
    for start in STARTS {
        let to_end = 64 - start.position as usize % 64;
        let stream = Stream::new(64, start, &[to_end - 24, 48]);
        check("grant, dropped behind padding", start, (AtMost(2), AtMost(4)), move || {
            grant::aborted_before_a_message_as_large_as_the_ring(&stream, 16);
        });
    }
}
