//! The oracle: what a ring must do, by a `VecDeque` and arithmetic in 128 bits. Every outcome is foretold, a refusal
//! too: `Full` where there was space would be a failure.

use std::collections::VecDeque;

use ipc_ring::{RingState, Side, SideState};

use super::adaptors::equal;
use super::operation::{
    Disposal, Ending, Manner, Message, Operation, Outcome, Parcel, Patience, Report, Setting, EQUAL,
};
use super::sides::Sides;
use super::sight::{Sight, Standing};
use crate::record::{self, Need};

/// A ring without an end, with at most `capacity` bytes in use.
#[derive(Clone, Debug)]
pub struct Oracle {
    capacity: u128,
    /// What a position of the ring's is when `written` or `read` is 0.
    origin: u64,
    /// The bytes ever written and read, counted from the beginning of the lap where both sides started.
    written: u128,
    read: u128,
    /// How much of what is written the reader can see: a writer holds back what a forgotten batch or grant left.
    published: u128,
    /// What lies between `read` and `written`.
    records: VecDeque<Record>,
    /// The messages ever pushed and popped.
    pushed: u64,
    popped: u64,
    writer: Holders,
    reader: Holders,
    /// How far the reader has seen. It looks again where that is used up, and no sooner; a batch is of what was seen.
    /// So in lockstep its length is foretold, too, and one that holds back what it might give is found out.
    seen: u128,
    /// How far the reader had come when the writer last looked. It looks again where the space is used up by that, and
    /// no sooner; before that it publishes what it holds back. Nobody knows when a writer looked in a race, so what is
    /// held back after one is not foretold.
    left_behind: u128,
    /// Whether the reader stops at the ends of streams.
    stops_at_ends: bool,
    /// Whether it has seen just that far. When a reader looked in a race nobody knows: then it is at least that far.
    seen_exactly: bool,
}

/// Who has held a side.
#[derive(Clone, Copy, Default, Debug)]
struct Holders {
    /// How many, one after the other.
    ever: u64,
    /// Whether the last of them does.
    now: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Record {
    Message(Vec<u8>),
    Padding(u64),
    End,
}

/// What the end of a stream takes, for which there is always room while somebody writes.
const END: u128 = record::GRANULE as u128;

impl Oracle {
    /// A ring whose sides stand at `start`, with nobody there.
    pub fn new(capacity: usize, start: u64) -> Self {
        let index = start % capacity as u64;
        Self {
            capacity: capacity as u128,
            origin: start.wrapping_sub(index),
            written: index.into(),
            read: index.into(),
            published: index.into(),
            records: VecDeque::new(),
            pushed: 0,
            popped: 0,
            writer: Holders::default(),
            reader: Holders::default(),
            seen: index.into(),
            left_behind: index.into(),
            stops_at_ends: false,
            seen_exactly: true,
        }
    }

    fn holders(&self, side: Side) -> Holders {
        match side {
            Side::Writer => self.writer,
            Side::Reader => self.reader,
        }
    }

    fn holders_mut(&mut self, side: Side) -> &mut Holders {
        match side {
            Side::Writer => &mut self.writer,
            Side::Reader => &mut self.reader,
        }
    }

    pub fn holds(&self, side: Side) -> bool {
        self.holders(side).now
    }

    /// The messages that were ever pushed up to where this side stands.
    pub fn messages_ever(&self, side: Side) -> u64 {
        match side {
            Side::Writer => self.pushed,
            Side::Reader => self.popped,
        }
    }

    pub fn position(&self, side: Side) -> u64 {
        let bytes = match side {
            Side::Writer => self.written,
            Side::Reader => self.read,
        };
        self.origin.wrapping_add(bytes as u64)
    }

    pub fn used(&self) -> u128 {
        self.written - self.read
    }

    pub fn capacity(&self) -> u128 {
        self.capacity
    }

    /// The messages that are in the ring.
    pub fn messages(&self) -> usize {
        self.records.iter().filter(|record| matches!(record, Record::Message(_))).count()
    }

