//! Property: what a view gives out of a ring in use is what was pushed, or nothing.
//!
//! Bounds: stated at each model. One message is given back and overwritten while the view looks: what it copied is of
//! that message as long as the reader has not passed it, and one message suffices for every order of one copy, one
//! overwriting and one look at the cursor. What the view reads, bytes and figures, are relaxed atomics here.

use ipc_ring_reference::bodies::view::{self, Filled, Overwriting};
use ipc_ring_reference::bodies::STARTS;

use crate::engine::{check, check_from, stream, Preemptions::AtMost};

// Checks: I17, O18, O19.
#[test]
fn a_view_of_a_ring_in_use_gives_out_a_message_as_it_was_pushed_or_none() {
    for (model, who, bounds) in [
        ("view, a message overwritten", Overwriting::TheWriter, (AtMost(2), AtMost(4))),
        ("view, a message overwritten by a successor", Overwriting::ASuccessor, (AtMost(1), AtMost(3))),
    ] {
        check(model, bounds, &[16, 0, 8, 0, 0, 8], move |stream| view::of_a_message(stream, 4, who));
    }
}

// Checks: I17, O18, O19.
#[test]
fn a_view_of_a_ring_in_use_gives_out_all_that_waited_in_order_and_without_a_gap() {
    let filled = Filled { messages: 3, ended_after: Some(2) };
    for start in STARTS {
        let stream = stream(start.of_its_lap(64), &[0, 8, 8, 16, 0]);
        check_from("view, all messages", start, (AtMost(1), AtMost(2)), stream, move |stream| {
            view::of_the_messages(stream, filled, 3);
        });
    }
}

// Checks: I17, O18, O20, O21.
#[test]
fn a_view_of_a_ring_in_use_counts_the_messages_that_were_pushed_or_none() {
    for start in STARTS {
        let stream = stream(start.of_its_lap(64), &[8, 0, 0, 8, 0, 0, 0, 0]);
        check_from("view, messages counted", start, (AtMost(1), AtMost(2)), stream, |stream| {
            view::of_the_count(stream, 5, 2, Overwriting::TheWriter);
        });
    }
}
