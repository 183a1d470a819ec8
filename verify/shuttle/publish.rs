//! Property: what is popped is what was pushed, although nobody ever sleeps. Up to 2,000 messages of every length that
//! the ring takes.

use crate::bodies::{publish, Stream, STARTS};
use crate::engine::check;

#[test]
fn thousands_of_messages_of_all_lengths_come_out_as_they_went_in() {
    for start in STARTS {
        let lengths: Vec<usize> = (0..2000).map(|number| number * 7 % 49).collect();
        let stream = Stream::new(64, start, &lengths);
        check("publish, 2,000 messages", start, 16, move || publish::without_waiting(&stream, 2000));
    }
}

#[test]
fn sides_that_wait_awake_pass_on_everything() {
    for start in STARTS {
        let lengths: Vec<usize> = (0..500).map(|number| number * 7 % 49).collect();
        let stream = Stream::new(64, start, &lengths);
        check("publish, spinning, 500 messages", start, 16, move || publish::waiting_awake(&stream));
    }
}
