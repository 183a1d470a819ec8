//! Property: whatever two sides do at the same time, what comes of it is what may come of a queue, and what
//! follows is what must. Programs of 200 to 400 operations a side, in the smallest ring and in a larger one.

use ipc_ring_reference::alphabet::{races, some, Waiting};
use ipc_ring_reference::bodies::{programs, STARTS};

use crate::engine::check_from;

fn check_programs(model: &str, waiting: Waiting) {
    let starts = STARTS.map(|start| start.position).to_vec();
    let all = [64, 256].map(|capacity| some(16, races(capacity, starts.clone(), 200..=400, waiting))).concat();
    for start in STARTS {
        let races: Vec<_> = all.iter().filter(|race| race.start == start.position).cloned().collect();
        check_from(model, start, 1, move || races.iter().for_each(|race| programs::run(race, start, waiting)));
    }
}

// Checks: I1, I3, I12, I18.
#[test]
fn programs_in_which_nobody_waits_do_what_a_queue_does() {
    check_programs("programs, nobody waits", Waiting::Nobody);
}

// Checks: I5, I11.
#[test]
fn programs_in_which_sides_wait_for_each_other_do_what_a_queue_does() {
    check_programs("programs, somebody waits", Waiting::Somebody);
}
