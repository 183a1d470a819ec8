//! Property: a side that dies between any two of its steps leaves exactly what it published; its peer learns of it and
//! is not left waiting, and a successor goes on.
//!
//! Bounds: every step at which the side can die, each with all interleavings within the stated bound. The writer's
//! messages wrap, go with their padding and behind it; the reader finds some and waits for others. One death: a second
//! one would meet the state that the first left, from which a successor is shown to go on. A batch is published once
//! behind its first message and once at its end, so there is something to lose and something to keep; of one that a
//! reader holds, some was there before and some may come while it is read.

use crate::bodies::{crash, grant, push, Stream, STARTS};
use crate::engine::{check_each_step, Preemptions::AtMost};

#[test]
fn a_writer_that_dies_leaves_what_it_published_wherever_it_was() {
    for start in STARTS {
        let plain = Stream::new(64, start, &[8, 16]);
        check_each_step("death of the writer", start, (AtMost(2), AtMost(4)), move |steps| {
            crash::of_the_writer(&plain, steps, push)
        });
        let large = Stream::new(64, start, &[8, 48]);
        check_each_step("death of the writer at a wrap", start, (AtMost(1), AtMost(3)), move |steps| {
            crash::of_the_writer(&large, steps, push)
        });
    }
}

#[test]
fn a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[24, 16, 8]);
        check_each_step("death of the reader", start, (AtMost(2), AtMost(4)), move |steps| {
            crash::of_the_reader(&stream, 2, steps)
        });
        let large = Stream::new(64, start, &[8, 48]);
        check_each_step("death of the reader at a wrap", start, (AtMost(1), AtMost(3)), move |steps| {
            crash::of_the_reader(&large, 1, steps)
        });
    }
}

#[test]
fn a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0, 16]);
        check_each_step("death of the writer in a batch", start, (AtMost(1), AtMost(3)), move |steps| {
            crash::of_the_writers_batch(&stream, steps)
        });
    }
}

#[test]
fn a_writer_that_dies_in_a_grant_leaves_nothing_of_it() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 16]);
        check_each_step("death of the writer in a grant", start, (AtMost(1), AtMost(3)), move |steps| {
            crash::of_the_writer(&stream, steps, grant::push_by_grant)
        });
    }
}

#[test]
fn a_reader_that_dies_in_a_batch_leaves_all_of_it() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 16, 8]);
        check_each_step("death of the reader in a batch", start, (AtMost(1), AtMost(3)), move |steps| {
            crash::of_the_readers_batch(&stream, 2, steps)
        });
    }
}
