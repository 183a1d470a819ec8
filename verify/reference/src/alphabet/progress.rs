//! Waits that are certain to end. A program in which somebody waits for what never comes shows nothing: it stops.
//!
//! When both sides run at once, at most one of them can be stuck for good. The two cannot both wait: with nothing left
//! to pop there is space for every record, or for its padding, which a reader that waits gives back. So where one is
//! stuck, the other is done with its half, and one of these rules it out:
//!
//! 1. The other half ends with its side left: who waits is told so.
//! 2. A pop: the messages that are certain to be pushed are more than the pops before it can have taken.
//! 3. A push: the ring has space for it, and for all before it, though nothing be popped. Or the pops that wait are as
//!    many as the messages up to this one: they are not done before it is in.
//!
//! A reader that stops at ends is told of a side that left but once, so 1 says nothing of its pops; and what is after
//! an end it does not pop, so 3 says nothing where there is one.
//!
//! 2 and 3 count messages, and say nothing where a side comes or goes before. A batch counts for what is certain: one
//! that is read for one message in 3 and for its most in 2; one that is pushed for all of its messages, for each of
//! which it waits. Of a message that is given up none comes, though it needs its space: 3 counts it where it is the one
//! that waits. Messages that are only looked at, or that no
//! commit released, were not popped.
//!
//! What a writer holds back keeps no pop waiting for ever: a writer that waits publishes it first, and one that has
//! done all of its half has published all.

use ipc_ring::Side;

use super::operation::{Operation, Parcel};
use super::oracle::Oracle;

/// Takes from the two halves the waits that are not certain to end, the last first: a time-out of zero takes
/// the place of each. `begin` is the ring as the race begins.
pub fn settle(begin: &Oracle, writer: &mut [Operation], reader: &mut [Operation]) {
    loop {
        let race = Halves { begin, writer, reader };
        if let Some(at) = last_wait(writer, |at| !race.push_ends(at)) {
            writer[at] = writer[at].at_once();
        } else if let Some(at) = last_wait(reader, |at| !race.pop_ends(at)) {
            reader[at] = reader[at].at_once();
        } else {
            return;
        }
    }
}

fn last_wait(half: &[Operation], is_wanted: impl Fn(usize) -> bool) -> Option<usize> {
    (0..half.len()).rev().find(|&at| half[at].waits() && is_wanted(at))
}

struct Halves<'a> {
    begin: &'a Oracle,
    writer: &'a [Operation],
    reader: &'a [Operation],
}

impl Halves<'_> {
    fn push_ends(&self, at: usize) -> bool {
        let counts =
            self.stays(Side::Writer, at) && self.stays(Side::Reader, self.reader.len()) && !self.begin.will_stop();
        let parcels: Vec<Parcel> = self.parcels(&self.writer[..at + 1]).collect();
        let before = parcels.split_last().map_or(&[][..], |(_, before)| before);
        let messages = self.begin.messages() + before.iter().filter(|parcel| parcel.is_sent()).count() + 1;
        let waiting = self.reader.iter().filter(|operation| operation.waits());
        let waiting_pops: usize = waiting.map(|operation| operation.takes().0).sum();
        self.ends_left(Side::Reader)
            || counts && (at < self.pushed_though_nothing_is_popped() || waiting_pops >= messages)
    }

    fn pop_ends(&self, at: usize) -> bool {
        let counts = self.stays(Side::Reader, at) && self.stays(Side::Writer, self.writer.len());
        let (alone, others) = self.writer.split_at(self.pushed_though_nothing_is_popped());
        let certain = alone.iter().chain(others.iter().filter(|operation| operation.waits()));
        let messages = self.begin.messages() + self.parcels(certain).filter(|parcel| parcel.is_sent()).count();
        let pops: usize = self.reader[..at].iter().map(|operation| operation.takes().1).sum();
        self.ends_left(Side::Writer) && !self.may_stop() || counts && pops < messages
    }

    /// Whether a reader may come to an end of a stream and stop there.
    fn may_stop(&self) -> bool {
        self.begin.stops_at_ends() || self.reader.contains(&Operation::AttachToStop)
    }

    /// What these operations push: of each, what is before the first message that is too large.
    fn parcels<'b>(
        &'b self,
        operations: impl IntoIterator<Item = &'b Operation> + 'b,
    ) -> impl Iterator<Item = Parcel> + 'b {
        let fits = |parcel: &Parcel| self.begin.refusal(*parcel).is_none();
        operations.into_iter().flat_map(move |operation| operation.parcels().iter().copied().take_while(fits))
    }

    fn half(&self, side: Side) -> &[Operation] {
        match side {
            Side::Writer => self.writer,
            Side::Reader => self.reader,
        }
    }

    /// Whether the side is held, without a change, until it has done this number of its operations.
    fn stays(&self, side: Side, operations: usize) -> bool {
        self.begin.holds(side) && !self.half(side)[..operations].iter().any(|operation| operation.ends())
    }

    /// Whether nobody holds the side in the end.
    fn ends_left(&self, side: Side) -> bool {
        match self.half(side).iter().rfind(|operation| operation.ends()) {
            Some(last) => *last == Operation::Leave(side),
            None => !self.begin.holds(side),
        }
    }

    /// How many of the writer's operations, from the first on, do not have to wait though nothing be popped meanwhile.
    fn pushed_though_nothing_is_popped(&self) -> usize {
        let mut ring = self.begin.clone();
        let mut goes_in = |parcel: Parcel, setting| {
            let has_space = ring.has_space(parcel.reserved());
            ring.accept(parcel, vec![0; parcel.length], setting);
            has_space
        };
        let goes_on = |operation: &&Operation| match operation.setting() {
            Some(setting) => self.parcels([*operation]).all(|parcel| goes_in(parcel, setting)),
            None => false,
        };
        self.writer.iter().take_while(goes_on).count()
    }
}
