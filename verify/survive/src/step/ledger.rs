//! The oracle: what is in a ring, by plain arithmetic on whole numbers, and which states each work may leave it in when
//! it is cut short.

use std::collections::VecDeque;

use ipc_ring::Side;

use ipc_ring_reference::record::{size, Need, GRANULE};

use super::work::{got, message, Ending, Work};

/// What a ring turns out to hold when both sides are taken anew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// Where the writer goes on.
    pub written: u64,
    /// Where the reader goes on.
    pub read: u64,
    /// The messages that the reader gets, in order, each with the position at which it ends.
    pub messages: Vec<(u64, Vec<u8>)>,
    /// Where the ends of streams end that nobody has come to.
    pub ends: Vec<u64>,
    /// How many were ever written, as the ring counts them; `None` if it cannot tell.
    pub ever: Option<u64>,
    pub writer_closed: bool,
    pub reader_closed: bool,
}

/// A record in the ring.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Record {
    end: u64,
    what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    Message(Vec<u8>),
    Padding,
    /// The end of a stream.
    End,
}

/// A ring that is there, as it ought to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    capacity: u64,
    written: u64,
    read: u64,
    records: VecDeque<Record>,
    /// The messages that were ever written.
    ever: u64,
    writer_closed: bool,
    reader_closed: bool,
    /// Whether the reader that came last stops at ends.
    stops: bool,
}

/// The states that a work takes a ring through, and what comes of it.
#[derive(Debug)]
pub struct Course {
    /// The states of each part of the work, in order: the first of a part is the last of the one before. `None` is no
    /// ring at all.
    pub parts: Vec<Vec<Option<Ledger>>>,
    /// What is said of it in the end, without the position.
    pub answer: String,
}

impl Course {
    /// The state that the work ends in.
    pub fn end(&self) -> Option<Ledger> {
        self.parts.last().and_then(|part| part.last()).cloned().flatten()
    }
}

/// The course of `work`, whose first message has this number, on what is there now.
pub fn course(now: &Option<Ledger>, number: u64, work: &Work) -> Course {
    let Some(ledger) = now else {
        let Work::Create { capacity } = work else {
            return Course { parts: vec![vec![None]], answer: "there is no ring yet".into() };
        };
        return Course { parts: vec![vec![None, Some(Ledger::new(*capacity as u64))]], answer: "done".into() };
    };
    let (parts, answer) = ledger.course(number, work);
    let mut parts: Vec<Vec<Option<Ledger>>> =
        parts.into_iter().map(|part| part.into_iter().map(Some).collect()).collect();
    parts.iter_mut().for_each(|part| part.dedup());
    Course { parts, answer }
}

type Parts = Vec<Vec<Ledger>>;

impl Ledger {
    fn new(capacity: u64) -> Self {
        let records = VecDeque::new();
        let (writer_closed, reader_closed, stops) = (false, false, false);
        Self { capacity, written: 0, read: 0, records, ever: 0, writer_closed, reader_closed, stops }
    }

    pub fn contents(&self) -> Contents {
        let (mut messages, mut ends) = (Vec::new(), Vec::new());
        for record in &self.records {
            match &record.what {
                What::Message(message) => messages.push((record.end, message.clone())),
                What::End => ends.push(record.end),
                What::Padding => {}
            }
        }
        let Self { written, read, ever, writer_closed, reader_closed, .. } = *self;
        Contents { written, read, messages, ends, ever: Some(ever), writer_closed, reader_closed }
    }

    /// Where this side stands.
    pub fn position(&self, side: Side) -> u64 {
        match side {
            Side::Writer => self.written,
            Side::Reader => self.read,
        }
    }

    fn course(&self, number: u64, work: &Work) -> (Parts, String) {
        let now = || self.clone();
        let done = |next: Ledger| (vec![vec![now(), next]], "done".to_string());
        match work {
            Work::Create { .. } => (vec![vec![now()]], "AlreadyExists".into()),
            Work::Attach { .. } if self.free() < GRANULE => (vec![vec![now()]], FULL.into()),
            Work::Attach { .. } => done(Ledger { writer_closed: false, ..now() }),
            Work::Open => done(Ledger { reader_closed: false, stops: false, ..now() }),
            Work::OpenToStop => done(Ledger { reader_closed: false, stops: true, ..now() }),
            Work::Close(Side::Writer) => done(Ledger { writer_closed: true, ..self.and_a_record(GRANULE, What::End) }),
            Work::Close(Side::Reader) => done(Ledger { reader_closed: true, ..now() }),
            Work::Push { len, .. } => match self.with_space_for(*len) {
                Ok(space) => done(space.with(message(number, *len))),
                Err((states, why)) => (vec![states], why),
            },
            Work::Grant { reserved, filled, used } => match (self.with_space_for(*reserved), used) {
                (Ok(space), Some(used)) => {
                    let mut message = message(number, *filled);
                    message.truncate(*used);
                    (vec![vec![now()], vec![now(), space.with(message)]], "done".into())
                }
                (Ok(_), None) => (vec![vec![now()], vec![now()]], "done".into()),
                (Err((states, why)), _) => {
                    let last = states[states.len() - 1].clone();
                    (vec![states, vec![last]], why)
                }
            },
            Work::WriteBatch { lens } => self.write_batch(number, lens),
            Work::Pop { .. } => {
                let mut states = self.passing();
                let passed = &states[states.len() - 1];
                let (next, answer) = (passed.without_message(), passed.answer());
                states.push(next);
                (vec![states], answer)
            }
            Work::Peek => {
                let states = self.passing();
                let answer = states[states.len() - 1].answer();
                (vec![states], answer)
            }
            Work::TakeEnd => match self.records.front() {
                Some(Record { what: What::End, .. }) => (vec![vec![now(), self.without_record()]], "took it".into()),
                _ => (vec![vec![now()]], "no end".into()),
            },
            Work::ReadBatch { max, ending } => self.read_batch(*max, *ending),
        }
    }

