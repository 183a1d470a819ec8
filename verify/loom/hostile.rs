//! Property: whatever a peer stores into the words that it owns, at whatever moment, nothing panics, no access leaves
//! the ring, a header is loaded once a pass, and the verdict stays.
//!
//! Bounds: every false header at three distances, with a true one behind it; every pair of lies about a writer's
//! cursor, and one in three about a reader's. Two stores of a word show a peer that changes its mind; a lie is checked
//! by itself, so a third adds nothing. The reader pops in all of these; it reads in batches, and peeks, where the most
//! is published, and of one pair of lies in five, as the writer pushes into a batch. The batches that are read again
//! know no race: what matters is that a record changes between two passes over it.

use crate::bodies::hostile::{self, Pushing, Reading};
use crate::bodies::{Stream, STARTS};
use crate::engine::{check_all, Preemptions::AtMost, ALWAYS_UNBOUNDED};

#[test]
fn a_reader_survives_a_writer_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[]);
        let good = 1 << 32 | 3;
        let published = [8, 16, 64].map(|distance| start.position.wrapping_add(distance)).to_vec();
        let headers = pairs(published, hostile::false_headers(&stream));
        check_all("hostile writer, any header", start, ALWAYS_UNBOUNDED, headers, {
            let stream = stream.clone();
            move |&(cursor, header)| hostile::the_writer(&stream, Reading::Popping, [header, good], [cursor, cursor])
        });
        let cursors = pairs(hostile::lies(&stream), hostile::lies(&stream));
        check_all("hostile writer, any cursors", start, ALWAYS_UNBOUNDED, cursors, move |&(first, then)| {
            hostile::the_writer(&stream, Reading::Popping, [good, good], [first, then]);
        });
    }
}

#[test]
fn a_reader_of_batches_survives_a_writer_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[]);
        let good = 1 << 32 | 3;
        let all = start.position.wrapping_add(64);
        let readings = [Reading::InBatches, Reading::InPart, Reading::Peeking, Reading::TakingEnds];
        let headers = pairs(readings.to_vec(), hostile::false_headers(&stream));
        check_all("hostile writer of batches, any header", start, ALWAYS_UNBOUNDED, headers, {
            let stream = stream.clone();
            move |&(reading, header)| hostile::the_writer(&stream, reading, [good, header], [all, all])
        });
        let cursors = pairs(hostile::lies(&stream), hostile::lies(&stream)).into_iter().step_by(5).collect();
        let cursors = pairs(readings.to_vec(), cursors);
        let (racing, again, corrupt) = (stream.clone(), stream.clone(), stream.clone());
        check_all("hostile writer of batches, any cursors", start, ALWAYS_UNBOUNDED, cursors, move |case| {
            let &(reading, (first, then)) = case;
            hostile::the_writer(&racing, reading, [good, good], [first, then]);
        });
        check_all("hostile writer of a batch that is read again", start, ALWAYS_UNBOUNDED, vec![true, false], {
            move |&is_committed| hostile::the_writer_of_a_batch_that_is_read_again(&again, is_committed)
        });
        check_all("hostile writer of a batch that is corrupt", start, ALWAYS_UNBOUNDED, vec![true, false], {
            move |&is_committed| hostile::the_writer_of_a_batch_that_is_corrupt(&corrupt, is_committed)
        });
    }
}

#[test]
fn a_reader_asleep_survives_a_writer_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[]);
        let lies = hostile::lies(&stream);
        check_all("hostile writer of a sleeper", start, ALWAYS_UNBOUNDED, lies, move |&cursor| {
            hostile::the_writer_of_a_sleeper(&stream, cursor);
        });
    }
}

#[test]
fn a_writer_survives_a_reader_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[40, 24]);
        let cursors = pairs(hostile::lies(&stream), hostile::lies(&stream)).into_iter().step_by(3).collect();
        check_all("hostile reader, any cursors", start, (AtMost(1), AtMost(2)), cursors, move |&(first, then)| {
            hostile::the_reader(&stream, Pushing::OneByOne, [first, then]);
        });
    }
}

#[test]
fn a_writer_of_batches_survives_a_reader_that_stores_what_it_likes() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[40, 24]);
        let cursors = pairs(hostile::lies(&stream), hostile::lies(&stream)).into_iter().step_by(5).collect();
        check_all("hostile reader of batches", start, (AtMost(1), AtMost(3)), cursors, move |&(first, then)| {
            hostile::the_reader(&stream, Pushing::InABatch, [first, then]);
        });
    }
}

/// Every one of `these` with every one of `those`.
fn pairs<A: Copy, B: Copy>(these: Vec<A>, those: Vec<B>) -> Vec<(A, B)> {
    these.iter().flat_map(|&one| those.iter().map(move |&other| (one, other))).collect()
}
