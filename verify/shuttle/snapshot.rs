//! Property: a snapshot of a ring in use is true of one moment of the look.

use ipc_ring::Side;
use ipc_ring_reference::bodies::snapshot::{self, Leaving};
use ipc_ring_reference::bodies::{Stream, STARTS};

use crate::engine::{check, check_from};

// Checks: I17.
#[test]
fn a_view_of_a_side_with_a_successor_sees_each_holder_leave_as_it_did() {
    for (model, side) in [("view, a writer succeeded", Side::Writer), ("view, a reader succeeded", Side::Reader)] {
        for (how, leaving) in [
            ("closed, then dead", [Leaving::Closes, Leaving::Dies]),
            ("dead, then closed", [Leaving::Dies, Leaving::Closes]),
        ] {
            let body = move |stream: &_| snapshot::of_a_succession(stream, side, leaving);
            check(&format!("{model}, {how}"), 8, 64, &[8, 8], body);
        }
    }
}

// Checks: I17.
#[test]
fn a_view_of_a_ring_that_is_handed_on_never_finds_it_deserted() {
    for (model, leaving) in [("view, handed on, closed", Leaving::Closes), ("view, handed on, dead", Leaving::Dies)] {
        check(model, 8, 64, &[], move |stream| snapshot::of_a_ring_that_is_handed_on(stream, leaving));
    }
}

// Checks: I17.
#[test]
fn a_view_of_sides_that_sleep_sees_what_they_wait_for_and_since_when() {
    check("view, a reader asleep", 8, 64, &[8, 8], snapshot::of_sides_that_sleep);
    for start in STARTS {
        let stream = Stream::new(64, start.of_its_lap(64), &[40, 8, 40]);
        check_from("view, both asleep", start, 8, move || snapshot::of_sides_that_sleep(&stream));
    }
}

// Checks: I17.
#[test]
fn a_view_of_a_writer_that_gives_up_sees_since_when_it_waits_for_the_same_or_nothing() {
    for start in STARTS {
        let stream = Stream::new(64, start.of_its_lap(64), &[40, 8, 32, 8]);
        check_from("view, a writer that gives up", start, 8, move || snapshot::of_a_writer_that_gives_up(&stream));
    }
}
