//! Property: whatever two sides do at the same time, what comes of it is what may come of a queue, and what
//! follows is what must.
//!
//! Bounds: two preemptions where nobody waits, one where somebody does; falling asleep and ending cost none. Two
//! or three operations a side, and four where somebody waits, after up to three in turn, in a ring of eight granules,
//! which one message may fill, and at most eight in all: the third operation meets what two have left behind, and
//! where some of them are batches it makes a lap likely. The programs are few and always the same, and nobody chose
//! them. The models beside this one look farther, at what somebody thought of; longer programs are shuttle's.

use std::ops::RangeInclusive;

use ipc_ring_reference::alphabet::{races, some, Waiting};
use ipc_ring_reference::bodies::{programs, STARTS};
use ipc_ring_reference::proptest::strategy::Strategy;

use crate::engine::{check_cases, Bounds, Preemptions::AtMost};

/// A side that falls asleep costs no preemption, so each operation that may wait multiplies the executions.
const LONGEST: usize = 8;

fn check_programs(model: &str, count: usize, half: RangeInclusive<usize>, waiting: Waiting, bounds: Bounds) {
    let races = races(64, STARTS.map(|start| start.position).to_vec(), half, waiting);
    let all = some(count, races.prop_filter("it is short", |race| race.length() <= LONGEST));
    for start in STARTS {
        let races = all.iter().filter(|race| race.start == start.position).cloned().collect();
        check_cases(model, start, bounds, races, move |race| programs::run(race, start, waiting));
    }
}

// Checks: I1, I3, I12, I18.
#[test]
fn programs_in_which_nobody_waits_do_what_a_queue_does() {
    check_programs("programs, nobody waits", 64, 2..=3, Waiting::Nobody, (AtMost(2), AtMost(3)));
}

// Checks: I5, I11.
#[test]
fn programs_in_which_sides_wait_for_each_other_do_what_a_queue_does() {
    check_programs("programs, somebody waits", 36, 2..=4, Waiting::Somebody, (AtMost(1), AtMost(2)));
}
