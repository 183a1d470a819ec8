//! Property: whatever two sides do at the same time, what comes of it is what may come of a queue, and what follows is
//! what must.
//!
//! To draw a program takes Miri as long as ten models, so every fourth seed does, each another one; those of loom are
//! always the same. No message is written in place: a side that counts messages may look at it meanwhile, which T7
//! excludes.

use ipc_ring_reference::alphabet::{one, races, Manner, Operation, Waiting};
use ipc_ring_reference::bodies::programs;
use ipc_ring_reference::thread::any_below;

use crate::engine::{any_start, run};

fn check_a_program(model: &str, waiting: Waiting) {
    if any_below(4) > 0 {
        return;
    }
    let start = any_start();
    let mut race = one(any_below(usize::MAX) as u64, races(64, vec![start.position], 2..=4, waiting));
    race.writer.iter_mut().for_each(write_elsewhere);
    run(model, start, || programs::run(&race, start, waiting));
}

fn write_elsewhere(operation: &mut Operation) {
    let parcels = match operation {
        Operation::Push { parcel, .. } => std::slice::from_mut(parcel),
        Operation::PushBatch { parcels, .. } => parcels,
        _ => return,
    };
    let in_place = parcels.iter_mut().filter(|parcel| parcel.manner == Manner::InPlace);
    in_place.for_each(|parcel| parcel.manner = Manner::Written);
}

#[test]
fn programs_in_which_nobody_waits_do_what_a_queue_does() {
    check_a_program("programs, nobody waits", Waiting::Nobody);
}

#[test]
fn programs_in_which_sides_wait_for_each_other_do_what_a_queue_does() {
    check_a_program("programs, somebody waits", Waiting::Somebody);
}
