//! Random programs in lockstep with the oracle of `ipc_ring_reference::alphabet`, in one process. Proptest runs them,
//! and shrinks those that fail.
#![cfg(not(any(loom, shuttle)))]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use ipc_ring::model::HeapRing;
use ipc_ring::FenceMode;
use ipc_ring_reference::alphabet::{drain, lockstep, program, some, Hands, Operation, Oracle, Program, Sides, Source};
use ipc_ring_reference::proptest::test_runner::{Config as ProptestConfig, TestRunner};
use ipc_ring_reference::report::{report, Explored};
use ipc_ring_reference::{ring_at, Place, LONG};
use serde_json::Value;

fn run(program: &Program, source: impl Source) {
    let mut oracle = Oracle::new(program.capacity, program.start);
    let mut hands = Hands::new(source).giving_up_after(LONG);
    lockstep(&mut oracle, &mut hands, 0, &program.operations);
    drain(&mut oracle, &mut hands);
}

/// Runs `count` programs, each on a ring of its own.
fn check(what: &str, count: u32, run: impl Fn(&Program)) {
    let config = ProptestConfig { cases: count, failure_persistence: None, ..ProptestConfig::default() };
    let ran = Cell::new(0);
    let result = TestRunner::new(config).run(&program(80), |program| {
        run(&program);
        ran.set(ran.get() + 1);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let bound = "up to 80 operations, rings of 64 to 1024 bytes";
    report(&Explored { check: "oracle", what, count: ran.get(), unit: "programs", bound }, "", &Value::Null);
}

// Checks: I2, I12, I18.
#[test]
fn a_ring_does_what_a_queue_does() {
    check("on the heap", 20_000, |program| {
        run(program, &HeapRing::new(program.capacity, program.start, FenceMode::Symmetric));
    });
}

// Checks: I9.
#[test]
fn a_ring_in_a_file_does_what_a_queue_does() {
    check("in files", 1_000, |program| {
        let place = Place::new();
        ring_at(&place.ring(), program.capacity, program.start);
        run(program, place.ring());
    });
}

/// What the programs never come to, no driver checks.
#[test]
fn programs_come_to_every_outcome_there_is() {
    let mut reached = BTreeMap::<_, BTreeSet<_>>::new();
    let mut while_held_back = BTreeSet::new();
    for Program { capacity, start, operations } in some(800, program(80)) {
        let mut oracle = Oracle::new(capacity, start);
        for (number, &operation) in operations.iter().enumerate() {
            let pads = matches!(operation, Operation::Push { parcel, .. } if oracle.pads_ahead(parcel.reserved()));
            let holds_back = oracle.holds_back();
            let done = oracle.apply(number, oracle.in_turn(operation)).outcome;
            let mut outcome = if pads && done.is_in_vain() { "padding alone" } else { done.name() }.to_string();
            if let Some(refusal) = done.refusal() {
                outcome += &format!(": {}", refusal.name());
            }
            let name = match serde_json::to_value(operation).unwrap() {
                Value::Object(named) => named.keys().next().unwrap().clone(),
                name => name.as_str().unwrap().to_string(),
            };
            let name = operation.forgets().map_or(name.clone(), |handle| format!("{name}, {handle} forgotten"));
            if holds_back {
                while_held_back.insert(format!("{name} by the {}", operation.side()));
            }
            reached.entry(name).or_default().insert(outcome);
        }
    }
    let every = EVERY_OUTCOME.iter().flat_map(|(names, outcomes)| names.iter().map(move |name| (*name, outcomes)));
    let every = every.map(|(name, outcomes)| (name, outcomes.iter().copied().collect()));
    let reached_by_name = reached.iter().map(|(name, outcomes)| (&**name, outcomes.iter().map(|it| &**it).collect()));
    assert_eq!(reached_by_name.collect::<BTreeMap<_, BTreeSet<_>>>(), every.collect());
    // Every operation follows a batch or a grant that was forgotten, those by which a side comes and goes too.
    let by_both = ["attach", "leave"];
    let missed: Vec<_> =
        reached.keys().filter(|name| !while_held_back.iter().any(|it| it.starts_with(*name))).collect();
    assert!(missed.is_empty(), "never while the writer holds back: {missed:?}");
    for name in by_both {
        assert!(["writer", "reader"].iter().all(|side| while_held_back.contains(&format!("{name} by the {side}"))));
    }
}

/// By operation, alone and with a handle that is forgotten.
const EVERY_OUTCOME: &[(&[&str], &[&str])] = &[
    (&["attach"], &["full", "moved"]),
    (&["attach-to-stop"], &["moved"]),
    (
        &["iterate", "iterate, an iterator forgotten"],
        &[
            "absent",
            "taken all",
            "taken none: closed",
            "taken none: timed out",
            "taken some: closed",
            "taken some: timed out",
        ],
    ),
    (&["leave"], &["absent", "moved"]),
    (&["peek", "peek, a message forgotten"], &["absent", "closed", "nothing", "read", "timed out"]),
    (&["pop"], &["absent", "closed", "nothing", "popped", "timed out"]),
    (
        &["pop-batch", "pop-batch, a batch forgotten"],
        &["absent", "closed", "nothing", "read", "read some", "timed out"],
    ),
    (&["pop-many"], &["absent", "taken all", "taken none: closed", "taken none: timed out"]),
    (
        &["pop-equal"],
        &[
            "absent",
            "taken all",
            "taken none: closed",
            "taken none: of another length",
            "taken none: timed out",
            "taken some: nothing",
        ],
    ),
    (&["push-equal"], &["absent", "closed", "pushed all", "pushed some: full", "timed out"]),
    (&["publish"], &["absent", "published"]),
    (&["push"], &["absent", "closed", "full", "given up", "padding alone", "pushed", "timed out", "too large"]),
    (
        &["push, a grant forgotten"],
        &["absent", "closed", "full", "given up", "padding alone", "timed out", "too large"],
    ),
    (
        &["push-batch", "push-batch, a batch forgotten", "write", "write, a stream forgotten"],
        &[
            "absent",
            "pushed all",
            "pushed none: closed",
            "pushed none: full",
            "pushed none: timed out",
            "pushed some: full",
            "pushed some: timed out",
        ],
    ),
    (
        &["read", "read, a stream forgotten"],
        &[
            "absent",
            "taken all",
            "taken none: closed",
            "taken none: nothing",
            "taken none: timed out",
            "taken some: closed",
            "taken some: nothing",
            "taken some: timed out",
        ],
    ),
    (&["take-end"], &["absent", "end taken", "no end"]),
];
