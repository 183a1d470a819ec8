//! Property: a wait that times out has no effect, and a wake that races the time-out, or a signal, is not lost for the
//! next sleep. Who learns so that its peer is dead has all that it left.
//!
//! Bounds: stated at each model, and one timer that rings once, or one signal, at any moment. So it ends the first
//! sleep or a later one, before the wake, after it or instead of it; a second ring would find the state that the first
//! left, which is that of a side awake. In every model no sleep of a side goes past 50 ms by its clock; where a body
//! says what it waits for (`within`), none goes past its deadline or its next question.

use ipc_ring::FenceMode;
use ipc_ring_reference::bodies::timeout;

use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded};

// Checks: I10.
#[test]
fn a_reader_that_times_out_is_woken_at_its_next_sleep() {
    check("time-out of the reader, 1 message", (AtMost(3), Unbounded), &[8], timeout::of_the_reader);
    check("time-out of the reader, 2 messages", (AtMost(2), AtMost(4)), &[8, 16], timeout::of_the_reader);
}

// Checks: I10.
#[test]
fn a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next() {
    check("signal to the reader", (AtMost(2), AtMost(4)), &[8, 16], timeout::and_signals_in_time);
}

// Checks: I9, I10, O16, O17.
#[test]
#[cfg_attr(miri, ignore = "nobody can be told of a death")]
fn a_reader_has_all_messages_before_it_learns_that_their_writer_died() {
    for (model, fences) in [
        ("last message of a dead writer", FenceMode::Symmetric),
        ("last message of a dead writer, no light fence", FenceMode::Asymmetric),
    ] {
        let body = move |stream: &_| timeout::of_a_reader_whose_writer_dies(stream, fences);
        check(model, (AtMost(3), AtMost(5)), &[8], body);
    }
    let body = timeout::of_a_reader_awake_whose_writer_dies;
    check("last message of a dead writer, awake", (AtMost(3), Unbounded), &[8, 16], body);
}

// Checks: I10.
#[test]
fn a_writer_that_times_out_is_woken_at_its_next_sleep() {
    let (wide, narrow) = ((AtMost(3), AtMost(5)), (AtMost(2), AtMost(4)));
    check("time-out of the writer", wide, &[24, 16, 8], |stream| timeout::of_the_writer(stream, 2, 2));
    check("time-out of the writer behind padding", wide, &[24, 8, 24], |stream| timeout::of_the_writer(stream, 2, 2));
    check("time-out of the writer at a wrap", narrow, &[8, 48], |stream| timeout::of_the_writer(stream, 1, 2));
}
