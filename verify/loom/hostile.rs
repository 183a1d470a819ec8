//! Property: whatever a peer stores into the words that it owns, at whatever moment, nothing panics, no access leaves
//! the ring, a header is loaded once a pass, and the verdict stays.
//!
//! Bounds: every false header at three distances, with a true one after it; every pair of lies about a writer's
//! cursor, and one in three about a reader's. Two stores of a word show a peer that changes its mind; a lie is checked
//! by itself, so a third adds nothing. The reader pops in all of these; it reads in batches, and peeks, where the most
//! is published, and of one pair of lies in five, as the writer pushes into a batch. The batches that are read again
//! know no race: what matters is that a record changes between two passes over it.

use ipc_ring_reference::bodies::hostile::{self, Pushing, Reading};
use ipc_ring_reference::bodies::Stream;

use crate::engine::{check_all, Preemptions::AtMost, ALWAYS};

/// The header of a message of 3 bytes.
const GOOD: u64 = 1 << 32 | 3;
const READINGS: [Reading; 5] =
    [Reading::InBatches, Reading::InPart, Reading::InArrays, Reading::Peeking, Reading::TakingEnds];

// Checks: I2, I6.
#[test]
fn a_reader_survives_a_writer_that_stores_what_it_likes() {
    let published = |stream: &Stream| [8, 16, 64].map(|distance| stream.start.position.wrapping_add(distance));
    let headers = |stream: &_| pairs(&published(stream), &hostile::false_headers(stream));
    check_all("hostile writer, any header", ALWAYS, &[], headers, |stream, (cursor, header)| {
        hostile::the_writer(stream, Reading::Popping, [header, GOOD], [cursor, cursor]);
    });
    check_all(
        "hostile writer, any cursors",
        ALWAYS,
        &[],
        |stream| lies(stream, 1),
        |stream, (first, then)| {
            hostile::the_writer(stream, Reading::Popping, [GOOD, GOOD], [first, then]);
        },
    );
}

// Checks: I2, I6.
#[test]
fn a_reader_of_batches_survives_a_writer_that_stores_what_it_likes() {
    let headers = |stream: &_| pairs(&READINGS, &hostile::false_headers(stream));
    check_all("hostile writer of batches, any header", ALWAYS, &[], headers, |stream, (reading, header)| {
        let all = stream.start.position.wrapping_add(64);
        hostile::the_writer(stream, reading, [GOOD, header], [all, all]);
    });
    let cursors = |stream: &_| pairs(&READINGS, &lies(stream, 5));
    check_all("hostile writer of batches, any cursors", ALWAYS, &[], cursors, |stream, (reading, (first, then))| {
        hostile::the_writer(stream, reading, [GOOD, GOOD], [first, then]);
    });
    let is_committed = |_: &_| vec![true, false];
    let (again, corrupt) =
        ("hostile writer of a batch that is read again", "hostile writer of a batch that is corrupt");
    check_all(again, ALWAYS, &[], is_committed, hostile::the_writer_of_a_batch_that_is_read_again);
    check_all(corrupt, ALWAYS, &[], is_committed, hostile::the_writer_of_a_batch_that_is_corrupt);
}

// Checks: I6.
#[test]
#[cfg_attr(miri, ignore = "nobody can be told of a death")]
fn a_reader_asleep_survives_a_writer_that_stores_what_it_likes() {
    check_all("hostile writer of a sleeper", ALWAYS, &[], hostile::lies, hostile::the_writer_of_a_sleeper);
}

// Checks: I6.
#[test]
fn a_writer_survives_a_reader_that_stores_what_it_likes() {
    let (bounds, cursors) = ((AtMost(1), AtMost(2)), |stream: &_| lies(stream, 3));
    check_all("hostile reader, any cursors", bounds, &[40, 24], cursors, |stream, (first, then)| {
        hostile::the_reader(stream, Pushing::OneByOne, [first, then]);
    });
}

// Checks: I6.
#[test]
fn a_writer_of_batches_survives_a_reader_that_stores_what_it_likes() {
    let (bounds, cursors) = ((AtMost(1), AtMost(3)), |stream: &_| lies(stream, 5));
    check_all("hostile reader of batches", bounds, &[40, 24], cursors, |stream, (first, then)| {
        hostile::the_reader(stream, Pushing::InABatch, [first, then]);
    });
}

/// Pairs of lies about a cursor, one out of `every`.
fn lies(stream: &Stream, every: usize) -> Vec<(u64, u64)> {
    pairs(&hostile::lies(stream), &hostile::lies(stream)).into_iter().step_by(every).collect()
}

/// Every one of `these` with every one of `those`.
fn pairs<A: Copy, B: Copy>(these: &[A], those: &[B]) -> Vec<(A, B)> {
    these.iter().flat_map(|&one| those.iter().map(move |&other| (one, other))).collect()
}
