//! Property: a side that dies between any two of its steps leaves exactly what it published; its peer learns of it,
//! and a successor goes on. Every step is one before which it dies once in each execution; here a copy is a step a
//! granule, so it dies in the midst of one too.

use crate::bodies::{crash, grant, push, Stream, STARTS};
use crate::engine::check;

/// Messages that go with their padding, behind it, or without.
const LENGTHS: [usize; 8] = [24, 8, 0, 48, 16, 40, 7, 48];

#[test]
fn a_writer_that_dies_leaves_what_it_published_wherever_it_was() {
    for start in STARTS {
        let stream = Stream::new(64, start, &LENGTHS);
        check("death of the writer, 8 messages", start, 16, move || {
            until_it_lives(|steps| crash::of_the_writer(&stream, steps, push));
        });
    }
}

#[test]
fn a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was() {
    for start in STARTS {
        let stream = Stream::new(64, start, &LENGTHS);
        check("death of the reader, 8 messages", start, 16, move || {
            until_it_lives(|steps| crash::of_the_reader(&stream, 2, steps));
        });
    }
}

#[test]
fn a_writer_that_dies_in_a_batch_leaves_what_it_published_of_it() {
    for start in STARTS {
        let stream = Stream::new(64, start, &LENGTHS);
        check("death of the writer in a batch, 8 messages", start, 2, move || {
            until_it_lives(|steps| crash::of_the_writers_batch(&stream, steps));
        });
    }
}

#[test]
fn a_writer_that_dies_in_a_grant_leaves_nothing_of_it() {
    for start in STARTS {
        let stream = Stream::new(64, start, &LENGTHS);
        check("death of the writer in a grant, 8 messages", start, 2, move || {
            until_it_lives(|steps| crash::of_the_writer(&stream, steps, grant::push_by_grant));
        });
    }
}

#[test]
fn a_reader_that_dies_in_a_batch_leaves_all_of_it() {
    for start in STARTS {
        let stream = Stream::new(64, start, &LENGTHS);
        check("death of the reader in a batch, 8 messages", start, 2, move || {
            until_it_lives(|steps| crash::of_the_readers_batch(&stream, 2, steps));
        });
    }
}

/// Has a side die before its first step, before its second one, and so on, until it has fewer steps than that.
pub fn until_it_lives(dies: impl Fn(usize) -> bool) {
    let steps = (0..).take_while(|&steps| dies(steps)).count();
    assert!(steps > LENGTHS.len(), "it died {steps} times");
}
