//! The one source of programs, for every driver: proptest's strategies.
//!
//! Where proptest itself runs the programs, it shrinks those that fail. The other drivers take theirs before
//! anything runs ([`some`]): the same ones every time.

use std::ops::{Range, RangeInclusive};

use ipc_ring::Side::{self, Reader, Writer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use super::operation::{Access, Disposal, Ending, Manner, Operation, Parcel, Patience};
use super::progress::settle;
use super::race::Race;

/// A program for sides that act in turn.
#[derive(Clone, Debug)]
pub struct Program {
    pub capacity: usize,
    pub start: u64,
    pub operations: Vec<Operation>,
}

/// Whether a race has waits in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Waiting {
    Nobody,
    Somebody,
}

/// What kind of operations there are in a race.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Nobody waits. Sides come and go.
    InPassing,
    /// Every push and every pop waits, and nobody leaves: no wake but the right one can help.
    ForEachOther,
    /// Some wait, some do not. Sides come and go, and in the end both leave.
    UntilTheEnd,
    /// All of it.
    Mixed,
}

/// Programs of up to `most` operations, in rings of 64 to 1024 bytes, from anywhere.
pub fn program(most: usize) -> impl Strategy<Value = Program> {
    (6..11u32).prop_map(|power| 1 << power).prop_flat_map(move |capacity| {
        let operations = vec(prop_oneof![5 => operation(capacity), 1 => adaptors(capacity)], 1..most);
        (start(), operations).prop_map(move |(start, operations)| Program {
            capacity,
            start,
            operations: [Operation::Attach(Writer), Operation::Attach(Reader)].into_iter().chain(operations).collect(),
        })
    })
}

/// Races of this number of operations a side, in a ring of `capacity` bytes that starts at one of `starts`. All waits
/// are certain to end.
pub fn races(
    capacity: usize,
    starts: Vec<u64>,
    half: RangeInclusive<usize>,
    waiting: Waiting,
) -> impl Strategy<Value = Race> {
    let kinds: &[Kind] = match waiting {
        Waiting::Nobody => &[Kind::InPassing],
        Waiting::Somebody => &[Kind::ForEachOther, Kind::UntilTheEnd, Kind::Mixed],
    };
    let races = prop::sample::select(kinds)
        .prop_flat_map(move |kind| races_in(kind, capacity, prop::sample::select(starts.clone()), half.clone()));
    races.prop_filter("both sides are there, and somebody waits if somebody should", move |race| {
        let waits = |half: &[Operation]| half.iter().any(|operation| operation.waits());
        race.both_are_there() && (waiting == Waiting::Nobody || waits(&race.writer) || waits(&race.reader))
    })
}

fn races_in(
    kind: Kind,
    capacity: usize,
    start: impl Strategy<Value = u64>,
    half: RangeInclusive<usize>,
) -> impl Strategy<Value = Race> {
    let leaving = || prop_oneof![kind.leaving() => Just(true), 10 - kind.leaving() => Just(false)];
    let writer = (vec(writers(capacity, kind), half.clone()), leaving());
    let reader = (vec(readers(kind), half), leaving());
    let turns = || vec(operation(capacity), 0..4);
    (start, turns(), writer, reader, turns()).prop_map(move |(start, turns, writer, reader, after)| {
        let before: Vec<_> = [Operation::Attach(Writer), Operation::Attach(Reader)].into_iter().chain(turns).collect();
        let (mut writer, reader) = (ending(Writer, writer), ending(Reader, reader));
        // What is published at the end of the race has to be known: all is. After it nobody knows when the writer
        // looked last, so what it holds back is not foretold.
        let leaves = writer.last() == Some(&Operation::Leave(Writer));
        if !leaves && before.iter().chain(&writer).any(Operation::holds_back) {
            // In place of another, so that the race does not get longer.
            writer.pop();
            writer.push(Operation::Publish);
        }
        let after = after.into_iter().map(Operation::at_last).collect();
        let mut race = Race { capacity, start, before, writer, reader, after };
        settle(&race.begin(), &mut race.writer, &mut race.reader);
        race
    })
}

