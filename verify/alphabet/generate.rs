//! The one source of programs, for every driver: proptest's strategies.
//!
//! Where proptest itself runs the programs, it shrinks those that fail. The other drivers take theirs before
//! anything runs ([`some`]): the same ones every time.

use std::ops::{Range, RangeInclusive};

use ipc_ring::Side::{self, Reader, Writer};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::operation::{Operation, Patience};
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
enum Manner {
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
        let operations = vec(operation(capacity), 1..most);
        (start(), operations).prop_map(move |(start, operations)| Program {
            capacity,
            start,
            operations: [Operation::Attach(Writer), Operation::Attach(Reader)].into_iter().chain(operations).collect(),
        })
    })
}

/// Races of so many operations a side, in a ring of `capacity` bytes that starts at one of `starts`. All waits are
/// certain to end.
pub fn races(
    capacity: usize,
    starts: Vec<u64>,
    half: RangeInclusive<usize>,
    waiting: Waiting,
) -> impl Strategy<Value = Race> {
    let manners: &[Manner] = match waiting {
        Waiting::Nobody => &[Manner::InPassing],
        Waiting::Somebody => &[Manner::ForEachOther, Manner::UntilTheEnd, Manner::Mixed],
    };
    let races = prop::sample::select(manners)
        .prop_flat_map(move |manner| races_in(manner, capacity, prop::sample::select(starts.clone()), half.clone()));
    races.prop_filter("both sides are there, and somebody waits if somebody should", move |race| {
        let waits = |half: &[Operation]| half.iter().any(|operation| operation.waits());
        race.both_are_there() && (waiting == Waiting::Nobody || waits(&race.writer) || waits(&race.reader))
    })
}

fn races_in(
    manner: Manner,
    capacity: usize,
    start: impl Strategy<Value = u64>,
    half: RangeInclusive<usize>,
) -> impl Strategy<Value = Race> {
    let leaving = || prop_oneof![manner.leaving() => Just(true), 10 - manner.leaving() => Just(false)];
    let writer = (vec(writers(capacity, manner), half.clone()), leaving());
    let reader = (vec(readers(manner), half), leaving());
    let turns = || vec(operation(capacity), 0..4);
    (start, turns(), writer, reader, turns()).prop_map(move |(start, turns, writer, reader, after)| {
        let before: Vec<_> = [Operation::Attach(Writer), Operation::Attach(Reader)].into_iter().chain(turns).collect();
        let mut race =
            Race { capacity, start, before, writer: ending(Writer, writer), reader: ending(Reader, reader), after };
        settle(&race.begin(), &mut race.writer, &mut race.reader);
        race
    })
}

/// The first `count` values of a strategy, the same every time.
pub fn some<S: Strategy>(count: usize, strategy: S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
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
    prop_oneof![writers(capacity, Manner::Mixed), readers(Manner::Mixed)]
}

fn writers(capacity: usize, manner: Manner) -> impl Strategy<Value = Operation> {
    let push = |length: Range<usize>| {
        (length, patience(manner)).prop_map(|(length, patience)| Operation::Push { length, patience })
    };
    // Of all lengths, and one more than the largest; and small ones.
    prop_oneof![10 => push(0..capacity - 6), 4 => push(0..capacity / 4), manner.moving() => moving(Writer)]
}

fn readers(manner: Manner) -> impl Strategy<Value = Operation> {
    let pop = patience(manner).prop_map(|patience| Operation::Pop { patience });
    prop_oneof![14 => pop, manner.moving() => moving(Reader)]
}

fn moving(side: Side) -> impl Strategy<Value = Operation> {
    prop_oneof![1 => Just(Operation::Leave(side)), 3 => Just(Operation::Attach(side))]
}

fn patience(manner: Manner) -> impl Strategy<Value = Patience> {
    let (at_once, ever) = match manner {
        Manner::InPassing => (1, 0),
        Manner::ForEachOther => (0, 1),
        Manner::UntilTheEnd | Manner::Mixed => (1, 4),
    };
    prop_oneof![2 * at_once => Just(Patience::Try), at_once => Just(Patience::Zero), 3 * ever => Just(Patience::Ever)]
}

impl Manner {
    /// The weight of coming and going, where transfers have 14.
    fn moving(self) -> u32 {
        match self {
            Manner::ForEachOther => 0,
            Manner::InPassing | Manner::UntilTheEnd | Manner::Mixed => 1,
        }
    }

    /// In how many races of ten a side leaves at the end of its half.
    fn leaving(self) -> u32 {
        match self {
            Manner::ForEachOther => 0,
            Manner::InPassing | Manner::Mixed => 1,
            Manner::UntilTheEnd => 10,
        }
    }
}
