//! The programs of `ipc_ring_reference::alphabet` in two real processes, one for each side: the tests' own program,
//! started again. This one holds the oracle. In lockstep it foretells every outcome; where both halves of a race run
//! freely it says afterwards whether they may come out so.
#![cfg(not(any(loom, shuttle)))]

use std::path::{Path, PathBuf};

use ipc_ring::{RingView, Side};
use ipc_ring_reference::alphabet::{
    drain, judge, lockstep, program, races, some, Hands, Log, Operation, Oracle, Program, Race, Report, Sides, Sight,
    Waiting,
};
use ipc_ring_reference::report::{report, Explored};
use ipc_ring_reference::{other_process, ring_at, Other, Place};
use serde_json::Value;

const STARTS: [u64; 3] = [0, (1 << 32) - 32, u64::MAX - 31];

/// The process of one side: does what it is told, a ring's path or an operation and its number a line, and says what
/// came of it.
#[test]
#[ignore = "the other processes of the tests in this file"]
fn other_side() {
    let (_, mut steps) = other_process();
    let mut hands = Hands::new(PathBuf::new());
    while let Some(line) = steps.hear() {
        match serde_json::from_str::<(usize, Operation)>(&line) {
            Ok((number, operation)) => {
                steps.say(serde_json::to_string(&hands.apply(number, operation)).unwrap());
            }
            Err(_) => hands = Hands::new(PathBuf::from(line)),
        }
    }
}

/// Lets it do an operation, as soon as it has done those before.
fn begin(other: &mut Other, number: usize, operation: Operation) {
    other.tell(&serde_json::to_string(&(number, operation)).unwrap());
}

/// What came of the next operation that was not reported yet.
fn report_of(other: &mut Other) -> Report {
    serde_json::from_str(&other.says().expect("it lives")).unwrap()
}

/// A process for each side of a ring.
struct Processes {
    writer: Other,
    reader: Other,
    /// This process's own look at the ring.
    view: Option<RingView>,
}

impl Processes {
    fn start() -> Self {
        let [writer, reader] = [(); 2].map(|()| Other::start("other_side", Path::new("")));
        Self { writer, reader, view: None }
    }

    /// Goes on with another ring, which nobody holds yet.
    fn take_ring(&mut self, path: &Path) {
        for other in [&mut self.writer, &mut self.reader] {
            other.tell(path.to_str().unwrap());
        }
        self.view = Some(RingView::open(path).unwrap());
    }

    /// Lets both sides do their halves of a race, each as fast as it can.
    fn race(&mut self, race: &Race) -> (Log, Log) {
        let first = race.first();
        for at in 0..race.writer.len().max(race.reader.len()) {
            if let Some(&operation) = race.writer.get(at) {
                begin(&mut self.writer, first + at, operation);
            }
            if let Some(&operation) = race.reader.get(at) {
                begin(&mut self.reader, first + at, operation);
            }
        }
        let log = |other: &mut Other, half: &[Operation]| half.iter().map(|&done| (done, report_of(other))).collect();
        (log(&mut self.writer, &race.writer), log(&mut self.reader, &race.reader))
    }
}

impl Sides for Processes {
    fn apply(&mut self, number: usize, operation: Operation) -> Report {
        let other = match operation.side() {
            Side::Writer => &mut self.writer,
            Side::Reader => &mut self.reader,
        };
        begin(other, number, operation);
        report_of(other)
    }

    fn sight(&mut self) -> Option<Sight> {
        self.view.as_ref().map(Sight::of)
    }
}

/// Says how many programs the processes ran.
fn say(what: &str, count: usize, bound: &str) {
    let explored = Explored { check: "oracle", what, count: count as u64, unit: "programs", bound };
    report(&explored, "", &Value::Null);
}

// Checks: I9.
#[test]
fn two_processes_in_lockstep_do_what_a_queue_does() {
    let mut processes = Processes::start();
    let programs = some(150, program(80));
    let count = programs.len();
    for Program { capacity, start, operations } in programs {
        let place = Place::new();
        ring_at(&place.ring(), capacity, start);
        processes.take_ring(&place.ring());
        let mut oracle = Oracle::new(capacity, start);
        lockstep(&mut oracle, &mut processes, 0, &operations);
        drain(&mut oracle, &mut processes);
    }
    say("two processes in turn", count, "up to 80 operations, rings of 64 to 1024 bytes");
}

fn two_processes_at_once(what: &str, waiting: Waiting) {
    let mut processes = Processes::start();
    let races = some(100, races(64, STARTS.to_vec(), 100..=200, waiting));
    for race in &races {
        let place = Place::new();
        ring_at(&place.ring(), race.capacity, race.start);
        processes.take_ring(&place.ring());
        let mut oracle = Oracle::new(race.capacity, race.start);
        lockstep(&mut oracle, &mut processes, 0, &race.before);
        let (writer, reader) = processes.race(race);
        judge(&mut oracle, race.first(), &writer, &reader);
        lockstep(&mut oracle, &mut processes, race.first_after(), &race.after);
        drain(&mut oracle, &mut processes);
    }
    say(what, races.len(), "100 to 200 operations a side, rings of 64 bytes");
}

// Checks: I7.
#[test]
fn two_processes_that_wait_for_each_other_do_what_a_queue_does() {
    two_processes_at_once("two processes at once, waiting", Waiting::Somebody);
}

// Checks: I7.
#[test]
fn two_processes_of_which_neither_waits_do_what_a_queue_does() {
    two_processes_at_once("two processes at once", Waiting::Nobody);
}
