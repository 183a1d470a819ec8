//! Both sides at once: what may come of it, whatever the order. Afterwards the oracle knows the ring exactly.
//!
//! A load may return an old value, so a side may miss what the other has just done, and no order of the operations
//! need explain what both sides saw. What holds nevertheless:
//!
//! - What was popped is what was pushed: the same bytes in the same order, from the first on.
//! - A push finds no space only where there is none without what was popped during the race; a pop finds nothing only
//!   where all that was there before the race is gone.
//! - `Closed` comes only if a side left, and to the reader only where the writer stood when it left.
//! - Each position follows from the outcomes, padding included.

use ipc_ring::Side::{self, Reader, Writer};

use super::operation::{message, Operation, Outcome, Patience, Report};
use super::oracle::Oracle;
use super::sides::Sides;

/// A program of four parts: one in lockstep, one for each side to be done at the same time, and another in lockstep.
#[derive(Clone, Debug)]
pub struct Race {
    pub capacity: usize,
    pub start: u64,
    pub before: Vec<Operation>,
    pub writer: Vec<Operation>,
    pub reader: Vec<Operation>,
    pub after: Vec<Operation>,
}

/// What a side did in a race and what came of it.
pub type Log = Vec<(Operation, Report)>;

impl Race {
    /// The ring as the race begins.
    pub fn begin(&self) -> Oracle {
        let mut oracle = Oracle::new(self.capacity, self.start);
        for (number, &operation) in self.before.iter().enumerate() {
            oracle.apply(number, oracle.in_turn(operation));
        }
        oracle
    }

    /// Whether each side is held for some of the time.
    pub fn both_are_there(&self) -> bool {
        let begin = self.begin();
        let comes = |side, half: &[Operation]| begin.holds(side) || half.contains(&Operation::Attach(side));
        comes(Writer, &self.writer) && comes(Reader, &self.reader)
    }

    /// The number of the first operation of the race.
    pub fn first(&self) -> usize {
        self.before.len()
    }

    /// The number of the first operation after it.
    pub fn first_after(&self) -> usize {
        self.first() + self.writer.len().max(self.reader.len())
    }
}

/// Holds both sides' logs of a race against what may be, and takes the oracle from its beginning to its end. The
/// operations of either side are numbered from `first`.
pub fn judge(oracle: &mut Oracle, first: usize, writer: &Log, reader: &Log) {
    let begin = oracle.clone();
    let ends = judge_the_writer(oracle, &begin, Absences::of(Reader, &begin, reader), first, writer);
    judge_the_reader(oracle, &begin, Absences::of(Writer, &begin, writer), &ends, reader);
    assert!(oracle.used() <= oracle.capacity(), "more was pushed than there was space for");
}

/// When the peer was not there.
struct Absences {
    ever: bool,
    always: bool,
}

impl Absences {
    fn of(side: Side, begin: &Oracle, log: &Log) -> Self {
        let came = log.iter().any(|(operation, _)| *operation == Operation::Attach(side));
        let left = log.iter().any(|(operation, _)| operation.ends());
        Self { ever: left || !begin.holds(side), always: !came && !begin.holds(side) }
    }
}

/// Returns the positions at which the writer left.
fn judge_the_writer(oracle: &mut Oracle, begin: &Oracle, reader: Absences, first: usize, log: &Log) -> Vec<u64> {
    let mut ends = Vec::new();
    if !begin.holds(Writer) {
        ends.push(begin.position(Writer));
    }
    for (number, (operation, report)) in (first..).zip(log) {
        match *operation {
            Operation::Push { length, patience } => match (oracle.refusal(length), &report.outcome) {
                (Some(refusal), outcome) => assert_eq!(*outcome, refusal),
                (None, Outcome::Pushed) => {
                    assert!(!reader.always, "nobody was there");
                    oracle.accept(message(number, length));
                }
                (None, _) => judge_a_push_in_vain(oracle, &reader, length, patience, report),
            },
            _ => {
                if oracle.holds(Writer) {
                    ends.push(oracle.position(Writer));
                }
                come_or_go(oracle, *operation, report);
            }
        }
        stands(oracle, *operation, report);
    }
    ends
}

/// What is left of a push in vain is nothing but, at most, the padding that goes ahead alone.
fn judge_a_push_in_vain(oracle: &mut Oracle, reader: &Absences, length: usize, patience: Patience, report: &Report) {
    let (has_space, pads_ahead) = (oracle.has_space(length), oracle.pads_ahead(length));
    let padded = report.position != Some(oracle.position(Writer)) && oracle.accept_padding_for(length);
    if report.outcome == Outcome::Closed {
        assert!(reader.ever, "nobody left");
    } else {
        assert_eq!(report.outcome, patience.in_vain(Outcome::Full));
        assert!(!reader.always, "nobody was there");
        assert!(!has_space, "there was space");
        assert!(padded || !pads_ahead, "there was space for padding");
    }
}

fn judge_the_reader(oracle: &mut Oracle, begin: &Oracle, writer: Absences, ends: &[u64], log: &Log) {
    let mut popped = 0;
    for (operation, report) in log {
        match (*operation, &report.outcome) {
            (Operation::Pop { .. }, outcome) if !oracle.holds(Reader) => assert_eq!(*outcome, Outcome::Absent),
            (Operation::Pop { .. }, Outcome::Popped(message)) => {
                assert_eq!(Some(message), oracle.take().as_ref());
                popped += 1;
            }
            (Operation::Pop { patience }, outcome) => {
                assert!(popped >= begin.messages(), "there was a message");
                if report.position != Some(oracle.position(Reader)) {
                    oracle.take_padding();
                }
                if *outcome == Outcome::Closed {
                    assert!(writer.ever, "nobody left");
                    assert!(ends.contains(&oracle.position(Reader)), "nobody left there");
                } else {
                    assert_eq!(*outcome, patience.in_vain(Outcome::Nothing));
                    assert!(!writer.always, "nobody was there");
                }
            }
            _ => come_or_go(oracle, *operation, report),
        }
        stands(oracle, *operation, report);
    }
}

fn come_or_go(oracle: &mut Oracle, operation: Operation, report: &Report) {
    match operation {
        Operation::Leave(side) => assert_eq!(report.outcome, oracle.moved(side, false)),
        Operation::Attach(side) => assert_eq!(report.outcome, oracle.moved(side, true)),
        _ => unreachable!("{operation} is no part of a race"),
    }
}

fn stands(oracle: &Oracle, operation: Operation, report: &Report) {
    let side = operation.side();
    let position = oracle.holds(side).then(|| oracle.position(side));
    assert_eq!(report.position, position, "{operation}: {}", report);
}
