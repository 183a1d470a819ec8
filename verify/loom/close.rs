//! Property: a side that leaves is missed, by a peer that is awake and by one that sleeps; a successor goes on.
//!
//! Bounds: stated at each model; one or two messages, so that there is something left to drain after the end. The
//! reader of an empty ring has left before the writer looks: one execution shows it.

use ipc_ring::TryPushError;
use ipc_ring_reference::bodies::close::{self, Going};
use ipc_ring_reference::thread;

use crate::engine::{check, Preemptions::AtMost, Preemptions::Unbounded, ALWAYS};

// Checks: I9.
#[test]
fn a_reader_drains_and_then_learns_that_the_writer_left() {
    check("close by the writer", (AtMost(3), AtMost(5)), &[8, 0], close::by_the_writer);
}

// Checks: I9, I13, I18.
#[test]
fn a_reader_drains_and_then_learns_whether_the_stream_has_ended() {
    for (model, going) in [
        ("finished by the writer", Going::Finished),
        ("abandoned by the writer", Going::Abandoned),
        ("dropped by a panic of the writer's", Going::ByAPanic),
    ] {
        let body = move |stream: &_| close::by_the_writer_who_may_say_so(stream, going);
        check(model, (AtMost(3), AtMost(5)), &[8, 0], body);
    }
}

// Checks: I9, O11.
#[test]
fn a_writer_learns_that_the_reader_left() {
    check("close by the reader", (AtMost(3), AtMost(5)), &[40, 8], |stream| close::by_the_reader(stream, 1));
}

/// The writer has no cause to look at the reader's cursor. Its next push tells it all the same.
// Checks: O12.
#[test]
fn a_writer_with_space_learns_that_the_reader_left() {
    check("close of an empty ring", ALWAYS, &[8, 8, 0], |stream| {
        let (mut writer, mut reader) = stream.ends();
        let messages = stream.messages();
        writer.try_push(&messages[0]).unwrap();
        thread::spawn(move || assert_eq!(reader.try_pop(&mut Vec::new()), Ok(Some(8)))).join().unwrap();
        for message in &messages[1..] {
            assert_eq!(writer.try_push(message), Err(TryPushError::Closed));
        }
        assert!(writer.is_empty());
    });
}

// Checks: I9.
#[test]
fn a_successor_of_the_writer_goes_on() {
    check("successor of the writer", (AtMost(2), AtMost(4)), &[8, 8], close::and_a_successor_of_the_writer);
}

// Checks: I9.
#[test]
fn a_reader_that_awaits_successors_is_told_of_no_end() {
    check("successor awaited by the reader", (AtMost(2), AtMost(4)), &[8, 8], close::and_the_reader_awaits_a_successor);
}

// Checks: I9.
#[test]
fn a_writer_that_awaits_successors_is_told_of_no_end() {
    let bounds = (AtMost(1), AtMost(3));
    check("successor awaited by the writer", bounds, &[40, 40], close::and_the_writer_awaits_a_successor);
}

// Checks: O1.
#[test]
fn a_successor_publishes_and_resumes_without_the_help_of_a_fence() {
    check("successor, nobody waits", ALWAYS, &[8, 0], |stream| close::and_a_successor_without_waiting(stream, 2));
}

// Checks: O3.
#[test]
fn a_successor_of_the_reader_gives_space_back_without_the_help_of_a_fence() {
    check("successor of the reader, nobody waits", ALWAYS, &[24, 16, 16], |stream| {
        close::and_a_successor_of_the_reader_without_waiting(stream, 2, 1);
    });
}

// Checks: I9.
#[test]
fn a_successor_of_a_dead_reader_goes_on() {
    let bounds = (AtMost(3), Unbounded);
    let body = |stream: &_| close::and_a_successor_of_a_dead_reader(stream, 2);
    check("successor of a dead reader", bounds, &[24, 16, 16], body);
}
