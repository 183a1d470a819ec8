//! Property: what a view gives out of a ring in use is what was pushed, or nothing.

use ipc_ring_reference::bodies::view::{self, Filled, Overwriting};
use ipc_ring_reference::bodies::{Stream, STARTS};

use crate::engine::{check, check_from};

// Checks: I17.
#[test]
fn a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none() {
    for (model, who) in [
        ("view, a message overwritten", Overwriting::TheWriter),
        ("view, a message overwritten by a successor", Overwriting::ASuccessor),
    ] {
        check(model, 16, 64, &[16, 0, 8, 0, 0, 8], move |stream| view::of_a_message(stream, 4, who));
    }
}

// Checks: I17.
#[test]
fn a_view_of_a_ring_in_use_gives_out_all_that_waited_in_order_and_without_a_gap() {
    let filled = Filled { messages: 3, ended_after: Some(2) };
    for start in STARTS {
        let stream = Stream::new(64, start.of_its_lap(64), &[0, 8, 8, 16, 0]);
        check_from("view, all messages", start, 16, move || view::of_the_messages(&stream, filled, 3));
    }
}

// Checks: I17.
#[test]
fn a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none() {
    for start in STARTS {
        let stream = Stream::new(64, start.of_its_lap(64), &[8, 0, 0, 8, 0, 0, 0, 0]);
        check_from("view, messages counted", start, 16, move || {
            view::of_the_count(&stream, 5, 2, Overwriting::TheWriter);
        });
    }
}
