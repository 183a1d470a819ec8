//! Property: whatever a peer stores into the words that it owns, at whatever moment, nothing panics, no access leaves
//! the ring, a header is loaded once a pass, and the verdict stays. Here the bytes are shared step by step too, so
//! headers change between the load of the cursor and their own.

use crate::bodies::hostile::{self, Pushing, Reading};
use crate::bodies::{Stream, STARTS};
use crate::engine::check;

#[test]
fn a_reader_survives_a_writer_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[]);
        check("hostile writer", start, 16, move || {
            for header in hostile::false_headers(&stream) {
                for cursor in hostile::lies(&stream) {
                    let (near, far) = (start.position.wrapping_add(16), start.position.wrapping_add(64));
                    hostile::the_writer(&stream, Reading::Popping, [header, 1 << 32 | 3], [cursor, near]);
                    hostile::the_writer(&stream, Reading::Popping, [1 << 32 | 3, header], [far, cursor]);
                }
            }
        });
    }
}

#[test]
fn a_reader_of_batches_survives_a_writer_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[]);
        check("hostile writer of batches", start, 1, move || {
            for reading in [Reading::InBatches, Reading::InPart, Reading::Peeking] {
                for header in hostile::false_headers(&stream) {
                    for cursor in hostile::lies(&stream) {
                        let far = start.position.wrapping_add(64);
                        hostile::the_writer(&stream, reading, [1 << 32 | 3, header], [far, cursor]);
                    }
                }
            }
            for is_committed in [true, false] {
                hostile::the_writer_of_a_batch_that_is_read_again(&stream, is_committed);
                hostile::the_writer_of_a_batch_that_is_corrupt(&stream, is_committed);
            }
        });
    }
}

#[test]
fn a_reader_asleep_survives_a_writer_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[]);
        check("hostile writer of a sleeper", start, 16, move || {
            for cursor in hostile::lies(&stream) {
                hostile::the_writer_of_a_sleeper(&stream, cursor);
            }
        });
    }
}

#[test]
fn a_writer_survives_a_reader_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[40, 8, 24]);
        check("hostile reader", start, 16, move || {
            for first in hostile::lies(&stream) {
                for then in hostile::lies(&stream) {
                    hostile::the_reader(&stream, Pushing::OneByOne, [first, then]);
                }
            }
        });
    }
}

#[test]
fn a_writer_of_batches_survives_a_reader_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[40, 8, 24]);
        check("hostile reader of batches", start, 2, move || {
            for first in hostile::lies(&stream) {
                for then in hostile::lies(&stream) {
                    hostile::the_reader(&stream, Pushing::InABatch, [first, then]);
                }
            }
        });
    }
}
