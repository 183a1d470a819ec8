//! Property: a wait that times out has no effect, and a wake that races the time-out is not lost for the next sleep.
//! Every push of 500 has its own time-out; besides the timer that rings once, one sleep in eight ends by itself.

use ipc_ring::FenceMode;
use ipc_ring_reference::bodies::timeout;

use crate::engine::check;

const ROOMY: usize = 16 * 1024;

// Checks: I10.
#[test]
fn a_reader_that_times_out_is_woken_at_its_next_sleep() {
    check("time-out of the reader, 500 messages", 16, ROOMY, &[16; 500], timeout::of_the_reader);
}

// Checks: I10.
#[test]
fn a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next() {
    check("signal to the reader, 500 messages", 16, ROOMY, &[16; 500], timeout::and_signals);
}

// Checks: I9.
#[test]
fn a_reader_has_all_messages_before_it_learns_that_their_writer_died() {
    check("last message of a dead writer", 16, ROOMY, &[16; 500], |stream| {
        timeout::of_a_reader_whose_writer_dies(stream, FenceMode::Symmetric);
    });
    let model = "last message of a dead writer, awake";
    check(model, 16, ROOMY, &[16; 500], timeout::of_a_reader_awake_whose_writer_dies);
}

// Checks: I10.
#[test]
fn a_writer_that_times_out_is_woken_at_its_next_sleep() {
    check("time-out of the writer, 489 messages", 16, ROOMY, &[24; 1000], |stream| {
        timeout::of_the_writer(stream, 511, 511);
    });
}
