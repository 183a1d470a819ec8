//! Property: the end of each stream comes to exactly one reader, in its place, whoever comes, goes or dies meanwhile;
//! and a writer is let in only where there is room for another. 1,000 streams, or each step before which a side can
//! die.

use super::crash::until_it_lives;
use crate::bodies::{ends, pop_to_the_end, Stream, STARTS};
use crate::engine::check;

#[test]
fn the_end_of_each_stream_comes_in_its_place() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[8; 1000]);
        check("ends, 1,000 streams", start, 16, move || ends::come_each_in_its_place(&stream, pop_to_the_end));
    }
}

#[test]
fn a_batch_ends_where_its_stream_does() {
    for start in STARTS {
        let stream = Stream::new(32 * 1024, start, &[8; 1000]);
        check("ends, 1,000 streams of batches", start, 8, move || {
            ends::come_each_in_its_place(&stream, ends::batches_to_the_end);
        });
    }
}

#[test]
fn an_end_outlives_the_writer_that_comes_after_it_and_dies() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 16]);
        check("ends, a successor dies", start, 16, move || {
            until_it_lives(|steps| ends::outlive_a_successor(&stream, steps));
        });
    }
}

#[test]
fn an_end_comes_again_until_it_is_taken() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("ends, the reader dies", start, 16, move || {
            until_it_lives(|steps| ends::come_again_until_they_are_taken(&stream, steps));
        });
    }
}

#[test]
fn a_writer_is_let_in_where_there_is_room_for_its_end_and_not_before() {
    for start in STARTS {
        let stream = Stream::new(256, start, &[]);
        check("ends, no room for another", start, 32, move || ends::leave_no_room_for_another(&stream));
    }
}
