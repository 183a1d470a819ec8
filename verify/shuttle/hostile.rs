//! Property: whatever a peer stores into the words that it owns, at whatever moment, nothing panics, no access leaves
//! the ring, a header is loaded once a pass, and the verdict stays. Here the bytes are shared step by step too, so
//! headers change between the load of the cursor and their own.

use ipc_ring_reference::bodies::hostile::{self, Pushing, Reading};
use ipc_ring_reference::bodies::Stream;

use crate::engine::check;

// Checks: I2, I6.
#[test]
fn a_reader_survives_a_writer_that_stores_what_it_likes() {
    check("hostile writer", 16, 64, &[], |stream| {
        for header in hostile::false_headers(stream) {
            for cursor in hostile::lies(stream) {
                let (near, far) = (stream.start.position.wrapping_add(16), stream.start.position.wrapping_add(64));
                hostile::the_writer(stream, Reading::Popping, [header, 1 << 32 | 3], [cursor, near]);
                hostile::the_writer(stream, Reading::Popping, [1 << 32 | 3, header], [far, cursor]);
            }
        }
    });
}

// Checks: I2, I6.
#[test]
fn a_reader_of_batches_survives_a_writer_that_stores_what_it_likes() {
    check("hostile writer of batches", 1, 64, &[], |stream| {
        for reading in [Reading::InBatches, Reading::InPart, Reading::InArrays, Reading::Peeking] {
            for header in hostile::false_headers(stream) {
                for cursor in hostile::lies(stream) {
                    let far = stream.start.position.wrapping_add(64);
                    hostile::the_writer(stream, reading, [1 << 32 | 3, header], [far, cursor]);
                }
            }
        }
        for is_committed in [true, false] {
            hostile::the_writer_of_a_batch_that_is_read_again(stream, is_committed);
            hostile::the_writer_of_a_batch_that_is_corrupt(stream, is_committed);
        }
    });
}

// Checks: I6.
#[test]
fn a_reader_asleep_survives_a_writer_that_stores_what_it_likes() {
    check("hostile writer of a sleeper", 16, 64, &[], |stream| {
        for cursor in hostile::lies(stream) {
            hostile::the_writer_of_a_sleeper(stream, cursor);
        }
    });
}

/// A reader lies twice, with every pair of lies.
fn lies_to(stream: &Stream, pushing: Pushing) {
    for first in hostile::lies(stream) {
        for then in hostile::lies(stream) {
            hostile::the_reader(stream, pushing, [first, then]);
        }
    }
}

// Checks: I6.
#[test]
fn a_writer_survives_a_reader_that_stores_what_it_likes() {
    check("hostile reader", 16, 64, &[40, 8, 24], |stream| lies_to(stream, Pushing::OneByOne));
}

// Checks: I6.
#[test]
fn a_writer_of_batches_survives_a_reader_that_stores_what_it_likes() {
    check("hostile reader of batches", 2, 64, &[40, 8, 24], |stream| lies_to(stream, Pushing::InABatch));
}
