//! Property: a wait that times out has no effect, and a wake that races the time-out is not lost for the next sleep.
//! Every push of 500 has its own time-out; besides the timer that rings once, one sleep in eight ends by itself.

use ipc_ring::FenceMode;

use crate::bodies::{timeout, Stream, STARTS};
use crate::engine::check;

#[test]
fn a_reader_that_times_out_is_woken_at_its_next_sleep() {
    for start in STARTS {
        let stream = Stream::new(16 * 1024, start, &[16; 500]);
        check("time-out of the reader, 500 messages", start, 16, move || timeout::of_the_reader(&stream));
    }
}

#[test]
fn a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next() {
    for start in STARTS {
        let stream = Stream::new(16 * 1024, start, &[16; 500]);
        check("signal to the reader, 500 messages", start, 16, move || timeout::and_signals(&stream));
    }
}

#[test]
fn a_reader_has_all_messages_before_it_learns_that_their_writer_died() {
    for start in STARTS {
        let stream = Stream::new(16 * 1024, start, &[16; 500]);
        let awake = stream.clone();
        check("last message of a dead writer", start, 16, move || {
            timeout::of_a_reader_whose_writer_dies(&stream, FenceMode::Symmetric);
        });
        check("last message of a dead writer, awake", start, 16, move || {
            timeout::of_a_reader_awake_whose_writer_dies(&awake);
        });
    }
}

#[test]
fn a_writer_that_times_out_is_woken_at_its_next_sleep() {
    for start in STARTS {
        let stream = Stream::new(16 * 1024, start, &[24; 1000]);
        check("time-out of the writer, 489 messages", start, 16, move || timeout::of_the_writer(&stream, 511, 511));
    }
}