    /// Those of them that are there to be popped.
    pub fn messages_published(&self) -> usize {
        let mut at = self.read;
        let mut messages = 0;
        for record in self.records.iter() {
            messages += usize::from(at < self.published && matches!(record, Record::Message(_)));
            at += record.size();
        }
        messages
    }

    /// Whether the writer has written what it has not published.
    pub fn holds_back(&self) -> bool {
        self.published < self.written
    }

    /// The writer holds back nothing any more.
    pub fn publish(&mut self) {
        self.published = self.written;
    }

    /// `operation`; with a time-out of zero in place of a wait that nobody would end.
    pub fn in_turn(&self, operation: Operation) -> Operation {
        let at_once = operation.at_once();
        let would_wait = operation.waits() && self.clone().apply(0, at_once).outcome.is_in_vain();
        if would_wait {
            at_once
        } else {
            operation
        }
    }

    /// From here on the reader may look at any time.
    pub fn loses_sight(&mut self) {
        self.seen_exactly = false;
    }

    /// Learns from what the reader did how far it has seen, where that is not known: what it has read, it has seen.
    pub fn heed(&mut self, report: &Report) {
        let last = match &report.outcome {
            Outcome::Read(messages) => messages.last().map(|message| message.end),
            Outcome::EndTaken => None,
            _ => return,
        };
        for end in last.into_iter().chain(report.position) {
            let end = self.read + u128::from(end.wrapping_sub(self.position(Side::Reader)));
            if !self.seen_exactly && end <= self.written {
                self.seen = self.seen.max(end);
            }
        }
    }

    /// The most bytes that a message has.
    fn longest(&self) -> usize {
        record::longest(self.capacity as u64) as usize
    }

    pub fn is_too_large(&self, length: usize) -> bool {
        length > self.longest()
    }

    /// Whether the reader has come to the end of a stream, which it does not pass by itself.
    pub fn is_stopped(&self) -> bool {
        self.stops_at_ends && self.records.front() == Some(&Record::End)
    }

    /// Whether a reader stops at an end that is in the ring.
    pub fn will_stop(&self) -> bool {
        self.stops_at_ends && self.records.contains(&Record::End)
    }

    /// Whether ends stop the reader.
    pub fn stops_at_ends(&self) -> bool {
        self.stops_at_ends
    }

    /// Whether there is room for the end of another stream.
    pub fn has_room_for_an_end(&self) -> bool {
        self.has_room(0)
    }

    /// Whether a message of `length` bytes can be pushed although nothing is popped first.
    pub fn has_space(&self, length: usize) -> bool {
        self.has_room(self.need(length).both())
    }

    /// Whether a push of `length` bytes, as far as is known here, publishes padding before it looks for more space.
    pub fn pads_ahead(&self, length: usize) -> bool {
        let need = self.need(length);
        need.apart && self.has_room(need.padding)
    }

    fn has_room(&self, bytes: u64) -> bool {
        self.written + u128::from(bytes) + END <= self.read + self.capacity
    }

    fn need(&self, length: usize) -> Need {
        Need::of(length, self.capacity as u64, (self.written % self.capacity) as u64)
    }

    /// The space for `parcel` was there, and this is what comes of it: `message` is in the ring, and before it the
    /// padding that the reservation needs. Of a message that is given up nothing remains but padding that went ahead,
    /// or that a batch holds, or a grant that is forgotten.
    pub fn accept(&mut self, parcel: Parcel, message: Vec<u8>, setting: Setting) -> Outcome {
        let need = self.need(parcel.reserved());
        let takes_it_back = parcel.manner == Manner::GivenUp && setting == Setting::Alone;
        if need.padding > 0 && (need.apart || !takes_it_back) {
            self.append(Record::Padding(need.padding));
        }
        if parcel.is_sent() {
            self.append(Record::Message(message));
            Outcome::Pushed
        } else {
            Outcome::GivenUp
        }
    }

    /// The padding that a message of `length` bytes needs is in the ring, and the message is not. Whether that
    /// can be: only where the two cannot be in the ring together.
    pub fn accept_padding_for(&mut self, length: usize) -> bool {
        let need = self.need(length);
        if need.apart {
            self.append(Record::Padding(need.padding));
        }
        need.apart
    }

