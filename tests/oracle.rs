//! Random programs in lockstep with the oracle of `verify/alphabet`, in one process. Proptest runs them, and shrinks
//! those that fail.
#![cfg(not(any(loom, shuttle)))]

#[path = "../verify/alphabet/mod.rs"]
mod alphabet;
mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use alphabet::{drain, lockstep, program, some, Hands, Operation, Oracle, Outcome, Program, Sides, Source};
use common::{ring_at, Place};
use ipc_ring::model::HeapRing;
use ipc_ring::FenceMode;
use proptest::prelude::*;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn run(program: &Program, source: impl Source) {
    let mut oracle = Oracle::new(program.capacity, program.start);
    let mut hands = Hands::new(source).giving_up_after(Duration::from_millis(1));
    lockstep(&mut oracle, &mut hands, 0, &program.operations);
    drain(&mut oracle, &mut hands);
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    fn a_ring_does_what_a_queue_does(program in program(80)) {
        run(&program, &HeapRing::new(program.capacity, program.start, FenceMode::Symmetric));
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn a_ring_in_a_file_does_what_a_queue_does(program in program(80)) {
        let place = Place::new();
        ring_at(&place.ring(), program.capacity, program.start);
        run(&program, place.ring());
    }
}

/// What the programs never come to, no driver checks.
#[test]
fn programs_come_to_every_outcome_there_is() {
    let mut reached = BTreeSet::new();
    for Program { capacity, start, operations } in some(300, program(80)) {
        let mut oracle = Oracle::new(capacity, start);
        for (number, &operation) in operations.iter().enumerate() {
            let pads = matches!(operation, Operation::Push { length, .. } if oracle.pads_ahead(length));
            let done = oracle.apply(number, oracle.in_turn(operation)).outcome;
            let in_vain = matches!(done, Outcome::Full | Outcome::TimedOut);
            reached.insert(if in_vain && pads { "padding alone" } else { done.name() });
        }
    }
    let every =
        ["absent", "closed", "full", "moved", "nothing", "padding alone", "popped", "pushed", "timed out", "too large"];
    assert_eq!(reached, BTreeSet::from(every));
}
