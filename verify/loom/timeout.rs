//! Property: a wait that times out has no effect, and a wake that races the time-out, or a signal, is not lost for the
//! next sleep. Who learns so that its peer is dead has all that it left.
//!
//! Bounds: stated at each model, and one timer that rings once, or one signal, at any moment. So it ends the first
//! sleep or a later one, before the wake, after it or instead of it; a second ring would find the state that the first
//! left, which is that of a side awake.

use ipc_ring::FenceMode;

use crate::bodies::{timeout, Stream, STARTS};
use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded};

#[test]
fn a_reader_that_times_out_is_woken_at_its_next_sleep() {
    for start in STARTS {
        let one = Stream::new(64, start, &[8]);
        check("time-out of the reader, 1 message", start, (AtMost(3), Unbounded), move || timeout::of_the_reader(&one));
        let two = Stream::new(64, start, &[8, 16]);
        check("time-out of the reader, 2 messages", start, (AtMost(2), AtMost(4)), move || {
            timeout::of_the_reader(&two);
        });
    }
}

#[test]
fn a_reader_whose_sleep_a_signal_ended_is_woken_at_its_next() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 16]);
        check("signal to the reader", start, (AtMost(2), AtMost(4)), move || timeout::and_signals(&stream));
    }
}

#[test]
fn a_reader_has_all_messages_before_it_learns_that_their_writer_died() {
    for start in STARTS {
        for (model, fences) in [
            ("last message of a dead writer", FenceMode::Symmetric),
            ("last message of a dead writer, no light fence", FenceMode::Asymmetric),
        ] {
            let stream = Stream::new(64, start, &[8]);
            check(model, start, (AtMost(3), AtMost(5)), move || {
                timeout::of_a_reader_whose_writer_dies(&stream, fences);
            });
        }
        let stream = Stream::new(64, start, &[8, 16]);
        check("last message of a dead writer, awake", start, (AtMost(3), Unbounded), move || {
            timeout::of_a_reader_awake_whose_writer_dies(&stream);
        });
    }
}

#[test]
fn a_writer_that_times_out_is_woken_at_its_next_sleep() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[24, 16, 8]);
        check("time-out of the writer", start, (AtMost(3), AtMost(5)), move || timeout::of_the_writer(&stream, 2, 2));
        let behind = Stream::new(64, start, &[24, 8, 24]);
        check("time-out of the writer behind padding", start, (AtMost(3), AtMost(5)), move || {
            timeout::of_the_writer(&behind, 2, 2);
        });
        let large = Stream::new(64, start, &[8, 48]);
        check("time-out of the writer at a wrap", start, (AtMost(2), AtMost(4)), move || {
            timeout::of_the_writer(&large, 1, 2);
        });
    }
}
