//! Property: a side that leaves is missed, by a peer that is awake and by one that sleeps; a successor goes on.
//!
//! Bounds: stated at each model; one or two messages, so that there is something left to drain behind the end. The
//! reader of an empty ring has left before the writer looks: one execution shows it.

use ipc_ring::TryPushError;

use crate::bodies::close::{self, Going};
use crate::bodies::{Stream, STARTS};
use crate::engine::{check, thread, Preemptions::AtMost, Preemptions::Unbounded, ALWAYS_UNBOUNDED};

#[test]
fn a_reader_drains_and_then_learns_that_the_writer_left() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("close by the writer", start, (AtMost(3), AtMost(5)), move || close::by_the_writer(&stream));
    }
}

#[test]
fn a_reader_drains_and_then_learns_whether_the_stream_has_ended() {
    for start in STARTS {
        for (model, going) in [
            ("finished by the writer", Going::Finished),
            ("abandoned by the writer", Going::Abandoned),
            ("dropped by a panic of the writer's", Going::ByAPanic),
        ] {
            let stream = Stream::new(64, start, &[8, 0]);
            check(model, start, (AtMost(3), AtMost(5)), move || close::by_the_writer_who_may_say_so(&stream, going));
        }
    }
}

#[test]
fn a_writer_learns_that_the_reader_left() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[40, 8]);
        check("close by the reader", start, (AtMost(3), AtMost(5)), move || close::by_the_reader(&stream, 1));
    }
}

/// The writer has no cause to look at the reader's cursor. Its next push tells it all the same.
#[test]
fn a_writer_with_space_learns_that_the_reader_left() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("close of an empty ring", start, ALWAYS_UNBOUNDED, move || {
            let (mut writer, reader) = stream.ends();
            thread::spawn(move || drop(reader)).join().unwrap();
            for message in stream.messages() {
                assert_eq!(writer.try_push(&message), Err(TryPushError::Closed));
            }
            assert!(writer.is_empty());
        });
    }
}

#[test]
fn a_successor_of_the_writer_goes_on() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 8]);
        check("successor of the writer", start, (AtMost(2), AtMost(4)), move || {
            close::and_a_successor_of_the_writer(&stream)
        });
    }
}

#[test]
fn a_reader_that_awaits_successors_is_told_of_no_end() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 8]);
        check("successor awaited by the reader", start, (AtMost(2), AtMost(4)), move || {
            close::and_the_reader_awaits_a_successor(&stream);
        });
    }
}

#[test]
fn a_writer_that_awaits_successors_is_told_of_no_end() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[40, 40]);
        check("successor awaited by the writer", start, (AtMost(1), AtMost(3)), move || {
            close::and_the_writer_awaits_a_successor(&stream);
        });
    }
}

#[test]
fn a_successor_publishes_and_resumes_without_the_help_of_a_fence() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[8, 0]);
        check("successor, nobody waits", start, ALWAYS_UNBOUNDED, move || {
            close::and_a_successor_without_waiting(&stream, 2)
        });
    }
}

#[test]
fn a_successor_of_the_reader_gives_space_back_without_the_help_of_a_fence() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[24, 16, 16]);
        check("successor of the reader, nobody waits", start, ALWAYS_UNBOUNDED, move || {
            close::and_a_successor_of_the_reader_without_waiting(&stream, 2, 1)
        });
    }
}

#[test]
fn a_successor_of_a_dead_reader_goes_on() {
    for start in STARTS {
        let stream = Stream::new(64, start, &[24, 16, 16]);
        check("successor of a dead reader", start, (AtMost(3), Unbounded), move || {
            close::and_a_successor_of_a_dead_reader(&stream, 2);
        });
    }
}
