//! Property: the end of each stream comes to exactly one reader, in its place, whoever comes, goes or dies meanwhile;
//! and a writer is let in only where there is room for another.
//!
//! Bounds: stated at each model. Two streams of a message: between them stands everything that an end can stand
//! between, a message before it and one after it, and a writer that has come since. Every step at which the second
//! writer, or the reader, can die. A ring full of ends, of which one is taken: more would find the same state with
//! more room.

use crate::bodies::{ends, pop_to_the_end, Stream, STARTS};
use crate::engine::{check, check_each_step, Preemptions::AtMost, Preemptions::Unbounded};

#[test]
fn the_end_of_each_stream_comes_in_its_place() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("ends, each in its place", start, (AtMost(1), AtMost(2)), move || {
            ends::come_each_in_its_place(&stream, pop_to_the_end);
        });
    }
}

#[test]
fn a_batch_ends_where_its_stream_does() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("ends, of batches", start, (AtMost(0), AtMost(1)), move || {
            ends::come_each_in_its_place(&stream, ends::batches_to_the_end);
        });
    }
}

#[test]
fn an_end_outlives_the_writer_that_comes_after_it_and_dies() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check_each_step("ends, a successor dies", start, (AtMost(1), AtMost(2)), move |steps| {
            ends::outlive_a_successor(&stream, steps)
        });
    }
}

#[test]
fn an_end_comes_again_until_it_is_taken() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check_each_step("ends, the reader dies", start, (AtMost(1), AtMost(2)), move |steps| {
            ends::come_again_until_they_are_taken(&stream, steps)
        });
    }
}

#[test]
fn a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[]);
        check("ends, no room for another", start, (AtMost(3), Unbounded), move || {
            ends::leave_no_room_for_another(&stream);
        });
    }
}
