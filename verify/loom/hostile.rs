//! Property: whatever a peer stores into the words that it owns, at whatever moment, nothing panics, no access leaves
//! the ring, a header is loaded once a call, and the verdict stays.
//!
//! Bounds: every false header at three distances, with a true one behind it; every pair of lies about a cursor. Two
//! stores of a word show a peer that changes its mind; a lie is checked by itself, so a third adds nothing.

use crate::bodies::{hostile, Stream, STARTS};
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
            move |&(cursor, header)| hostile::the_writer(&stream, [header, good], [cursor, cursor])
        });
        let cursors = pairs(hostile::lies(&stream), hostile::lies(&stream));
        check_all("hostile writer, any cursors", start, ALWAYS_UNBOUNDED, cursors, move |&(first, then)| {
            hostile::the_writer(&stream, [good, good], [first, then]);
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
        let cursors = pairs(hostile::lies(&stream), hostile::lies(&stream));
        check_all("hostile reader, any cursors", start, (AtMost(1), AtMost(3)), cursors, move |&(first, then)| {
            hostile::the_reader(&stream, [first, then]);
        });
    }
}

/// Every one of `these` with every one of `those`.
fn pairs(these: Vec<u64>, those: Vec<u64>) -> Vec<(u64, u64)> {
    these.iter().flat_map(|&one| those.iter().map(move |&other| (one, other))).collect()
}
