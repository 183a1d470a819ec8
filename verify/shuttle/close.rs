//! Property: a side that leaves is missed, after 1,000 messages; a successor goes on.

use ipc_ring_reference::bodies::close::{self, Going};

use crate::engine::check;

const ROOMY: usize = 32 * 1024;

// Checks: I9.
#[test]
fn a_reader_drains_and_then_learns_that_the_writer_left() {
    check("close by the writer, 1,000 messages", 16, ROOMY, &[9; 1000], close::by_the_writer);
}

// Checks: I9, I13, I18.
#[test]
fn a_reader_drains_and_then_learns_whether_the_stream_has_ended() {
    for (model, going) in [
        ("finished by the writer, 1,000 messages", Going::Finished),
        ("abandoned by the writer, 1,000 messages", Going::Abandoned),
        ("dropped by a panic of the writer's, 1,000 messages", Going::ByAPanic),
    ] {
        check(model, 4, ROOMY, &[9; 1000], move |stream| close::by_the_writer_who_may_say_so(stream, going));
    }
}

// Checks: I9.
#[test]
fn a_writer_learns_that_the_reader_left() {
    check("close by the reader, 1,000 messages", 32, 256, &[40; 1000], |stream| close::by_the_reader(stream, 500));
}

// Checks: I9.
#[test]
fn a_successor_of_the_writer_goes_on() {
    check("successor of the writer, 1,000 messages", 16, ROOMY, &[8; 1000], close::and_a_successor_of_the_writer);
}

// Checks: I9.
#[test]
fn sides_that_await_successors_are_told_of_no_end() {
    let (of_the_reader, of_the_writer) =
        ("successor awaited by the reader, 1,000 messages", "successor awaited by the writer, 1,000 messages");
    check(of_the_reader, 16, ROOMY, &[8; 1000], close::and_the_reader_awaits_a_successor);
    check(of_the_writer, 16, 256, &[8; 1000], close::and_the_writer_awaits_a_successor);
}

// Checks: I9.
#[test]
fn a_successor_goes_on_although_nobody_waits() {
    check("successor, nobody waits", 16, ROOMY, &[8; 1000], |stream| {
        close::and_a_successor_without_waiting(stream, 100);
    });
}

// Checks: I9.
#[test]
fn a_successor_of_a_dead_reader_goes_on() {
    check("successor of a dead reader", 16, ROOMY, &[24; 2046], |stream| {
        close::and_a_successor_of_a_dead_reader(stream, 1023);
    });
}