/// The first `count` values of a strategy, the same every time.
pub fn some<S: Strategy>(count: usize, strategy: S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// The value of a strategy that follows from `seed`.
pub fn one<S: Strategy>(seed: u64, strategy: S) -> S::Value {
    let seed: Vec<u8> = seed.to_le_bytes().repeat(4);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    strategy.new_tree(&mut runner).unwrap().current()
}

/// The half of a race, whose side leaves at its end, if it does.
fn ending(side: Side, (mut half, leaves): (Vec<Operation>, bool)) -> Vec<Operation> {
    half.extend(leaves.then_some(Operation::Leave(side)));
    half
}

/// Start positions: anywhere, and around the wraps of the kernel's 32 bits and of the position.
fn start() -> impl Strategy<Value = u64> {
    let near = |wrap: u64| (0..64u64).prop_map(move |granules| wrap.wrapping_sub(granules * 8));
    prop_oneof![Just(0), near(1 << 32), near(0), any::<u64>().prop_map(|position| position & !7)]
}

fn operation(capacity: usize) -> impl Strategy<Value = Operation> {
    prop_oneof![writers(capacity, Kind::Mixed), readers(Kind::Mixed)]
}

/// What is made of the ring's own operations, for sides that act in turn: how many messages one of these takes or makes
/// depends on what is there, so no race knows which waits are certain to end.
fn adaptors(capacity: usize) -> impl Strategy<Value = Operation> {
    let access = || prop::sample::select(vec![Access::Copied, Access::InPlace]);
    let write = (prop::array::uniform2(0..capacity), 0..capacity, disposal(), patience(Kind::Mixed))
        .prop_map(|(pieces, buffer, disposal, patience)| Operation::Write { pieces, buffer, disposal, patience });
    let read = (0..6usize, 1..capacity / 2, access(), disposal(), patience(Kind::Mixed)).prop_map(
        |(count, most, access, disposal, patience)| Operation::Read { count, most, access, disposal, patience },
    );
    // These have no call that does not wait, and a time-out of zero in its place.
    let patience = || prop_oneof![1 => Just(Patience::Zero), 2 => Just(Patience::Ever)];
    let iterate = (0..6usize, access(), disposal(), patience())
        .prop_map(|(count, access, disposal, patience)| Operation::Iterate { count, access, disposal, patience });
    let pop_many = (0..6usize, patience()).prop_map(|(max, patience)| Operation::PopMany { max, patience });
    let push_equal = (0..6usize, patience()).prop_map(|(count, patience)| Operation::PushEqual { count, patience });
    let pop_equal = (0..6usize, patience()).prop_map(|(max, patience)| Operation::PopEqual { max, patience });
    prop_oneof![2 => write, 2 => read, 1 => iterate, 1 => pop_many, 2 => push_equal, 2 => pop_equal]
}

fn writers(capacity: usize, kind: Kind) -> impl Strategy<Value = Operation> {
    let push = |length: Range<usize>| {
        (parcel(length), patience(kind)).prop_map(|(parcel, patience)| Operation::Push { parcel, patience })
    };
    let small = 0..capacity / 4;
    let batch = (prop::array::uniform3(parcel(small.clone())), disposal(), patience(kind))
        .prop_map(|(parcels, disposal, patience)| Operation::PushBatch { parcels, disposal, patience });
    // Of all lengths, and one more than the largest, which is rarer than it should be among them; and small ones.
    let (every, too_large) = (0..capacity - 14, capacity - 15..capacity - 14);
    prop_oneof![
        6 => push(every),
        1 => push(too_large),
        4 => push(small),
        3 => batch,
        1 => Just(Operation::Publish),
        kind.moving() => moving(Writer),
    ]
}

fn parcel(length: Range<usize>) -> impl Strategy<Value = Parcel> {
    let reserved = [Manner::Written, Manner::Shrunk, Manner::Cut, Manner::InPlace, Manner::GivenUp, Manner::Forgotten];
    let manner = prop_oneof![1 => Just(Manner::Copied), 1 => prop::sample::select(reserved.to_vec())];
    (length, manner).prop_map(|(length, manner)| Parcel { length, manner })
}

/// A handle is dropped as a rule.
fn disposal() -> impl Strategy<Value = Disposal> {
    prop_oneof![2 => Just(Disposal::Dropped), 1 => Just(Disposal::Forgotten)]
}

fn readers(kind: Kind) -> impl Strategy<Value = Operation> {
    let access = || prop::sample::select(vec![Access::Copied, Access::InPlace]);
    let pop = patience(kind).prop_map(|patience| Operation::Pop { patience });
    let peek = (access(), disposal(), patience(kind)).prop_map(|(access, disposal, patience)| Operation::Peek {
        access,
        disposal,
        patience,
    });
    let ending = prop_oneof![2 => Just(Ending::Committed), 3 => prop::sample::select(Ending::ALL.to_vec())];
    let batch = (0..6usize, access(), ending, patience(kind)).prop_map(move |(most, access, ending, patience)| {
        // After a batch that takes an unknown number of messages, no wait is certain to end.
        let takes_some = kind == Kind::ForEachOther && ending == Ending::Committed;
        Operation::PopBatch { max: if takes_some { most.min(1) } else { most }, access, ending, patience }
    });
    let stopping = prop_oneof![Just(Operation::AttachToStop), Just(Operation::TakeEnd)];
    prop_oneof![8 => pop, 1 => peek, 5 => batch, kind.moving() => moving(Reader), kind.moving() => stopping]
}

fn moving(side: Side) -> impl Strategy<Value = Operation> {
    prop_oneof![1 => Just(Operation::Leave(side)), 3 => Just(Operation::Attach(side))]
}

fn patience(kind: Kind) -> impl Strategy<Value = Patience> {
    let (at_once, ever) = match kind {
        Kind::InPassing => (1, 0),
        Kind::ForEachOther => (0, 1),
        Kind::UntilTheEnd | Kind::Mixed => (1, 4),
    };
    prop_oneof![2 * at_once => Just(Patience::Try), at_once => Just(Patience::Zero), 3 * ever => Just(Patience::Ever)]
}

impl Kind {
    /// The weight of coming and going, where transfers have 14.
    fn moving(self) -> u32 {
        match self {
            Kind::ForEachOther => 0,
            Kind::InPassing | Kind::UntilTheEnd | Kind::Mixed => 1,
        }
    }

    /// In how many races of ten a side leaves at the end of its half.
    fn leaving(self) -> u32 {
        match self {
            Kind::ForEachOther => 0,
            Kind::InPassing | Kind::Mixed => 1,
            Kind::UntilTheEnd => 10,
        }
    }
}
