//! Property: every message that fits the ring gets through it, wherever the ring stands. 1,000 messages of
//! every length, in rings of 64 and of 256 bytes, so that every length meets every offset.

use crate::bodies::{wrap, Stream, STARTS};
use crate::engine::check;

#[test]
fn a_thousand_messages_of_all_lengths_get_through_a_small_ring() {
    for start in STARTS {
        let lengths: Vec<usize> = (0..1000).map(|number| number * 11 % 49).collect();
        let stream = Stream::new(64, start, &lengths);
        check("wrap, 1,000 messages, 64 bytes", start, 16, move || wrap::in_blocking_mode(&stream));
    }
}

#[test]
fn a_thousand_messages_of_all_lengths_get_through_a_larger_ring() {
    for start in STARTS {
        let lengths: Vec<usize> = (0..1000).map(|number| number * 31 % 241).collect();
        let stream = Stream::new(256, start, &lengths);
        check("wrap, 1,000 messages, 256 bytes", start, 16, move || wrap::in_blocking_mode(&stream));
    }
}
