//! Property: a side that leaves is missed, by a peer that is awake and by one that sleeps; a successor goes on.
//!
//! Bounds: stated at each model; one or two messages, so that there is something left to drain behind the end. The
//! reader of an empty ring has left before the writer looks: one execution shows it.

use crate::bodies::{close, Stream, STARTS};
use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded};

#[test]
fn a_reader_drains_and_then_learns_that_the_writer_left() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("close by the writer", start, AtMost(3), move || close::by_the_writer(&stream));
    }
}

#[test]
fn a_writer_learns_that_the_reader_left() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[40, 8]);
        check("close by the reader", start, AtMost(3), move || close::by_the_reader(&stream, 1));
    }
}

#[test]
fn a_writer_with_space_learns_that_the_reader_left() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("close of an empty ring", start, Unbounded, move || close::by_the_reader_of_an_empty_ring(&stream));
    }
}

#[test]
fn a_successor_of_the_writer_goes_on() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 8]);
        check("successor of the writer", start, AtMost(2), move || close::and_a_successor_of_the_writer(&stream));
    }
}
