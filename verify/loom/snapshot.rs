//! Property: a snapshot of a ring in use is true of one moment of the look.
//!
//! Bounds: stated at each model. One successor while the view looks: two would be two changes, and a look that sees any
//! change looks again. Two waits of the reader, so that each word of a wait has a value before and after.

use ipc_ring::Side;
use ipc_ring_reference::bodies::snapshot::{self, Leaving};
use ipc_ring_reference::bodies::{Start, STARTS};

use crate::engine::{check, check_from, stream, Preemptions::AtMost};

/// Who holds a side does not depend on where it stands.
const ANY: Start = STARTS[2];

// Checks: I17.
#[test]
#[cfg_attr(miri, ignore = "Miri's sides are held as long as there is a ring")]
fn a_view_of_a_side_with_a_successor_sees_each_holder_leave_as_it_did() {
    for (model, side, most) in
        [("view, a writer succeeded", Side::Writer, AtMost(2)), ("view, a reader succeeded", Side::Reader, AtMost(1))]
    {
        for (how, leaving) in [
            ("closed, then dead", [Leaving::Closes, Leaving::Dies]),
            ("dead, then closed", [Leaving::Dies, Leaving::Closes]),
        ] {
            let (model, stream) = (format!("{model}, {how}"), stream(ANY, &[8, 8]));
            check_from(&model, ANY, (most, AtMost(3)), stream, move |stream| {
                snapshot::of_a_succession(stream, side, leaving);
            });
        }
    }
}

// Checks: I17.
#[test]
#[cfg_attr(miri, ignore = "Miri's sides are held as long as there is a ring")]
fn a_view_of_a_ring_that_is_handed_on_never_finds_it_deserted() {
    for (model, leaving) in [("view, handed on, closed", Leaving::Closes), ("view, handed on, dead", Leaving::Dies)] {
        check_from(model, ANY, (AtMost(2), AtMost(3)), stream(ANY, &[]), move |stream| {
            snapshot::of_a_ring_that_is_handed_on(stream, leaving);
        });
    }
}

// Checks: I17, O20, O21.
#[test]
fn a_view_of_sides_that_sleep_sees_what_they_wait_for_and_since_when() {
    check("view, a reader asleep", (AtMost(1), AtMost(2)), &[8, 8], snapshot::of_sides_that_sleep);
    for start in STARTS {
        let stream = stream(start.of_its_lap(64), &[40, 8, 40]);
        check_from("view, both asleep", start, (AtMost(0), AtMost(1)), stream, snapshot::of_sides_that_sleep);
    }
}

// Checks: I17, O20, O21.
#[test]
fn a_view_of_a_writer_that_gives_up_sees_since_when_it_waits_for_the_same_or_nothing() {
    let stream = stream(ANY.of_its_lap(64), &[40, 8, 32, 8]);
    check_from("view, a writer that gives up", ANY, (AtMost(1), AtMost(2)), stream, |stream| {
        snapshot::of_a_writer_that_gives_up(stream);
    });
}
