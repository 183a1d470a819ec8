//! Property: what is popped is what was pushed, although nobody ever sleeps.
//!
//! Bounds: none on preemptions, but where sides wait awake. Three or four messages in a ring of eight granules, so
//! that the writer finds it full, laps the reader and reuses bytes that were just read; the reader looks in vain
//! twice. Two messages after each other already show every pair of accesses to the same byte; the third and the
//! fourth reuse the first one's bytes.

use ipc_ring_reference::bodies::publish;

use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded, ALWAYS};

// Checks: I2, I3, I7, I12, O1, O2.
#[test]
fn messages_of_all_shapes_come_out_as_they_went_in() {
    check("publish, all shapes", ALWAYS, &[8, 0, 17], |stream| publish::without_waiting(stream, 2));
}

// Checks: I3, O3, O4.
#[test]
fn bytes_are_reused_only_after_they_were_read() {
    check("publish, reuse", ALWAYS, &[24, 16, 16, 8], |stream| publish::without_waiting(stream, 2));
}

// Checks: I12.
#[test]
fn sides_that_wait_awake_pass_on_everything() {
    check("publish, spinning", (AtMost(3), Unbounded), &[24, 16, 8], publish::waiting_awake);
}

// Checks: I2, I3, I12.
#[test]
fn messages_behind_padding_come_out_as_they_went_in() {
    check("publish, padding", ALWAYS, &[16, 16, 24], |stream| publish::without_waiting(stream, 2));
}
