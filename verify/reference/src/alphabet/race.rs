//! Both sides at once: what may come of it, whatever the order. Afterwards the oracle knows the ring exactly.
//!
//! A load may return an old value, so a side may miss what the other has just done, and no order of the operations
//! need explain what both sides saw. What holds nevertheless:
//!
//! - What was popped is what was pushed: the same bytes in the same order, from the first on. What was only looked at,
//!   or read in a batch that was not committed, comes again.
//! - A batch has at least one message, and all that its reader is known to have seen. How much more it had seen, nobody
//!   knows.
//! - A push finds no space only where there is none without what was popped during the race; a pop finds nothing only
//!   where all that was there before the race is gone.
//! - `Closed` comes only if a side left, and to the reader only where a writer's stream ended. Whoever stops at ends is
//!   told of each that comes next, and of no other.
//! - A writer is refused for want of room for its end only where there is none without what was popped.
//! - What a forgotten batch or grant left is published by the end of the race, and nobody knows when.
//! - Each position follows from the outcomes, padding included; so does each count of messages, where it is told.

use ipc_ring::Side::{self, Reader, Writer};

use super::operation::{Operation, Outcome, Parcel, Patience, Report, Setting};
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

    /// How many operations the sides do at the same time.
    pub fn length(&self) -> usize {
        self.writer.len() + self.reader.len()
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
        let came = log.iter().any(|(operation, _)| operation.attaches() == Some(side));
        let left = log.iter().any(|(operation, _)| operation.ends());
        Self { ever: left || !begin.holds(side), always: !came && !begin.holds(side) }
    }
}

/// Returns the positions at which a stream had ended.
fn judge_the_writer(oracle: &mut Oracle, begin: &Oracle, reader: Absences, first: usize, log: &Log) -> Vec<u64> {
    let mut ends = Vec::new();
    if !begin.holds(Writer) {
        ends.push(begin.position(Writer));
    }
    for (number, (operation, report)) in (first..).zip(log) {
        if operation.ends() {
            come_or_go(oracle, *operation, report);
            ends.push(oracle.position(Writer));
        } else if !oracle.holds(Writer) {
            assert_eq!(report.outcome, Outcome::Absent);
        } else if *operation == Operation::Publish {
            assert_eq!(report.outcome, Outcome::Published);
        } else {
            judge_pushes(oracle, &reader, number, *operation, report);
        }
        stands(oracle, *operation, report);
    }
    // Where the writer held anything back, it published it in the end.
    oracle.publish();
    ends
}

/// A push, or those of a batch: all that were tried succeeded, except the last.
fn judge_pushes(oracle: &mut Oracle, reader: &Absences, number: usize, operation: Operation, report: &Report) {
    let (each, setting) = match &report.outcome {
        Outcome::Each(each) => (&each[..], Setting::InABatch),
        outcome => (std::slice::from_ref(outcome), Setting::Alone),
    };
    let went_in = each.iter().take_while(|outcome| outcome.has_space()).count();
    assert_eq!(Some(setting), operation.setting(), "{operation:?}: {report:?}");
    assert_eq!(each.len(), operation.parcels().len().min(went_in + 1), "{operation:?}: {report:?}");
    for (at, (&parcel, outcome)) in operation.parcels().iter().zip(each).enumerate() {
        if let Some(refusal) = oracle.refusal(parcel) {
            assert_eq!(*outcome, refusal);
        } else if outcome.has_space() {
            assert!(!reader.always, "nobody was there");
            assert_eq!(*outcome, oracle.accept(parcel, parcel.message(number, at), setting));
        } else {
            judge_a_push_in_vain(oracle, reader, parcel, operation.patience().unwrap(), (outcome, report.position));
        }
    }
}

/// What is left of a push in vain is nothing but, at most, the padding that goes ahead alone.
fn judge_a_push_in_vain(
    oracle: &mut Oracle,
    reader: &Absences,
    parcel: Parcel,
    patience: Patience,
    (outcome, position): (&Outcome, Option<u64>),
) {
    let length = parcel.reserved();
    let (has_space, pads_ahead) = (oracle.has_space(length), oracle.pads_ahead(length));
    let padded = position != Some(oracle.position(Writer)) && oracle.accept_padding_for(length);
    if *outcome == Outcome::Closed {
        assert!(reader.ever, "nobody left");
    } else {
        assert_eq!(*outcome, patience.in_vain(Outcome::Full));
        assert!(!reader.always, "nobody was there");
        assert!(!has_space, "there was space");
        assert!(padded || !pads_ahead, "there was space for padding");
    }
}

fn judge_the_reader(oracle: &mut Oracle, begin: &Oracle, writer: Absences, ends: &[u64], log: &Log) {
    let mut popped = 0;
    oracle.loses_sight();
    for (operation, report) in log {
        if operation.ends() {
            come_or_go(oracle, *operation, report);
        } else if !oracle.holds(Reader) {
            assert_eq!(report.outcome, Outcome::Absent);
        } else if *operation == Operation::TakeEnd {
            match report.outcome {
                Outcome::EndTaken => assert!(oracle.take_end(), "no stream ended there"),
                ref outcome => assert_eq!(*outcome, Outcome::NoEnd),
            }
        } else if report.outcome.is_message() {
            let messages = oracle.messages();
            oracle.heed(report);
            assert_eq!(*report, oracle.apply(0, *operation), "{operation:?}");
            popped += messages - oracle.messages();
        } else {
            while report.position != Some(oracle.position(Reader)) && oracle.pass() {}
            if oracle.stops_at_ends() && report.outcome == Outcome::Closed {
                assert!(oracle.is_stopped(), "no stream ended there");
            } else if report.outcome == Outcome::Closed {
                assert!(popped >= begin.messages_published(), "there was a message");
                assert!(writer.ever, "nobody left");
                assert!(ends.contains(&oracle.position(Reader)), "nobody left there");
            } else {
                assert!(popped >= begin.messages_published(), "there was a message");
                assert_eq!(report.outcome, operation.patience().unwrap().in_vain(Outcome::Nothing));
                assert!(!writer.always || oracle.stops_at_ends(), "nobody was there");
            }
        }
        stands(oracle, *operation, report);
    }
}

fn come_or_go(oracle: &mut Oracle, operation: Operation, report: &Report) {
    let side = operation.side();
    let left = oracle.left(side);
    if operation.attaches().is_none() {
        assert_eq!(report.outcome, left);
    } else if report.outcome == Outcome::Full {
        assert!(side == Writer && !oracle.has_room_for_an_end(), "there was room");
    } else {
        assert_eq!(report.outcome, oracle.came(side, operation == Operation::AttachToStop));
    }
}

fn stands(oracle: &Oracle, operation: Operation, report: &Report) {
    let side = operation.side();
    let position = oracle.holds(side).then(|| oracle.position(side));
    assert_eq!(report.position, position, "{operation:?}: {report:?}");
    // While the writer makes notes too fast, its messages cannot be counted, and nobody is told a wrong number.
    if let Some(messages) = report.messages {
        assert_eq!(messages, oracle.messages_ever(side), "{operation:?}: {report:?}");
    }
}
