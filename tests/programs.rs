//! The programs of `verify/alphabet` in two real processes, one for each side: the tests' own program, started again.
//! This one holds the oracle. In lockstep it foretells every outcome; where both halves of a race run freely it says
//! afterwards whether they may come out so.
#![cfg(not(any(loom, shuttle)))]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{channel, Receiver};

use ipc_ring::{RingView, Side};
use ipc_ring_reference::alphabet::{
    drain, judge, lockstep, program, races, some, Hands, Log, Operation, Oracle, Program, Race, Report, Sides, Sight,
    Waiting,
};
use ipc_ring_reference::report::{report, Explored};
use ipc_ring_reference::{ring_at, Place, LONG};
use serde_json::Value;

const STARTS: [u64; 3] = [0, (1 << 32) - 32, u64::MAX - 31];

/// The process of one side: does what each line on its standard input says, and says what came of it.
#[test]
#[ignore = "the other processes of the tests in this file"]
fn other_side() {
    let mut hands = Hands::new(PathBuf::new());
    println!();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        match line.split_once(' ').unwrap() {
            ("ring", path) => hands = Hands::new(path.into()),
            (number, operation) => {
                println!("> {}", hands.apply(number.parse().unwrap(), operation.parse().unwrap()));
            }
        }
    }
}

/// A process that acts for one side.
struct Other {
    process: Child,
    input: ChildStdin,
    reports: Receiver<Report>,
}

impl Other {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "other_side", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, reports) = channel();
        // A thread takes the reports as they come, so that a full pipe never holds up the process.
        std::thread::spawn(move || {
            for line in output.lines() {
                if let Some(report) = line.unwrap().strip_prefix("> ") {
                    let _ = sender.send(report.parse().unwrap());
                }
            }
        });
        Self { process, input, reports }
    }

    fn take_ring(&mut self, path: &Path) {
        writeln!(self.input, "ring {}", path.display()).unwrap();
    }

    /// Lets it do an operation, as soon as it has done those before.
    fn begin(&mut self, number: usize, operation: Operation) {
        writeln!(self.input, "{number} {operation}").unwrap();
    }

    /// What came of the first operation of which that is not known yet.
    fn report(&mut self) -> Report {
        self.reports.recv_timeout(LONG).expect("an operation ends")
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
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
        Self { writer: Other::start(), reader: Other::start(), view: None }
    }

    /// Goes on with another ring, which nobody holds yet.
    fn take_ring(&mut self, path: &Path) {
        self.writer.take_ring(path);
        self.reader.take_ring(path);
        self.view = Some(RingView::open(path).unwrap());
    }

    /// Lets both sides do their halves of a race, each as fast as it can.
    fn race(&mut self, race: &Race) -> (Log, Log) {
        let first = race.first();
        for at in 0..race.writer.len().max(race.reader.len()) {
            if let Some(&operation) = race.writer.get(at) {
                self.writer.begin(first + at, operation);
            }
            if let Some(&operation) = race.reader.get(at) {
                self.reader.begin(first + at, operation);
            }
        }
        let log = |other: &mut Other, half: &[Operation]| half.iter().map(|&done| (done, other.report())).collect();
        (log(&mut self.writer, &race.writer), log(&mut self.reader, &race.reader))
    }
}

impl Sides for Processes {
    fn apply(&mut self, number: usize, operation: Operation) -> Report {
        let other = match operation.side() {
            Side::Writer => &mut self.writer,
            Side::Reader => &mut self.reader,
        };
        other.begin(number, operation);
        other.report()
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

#[test]
fn two_processes_that_wait_for_each_other_do_what_a_queue_does() {
    two_processes_at_once("two processes at once, waiting", Waiting::Somebody);
}

#[test]
fn two_processes_of_which_neither_waits_do_what_a_queue_does() {
    two_processes_at_once("two processes at once", Waiting::Nobody);
}