    fn append(&mut self, record: Record) {
        self.written += record.size();
        self.pushed += matches!(record, Record::Message(_)) as u64;
        self.records.push_back(record);
    }

    /// The reader finds its next message, if there is one, and takes what it passes before it.
    fn find(&mut self) -> bool {
        while self.pass() {}
        if self.seen <= self.read {
            self.seen = match self.records.front() {
                Some(next) if !self.seen_exactly => self.read + next.size(),
                _ => self.published,
            };
        }
        self.seen_exactly |= self.read == self.published;
        self.read < self.published && matches!(self.records.front(), Some(Record::Message(_)))
    }

    /// Takes the next message.
    fn take(&mut self) -> Option<Message> {
        match self.records.pop_front()? {
            Record::Padding(_) | Record::End => panic!("it was passed"),
            Record::Message(bytes) => {
                self.read += u128::from(record::size(bytes.len()));
                self.popped += 1;
                Some(Message { bytes, end: self.position(Side::Reader) })
            }
        }
    }

    /// Takes the next message that was seen, and what is passed before it, also where there is no message after it.
    fn take_seen(&mut self) -> Option<Message> {
        while self.read < self.seen && self.pass() {}
        match self.read < self.seen && !self.is_stopped() {
            true => self.take(),
            false => None,
        }
    }

    /// Passes what is next, if it is padding, or an end at which the reader does not stop. Whether it was.
    pub fn pass(&mut self) -> bool {
        let is_passed = match self.records.front() {
            _ if self.read == self.published => false,
            Some(Record::Padding(_)) => true,
            Some(Record::End) => !self.stops_at_ends,
            _ => false,
        };
        if is_passed {
            self.read += self.records.pop_front().map_or(0, |record| record.size());
        }
        is_passed
    }

    /// Takes the end of a stream, if it is next. Whether it was.
    pub fn take_end(&mut self) -> bool {
        let is_an_end = self.records.front() == Some(&Record::End);
        if is_an_end {
            self.records.pop_front();
            self.read += END;
        }
        is_an_end
    }

    fn take_end_if_seen(&mut self) -> Outcome {
        match self.read < self.seen && self.take_end() {
            true => Outcome::EndTaken,
            false => Outcome::NoEnd,
        }
    }

    /// Whoever holds the side leaves it. A writer that does ends its stream.
    pub fn left(&mut self, side: Side) -> Outcome {
        let was = std::mem::take(&mut self.holders_mut(side).now);
        if was && side == Side::Writer {
            self.append(Record::End);
            self.publish();
        }
        if was {
            Outcome::Moved
        } else {
            Outcome::Absent
        }
    }

    /// Somebody takes the side that nobody holds.
    pub fn came(&mut self, side: Side, stops_at_ends: bool) -> Outcome {
        let holders = self.holders_mut(side);
        holders.ever += 1;
        holders.now = true;
        match side {
            Side::Writer => self.left_behind = self.read,
            Side::Reader => self.stops_at_ends = stops_at_ends,
        }
        Outcome::Moved
    }

    fn attach(&mut self, side: Side, stops_at_ends: bool) -> Outcome {
        self.left(side);
        if side == Side::Writer && !self.has_room_for_an_end() {
            return Outcome::Full;
        }
        self.came(side, stops_at_ends)
    }

    /// The outcome of a push that does not depend on the ring's contents.
    pub fn refusal(&self, parcel: Parcel) -> Option<Outcome> {
        let (len, max) = (parcel.reserved(), self.longest());
        self.is_too_large(len).then_some(Outcome::TooLarge { len, max })
    }

    fn push(&mut self, parcel: Parcel, message: Vec<u8>, setting: Setting, patience: Patience) -> Outcome {
        if setting == Setting::Alone && parcel.manner != Manner::Copied {
            // A grant takes back no more than its own padding.
            self.publish();
        }
        if let Some(refusal) = self.refusal(parcel) {
            return refusal;
        }
        if !self.reader.now {
            return Outcome::Closed;
        }
        if !self.finds_space(parcel.reserved()) {
            return patience.in_vain(Outcome::Full);
        }
        let accepted = self.accept(parcel, message, setting);
        if setting == Setting::Alone && parcel.is_sent() {
            self.publish();
        }
        accepted
    }

