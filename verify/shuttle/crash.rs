//! Property: a side that dies between any two of its steps leaves exactly what it published; its peer learns of it,
//! and a successor goes on. Hundreds of messages, deaths spread over all their steps; here a copy is a step a granule,
//! so sides die in the midst of one too.

use crate::bodies::{crash, Stream, STARTS};
use crate::engine::check;

/// The steps before which a side dies: far apart, in no rhythm of the ring's.
const STEPS: [usize; 12] = [0, 3, 11, 29, 67, 149, 307, 613, 1229, 2459, 4919, 9839];

#[test]
fn a_writer_that_dies_leaves_what_it_published_wherever_it_was() {
    for start in STARTS {
        let lengths: Vec<usize> = (0..300).map(|number| number * 11 % 57).collect();
        let stream = Stream::new(64, start, &lengths);
        check("death of the writer, 300 messages", start, 2, move || {
            for steps in STEPS {
                crash::of_the_writer(&stream, steps);
            }
        });
    }
}

#[test]
fn a_reader_that_dies_leaves_what_it_did_not_release_wherever_it_was() {
    for start in STARTS {
        let lengths: Vec<usize> = (0..300).map(|number| number * 11 % 57).collect();
        let stream = Stream::new(256, start, &lengths);
        check("death of the reader, 300 messages", start, 2, move || {
            for steps in STEPS {
                crash::of_the_reader(&stream, 2, steps);
            }
        });
    }
}