    /// Publishes all together at the end, and what it has where it finds no space.
    fn write_batch(&self, number: u64, lens: &[usize]) -> (Parts, String) {
        let mut filled = self.clone();
        for (number, &len) in (number..).zip(lens) {
            match filled.with_space_for(len) {
                Ok(space) => filled = space.with(message(number, len)),
                Err((mut states, why)) => {
                    let last = states[states.len() - 1].clone();
                    states.insert(0, self.clone());
                    return (vec![states, vec![last]], why);
                }
            }
        }
        (vec![vec![self.clone()], vec![self.clone(), filled]], "done".into())
    }

    /// Passes padding and ends in front at once, and all else together at the end. Reads what is there when it begins.
    fn read_batch(&self, max: usize, ending: Ending) -> (Parts, String) {
        let states = self.passing();
        let begun = self.passed();
        let mut rest = begun.clone();
        let mut messages = Vec::new();
        while messages.len() < max {
            rest = rest.passed();
            let Some(message) = rest.front() else { break };
            messages.push(message.to_vec());
            rest = rest.without_message();
        }
        let answer = match messages.is_empty() {
            true => begun.answer(),
            false => got(messages.iter().map(Vec::as_slice)),
        };
        let end = match ending {
            Ending::Commit => rest,
            Ending::CommitInPart if !messages.is_empty() => begun.without_message(),
            Ending::CommitInPart | Ending::Drop => begun.clone(),
        };
        (vec![states, vec![begun, end]], answer)
    }

    /// What a reader says that has passed all that it passes before a message.
    fn answer(&self) -> String {
        match self.records.front() {
            Some(Record { what: What::Message(message), .. }) => got([&message[..]]),
            Some(_) => "Closed".into(),
            None if self.writer_closed && !self.stops => "Closed".into(),
            None => "TimedOut".into(),
        }
    }

    /// The oldest record's message, if it is one.
    pub fn front(&self) -> Option<&[u8]> {
        match &self.records.front()?.what {
            What::Message(message) => Some(message),
            What::Padding | What::End => None,
        }
    }

    fn free(&self) -> u64 {
        self.capacity - (self.written - self.read)
    }

    /// This with the padding that a message of `len` bytes needs before it, if both have space now. Else the states
    /// that trying leads through, and why it ends.
    fn with_space_for(&self, len: usize) -> Result<Ledger, (Vec<Ledger>, String)> {
        let (need, used) = (Need::of(len, self.capacity, self.written), self.written - self.read);
        let no_space = |states| Err((states, "TimedOut".to_string()));
        if self.reader_closed {
            Err((vec![self.clone()], "Closed".into()))
        } else if need.has_space(self.capacity, used) {
            Ok(if need.padding > 0 { self.padded(need.padding) } else { self.clone() })
        } else if need.apart && used + need.padding <= self.capacity - GRANULE {
            // The two never have space at once: the padding goes ahead, and the message has to wait.
            no_space(vec![self.clone(), self.padded(need.padding)])
        } else {
            no_space(vec![self.clone()])
        }
    }

    fn padded(&self, size: u64) -> Ledger {
        self.and_a_record(size, What::Padding)
    }

    fn with(&self, message: Vec<u8>) -> Ledger {
        self.and_a_record(size(message.len()), What::Message(message))
    }

    fn and_a_record(&self, size: u64, what: What) -> Ledger {
        let mut next = self.clone();
        next.written += size;
        next.ever += u64::from(matches!(what, What::Message(_)));
        next.records.push_back(Record { end: next.written, what });
        next
    }

    /// The states that its reader takes this through to come to the next message: padding and ends are given back one
    /// by one, and at an end it may stop.
    fn passing(&self) -> Vec<Ledger> {
        let mut states = vec![self.clone()];
        loop {
            let last = &states[states.len() - 1];
            let next = match last.records.front() {
                Some(Record { what: What::Padding, .. }) => last.without_record(),
                Some(Record { what: What::End, .. }) if !self.stops => last.without_record(),
                _ => return states,
            };
            states.push(next);
        }
    }

    /// This without what its reader passes before the next message.
    pub fn passed(&self) -> Ledger {
        let states = self.passing();
        states[states.len() - 1].clone()
    }

    /// This without the message in front, if there is one.
    fn without_message(&self) -> Ledger {
        match self.front() {
            Some(_) => self.without_record(),
            None => self.clone(),
        }
    }

    /// This without the oldest record, if there is one.
    fn without_record(&self) -> Ledger {
        let mut next = self.clone();
        if let Some(record) = next.records.pop_front() {
            next.read = record.end;
        }
        next
    }
}

/// What is said where a writer is not taken for want of room for it.
pub const FULL: &str = "Full";