    /// Whether there is space for a message of `length` bytes, by what the writer knows, or by another look. Before
    /// that look it publishes. Padding that cannot be in the ring together with the message goes ahead.
    fn finds_space(&mut self, length: usize) -> bool {
        loop {
            let need = self.need(length);
            let bytes = if need.apart { need.padding } else { need.both() };
            if self.written + u128::from(bytes) + END > self.left_behind + self.capacity {
                self.publish();
                if self.left_behind == self.read {
                    return false;
                }
                self.left_behind = self.read;
            } else if need.apart {
                self.append(Record::Padding(need.padding));
                self.publish();
            } else {
                return true;
            }
        }
    }

    fn push_batch(&mut self, number: usize, parcels: &[Parcel], disposal: Disposal, patience: Patience) -> Outcome {
        let mut each = Vec::new();
        for (at, &parcel) in parcels.iter().enumerate() {
            each.push(self.push(parcel, parcel.message(number, at), Setting::InABatch, patience));
            if !each[at].has_space() {
                break;
            }
        }
        if disposal == Disposal::Dropped {
            self.publish();
        }
        Outcome::Each(each)
    }

    /// What comes of a call for which there has to be a message: `there_is` one, or there is none.
    fn reads(&mut self, patience: Patience, there_is: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        if self.find() {
            there_is(self)
        } else if self.is_stopped() {
            Outcome::Closed
        } else if self.writer.now || self.stops_at_ends {
            patience.in_vain(Outcome::Nothing)
        } else {
            Outcome::Closed
        }
    }

    fn pop(&mut self) -> Outcome {
        Outcome::Popped(self.take().expect("it was found").bytes)
    }

    fn peek(&self) -> Outcome {
        Outcome::Read(self.clone().take().into_iter().collect())
    }

    fn pop_batch(&mut self, max: usize, ending: Ending) -> Outcome {
        let mut batch = self.clone();
        let messages: Vec<_> = (0..max).map_while(|_| batch.take_seen()).collect();
        match ending {
            // Also the padding after the last message.
            Ending::Committed => *self = batch,
            _ => (0..ending.releases(messages.len())).for_each(|_| drop(self.take_seen())),
        }
        Outcome::Read(messages)
    }

    /// The stream is cut into messages as long as the buffer, and what is left at the end: the flush's. Without a flush
    /// that is lost, though it be as long as the buffer: only a byte after it has no place there.
    fn write(
        &mut self,
        number: usize,
        pieces: [usize; 2],
        buffer: usize,
        disposal: Disposal,
        patience: Patience,
    ) -> Outcome {
        let parcel = |length| Parcel { length, manner: Manner::Copied };
        let stream = parcel(pieces.iter().sum()).message(number, 0);
        let buffer = buffer.clamp(1, self.longest());
        let mut sent = stream.len();
        if disposal == Disposal::Forgotten {
            sent -= pieces.iter().fold(0, |held, &piece| match held {
                // As long as the buffer is empty, whole messages pass it by.
                0 => piece % buffer,
                held if held + piece <= buffer => held + piece,
                held => match (held + piece) % buffer {
                    0 => buffer,
                    rest => rest,
                },
            });
        }
        let mut each = Vec::new();
        for message in stream[..sent].chunks(buffer) {
            each.push(self.push(parcel(message.len()), message.to_vec(), Setting::Alone, patience));
            if each.last() != Some(&Outcome::Pushed) {
                break;
            }
        }
        Outcome::Each(each)
    }

