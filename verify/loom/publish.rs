//! Property: what is popped is what was pushed, although nobody ever sleeps.
//!
//! Bounds: none on preemptions, but where sides wait awake. Three or four messages in a ring of eight granules, so
//! that the writer finds it full, laps the reader and reuses bytes that were just read; the reader looks in vain
//! twice. Two messages behind each other already show every pair of accesses to the same byte; the third and the
//! fourth reuse the first one's bytes.

use crate::bodies::{publish, Stream, STARTS};
use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded, ALWAYS_UNBOUNDED};

#[test]
fn messages_of_all_shapes_come_out_as_they_went_in() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0, 17]);
        check("publish, all shapes", start, ALWAYS_UNBOUNDED, move || publish::without_waiting(&stream, 2));
    }
}

#[test]
fn bytes_are_reused_only_after_they_were_read() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[24, 16, 16, 8]);
        check("publish, reuse", start, ALWAYS_UNBOUNDED, move || publish::without_waiting(&stream, 2));
    }
}

#[test]
fn sides_that_wait_awake_pass_on_everything() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[24, 16, 8]);
        check("publish, spinning", start, (AtMost(3), Unbounded), move || publish::waiting_awake(&stream));
    }
}

#[test]
fn messages_behind_padding_come_out_as_they_went_in() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[16, 16, 24]);
        check("publish, padding", start, ALWAYS_UNBOUNDED, move || publish::without_waiting(&stream, 2));
    }
}