    /// No piece is of two messages. A message is given back when its last byte was taken, and one without bytes before
    /// the next is looked for.
    fn read(&mut self, count: usize, most: usize, patience: Patience) -> Outcome {
        let (mut pieces, mut rest) = (Vec::new(), Vec::new());
        while pieces.len() < count {
            if rest.is_empty() {
                match self.reads(patience, |ring| ring.peek()) {
                    Outcome::Read(messages) => rest = messages[0].bytes.clone(),
                    end => return Outcome::Taken { pieces, end: Some(end.into()) },
                }
            }
            let piece: Vec<u8> = rest.drain(..most.min(rest.len())).collect();
            if rest.is_empty() {
                self.take();
            }
            match piece.is_empty() {
                // The time that there was has gone by. Without any, what is there is passed over.
                true if patience == Patience::Zero => {
                    return Outcome::Taken { pieces, end: Some(Outcome::TimedOut.into()) };
                }
                true => {}
                false => pieces.push(piece),
            }
        }
        Outcome::Taken { pieces, end: None }
    }

    fn iterate(&mut self, count: usize, patience: Patience) -> Outcome {
        let mut pieces = Vec::new();
        while pieces.len() < count {
            match self.reads(patience, |ring| ring.pop()) {
                Outcome::Popped(message) => pieces.push(message),
                end => return Outcome::Taken { pieces, end: Some(end.into()) },
            }
        }
        Outcome::Taken { pieces, end: None }
    }

    fn pop_many(&mut self, max: usize, patience: Patience) -> Outcome {
        if max == 0 {
            return Outcome::Taken { pieces: Vec::new(), end: None };
        }
        match self.reads(patience, |ring| ring.pop_batch(max, Ending::Committed)) {
            Outcome::Read(messages) => {
                Outcome::Taken { pieces: messages.into_iter().map(|message| message.bytes).collect(), end: None }
            }
            end => Outcome::Taken { pieces: Vec::new(), end: Some(end.into()) },
        }
    }

    /// Pushes what has room in the window: in this lap, and by what the reader had left when the writer last looked.
    fn push_equal(&mut self, number: usize, count: usize, patience: Patience) -> Outcome {
        let mut each = Vec::new();
        if count > 0 && !self.reader.now {
            return Outcome::Closed;
        }
        if count > 0 && !self.finds_space(EQUAL) {
            return patience.in_vain(Outcome::Full);
        }
        while each.len() < count && (each.is_empty() || self.has_a_window_for(EQUAL)) {
            let message = equal(number, each.len()).to_vec();
            each.push(self.accept(Parcel { length: EQUAL, manner: Manner::Copied }, message, Setting::InABatch));
        }
        if count > 0 {
            self.publish();
        }
        each.extend((each.len() < count).then_some(Outcome::Full));
        Outcome::Each(each)
    }

    /// Whether a message of `length` bytes has room after the one before it without another look.
    fn has_a_window_for(&self, length: usize) -> bool {
        let (at, size) = (self.written % self.capacity, u128::from(record::size(length)));
        at > 0 && at + size <= self.capacity && self.written + size + END <= self.left_behind + self.capacity
    }

    /// Takes messages of one length, up to the first of another, to padding, to an end, or to the end of the lap.
    fn pop_equal(&mut self, max: usize, patience: Patience) -> Outcome {
        if max == 0 {
            return Outcome::Taken { pieces: Vec::new(), end: None };
        }
        self.reads(patience, |ring| {
            let mut pieces = Vec::new();
            while pieces.len() < max && ring.read < ring.seen && (pieces.is_empty() || ring.read % ring.capacity > 0) {
                let end = match ring.records.front() {
                    Some(Record::Message(bytes)) if bytes.len() == EQUAL => None,
                    Some(Record::Message(bytes)) if pieces.is_empty() => Some(Outcome::OtherLength(bytes.len())),
                    _ => Some(Outcome::Nothing),
                };
                if let Some(end) = end {
                    return Outcome::Taken { pieces, end: Some(end.into()) };
                }
                pieces.extend(ring.take().map(|message| message.bytes));
            }
            let end = (pieces.len() < max).then(|| Outcome::Nothing.into());
            Outcome::Taken { pieces, end }
        })
    }

    fn standing(&self, side: Side) -> Standing {
        let Holders { ever, now } = self.holders(side);
        let state = match (ever, now) {
            (_, true) => SideState::Attached,
            (0, false) => SideState::Absent,
            (_, false) => SideState::Closed,
        };
        let (position, messages) = match side {
            Side::Writer => {
                let held_back = self.messages() - self.messages_published();
                (self.origin.wrapping_add(self.published as u64), self.pushed - held_back as u64)
            }
            Side::Reader => (self.position(side), self.popped),
        };
        Standing { state, position, epoch: ever, messages: Some(messages) }
    }

    fn measure(&self, side: Side) -> Outcome {
        let used = match side {
            Side::Writer => self.used(),
            Side::Reader => self.published - self.read,
        };
        let free = self.capacity - used;
        match self.holds(side) {
            true => Outcome::Measured { used: used as usize, free: free as usize },
            false => Outcome::Absent,
        }
    }
}

impl Sides for Oracle {
    fn apply(&mut self, number: usize, operation: Operation) -> Report {
        let outcome = match operation {
            Operation::Leave(side) => self.left(side),
            Operation::Attach(side) => self.attach(side, false),
            Operation::AttachToStop => self.attach(Side::Reader, true),
            Operation::Measure(side) => self.measure(side),
            transfer if !self.holds(transfer.side()) => Outcome::Absent,
            Operation::Push { parcel, patience } => {
                self.push(parcel, parcel.message(number, 0), Setting::Alone, patience)
            }
            Operation::PushBatch { parcels, disposal, patience } => {
                self.push_batch(number, &parcels, disposal, patience)
            }
            Operation::Publish => {
                self.publish();
                Outcome::Published
            }
            Operation::Pop { patience } => self.reads(patience, |ring| ring.pop()),
            Operation::Peek { patience, .. } => self.reads(patience, |ring| ring.peek()),
            Operation::PopBatch { max, ending, patience, .. } => {
                self.reads(patience, |ring| ring.pop_batch(max, ending))
            }
            Operation::Write { pieces, buffer, disposal, patience } => {
                self.write(number, pieces, buffer, disposal, patience)
            }
            Operation::Read { count, most, patience, .. } => self.read(count, most, patience),
            Operation::Iterate { count, patience, .. } => self.iterate(count, patience),
            Operation::PopMany { max, patience } => self.pop_many(max, patience),
            Operation::PushEqual { count, patience } => self.push_equal(number, count, patience),
            Operation::PopEqual { max, patience } => match self.pop_equal(max, patience) {
                taken @ Outcome::Taken { .. } => taken,
                end => Outcome::Taken { pieces: Vec::new(), end: Some(end.into()) },
            },
            Operation::TakeEnd => self.take_end_if_seen(),
        };
        if operation.attaches() == Some(Side::Reader) {
            (self.seen, self.seen_exactly) = (self.published, true);
        }
        let side = operation.side();
        let here = self.holds(side);
        let (position, messages) = (self.position(side), self.messages_ever(side));
        Report { outcome, position: here.then_some(position), messages: here.then_some(messages) }
    }

    fn sight(&mut self) -> Option<Sight> {
        let mut all = Self { stops_at_ends: false, ..self.clone() };
        let waiting = std::iter::from_fn(|| {
            while all.pass() {}
            (all.read < all.published).then(|| all.take())?
        });
        let waiting = waiting.collect();
        let is_live = self.writer.now || self.reader.now;
        Some(Sight {
            state: if is_live { RingState::Live } else { RingState::Idle },
            used: (self.published - self.read) as usize,
            writer: self.standing(Side::Writer),
            reader: self.standing(Side::Reader),
            waiting,
        })
    }
}

impl Record {
    fn size(&self) -> u128 {
        match self {
            Record::Message(message) => record::size(message.len()).into(),
            Record::Padding(size) => (*size).into(),
            Record::End => END,
        }
    }
}

impl Patience {
    /// What comes of a call that had to wait: `at_once` from `try_push`, `try_pop` and their like, else it timed out.
    pub fn in_vain(self, at_once: Outcome) -> Outcome {
        match self {
            Patience::Try => at_once,
            Patience::Zero => Outcome::TimedOut,
            Patience::Ever => panic!("a call without a time-out waits until it succeeds"),
        }
    }
}
