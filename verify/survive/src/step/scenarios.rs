//! The scenarios: what a process may be doing when it dies. Here are those of coming and leaving.

use ipc_ring::Side;

use super::ends::{attach_without_room, past_ends, stop_at_ends, take_end};
use super::places::Fit;
use super::reading::{pop_asleep, pop_of_nothing, pop_that_wakes, pops, read_batch};
use super::script::{attach, nothing, pop, push, ring, stopping, Script};
use super::work::{Ending, Work};
use super::writing::{
    grant, push_asleep, push_full, push_that_wakes, push_to_nobody, pushes, write_batch, write_batch_without_space,
};

/// Scripts that are told of together.
pub struct Scenario {
    pub name: &'static str,
    /// The scripts that matter most, or all of them.
    pub scripts: fn(all: bool) -> Vec<Script>,
}

pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "create", scripts: create },
    Scenario { name: "attach", scripts: |all| succeed(all, Side::Writer) },
    Scenario { name: "open", scripts: |all| succeed(all, Side::Reader) },
    Scenario { name: "push-within-the-lap", scripts: |all| pushes(all, Fit::Within) },
    Scenario { name: "push-to-the-end-of-the-lap", scripts: |all| pushes(all, Fit::Exactly) },
    Scenario { name: "push-that-wraps", scripts: |all| pushes(all, Fit::Wraps) },
    Scenario { name: "push-of-padding-alone", scripts: |all| pushes(all, Fit::PaddingAlone) },
    Scenario { name: "push-into-a-full-ring", scripts: push_full },
    Scenario { name: "push-that-wakes", scripts: push_that_wakes },
    Scenario { name: "push-to-one-that-left", scripts: push_to_nobody },
    Scenario { name: "push-asleep", scripts: push_asleep },
    Scenario { name: "write-batch", scripts: write_batch },
    Scenario { name: "write-batch-without-space", scripts: write_batch_without_space },
    Scenario { name: "grant", scripts: grant },
    Scenario { name: "pop", scripts: |all| pops(all, &pop()) },
    Scenario { name: "pop-of-nothing", scripts: pop_of_nothing },
    Scenario { name: "pop-that-wakes", scripts: pop_that_wakes },
    Scenario { name: "pop-asleep", scripts: pop_asleep },
    Scenario { name: "peek", scripts: |all| pops(all, &Work::Peek) },
    Scenario { name: "read-batch-committed", scripts: |all| read_batch(all, Ending::Commit) },
    Scenario { name: "read-batch-committed-in-part", scripts: |all| read_batch(all, Ending::CommitInPart) },
    Scenario { name: "read-batch-dropped", scripts: |all| read_batch(all, Ending::Drop) },
    Scenario { name: "past-ends", scripts: past_ends },
    Scenario { name: "stop-at-ends", scripts: stop_at_ends },
    Scenario { name: "take-end", scripts: take_end },
    Scenario { name: "attach-without-room", scripts: attach_without_room },
    Scenario { name: "close", scripts: close },
];

/// The first that comes, and one that comes where a ring is.
fn create(all: bool) -> Vec<Script> {
    let capacities: &[usize] = if all { &[64, 128, 1024, 4096] } else { &[64] };
    let new = capacities.iter().map(|&capacity| nothing().then_step(Work::Create { capacity }));
    let again = ring(64, 0).and(push(8)).then_step(Work::Create { capacity: 64 });
    new.chain([again]).collect()
}

/// A side that takes over from one that left, and from one that died, with something in the ring.
fn succeed(all: bool, side: Side) -> Vec<Script> {
    let work = || if side == Side::Writer { attach() } else { Work::Open };
    let mut scripts = Vec::new();
    if side == Side::Reader {
        // The first that comes.
        scripts.push(nothing().and_all([Work::Create { capacity: 64 }, push(8)]).then_step(Work::Open));
    }
    for (capacity, offset) in if all { &[(64, 0), (64, 40), (128, 72), (1024, 1000)][..] } else { &[(64, 40)][..] } {
        let filled = || ring(*capacity, *offset).and_all([push(3), push(13)]);
        scripts.push(filled().and(Work::Close(side)).then_step(work()));
        scripts.push(filled().and_a_death().then_step(work()));
    }
    scripts
}

/// A side that leaves, with nothing and with something in the ring.
fn close(all: bool) -> Vec<Script> {
    let offsets: &[usize] = if all { &[0, 24, 40, 56] } else { &[40] };
    let script = |(offset, side)| {
        let filled = ring(64, offset).and_all([push(3), push(8)]);
        [ring(64, offset).then_step(Work::Close(side)), filled.then_step(Work::Close(side))]
    };
    let sides = [Side::Writer, Side::Reader];
    let closed = offsets.iter().flat_map(|&offset| sides.map(|side| (offset, side))).flat_map(script);
    // The end takes what no message may, and its reader may be in the midst of the stream or not.
    let full = ring(64, 8).and_all([push(16), push(16), push(0)]).then_step(Work::Close(Side::Writer));
    let read = stopping(64, 40).and(push(3)).and(pop()).then_step(Work::Close(Side::Writer));
    let unread = stopping(64, 40).and(push(3)).then_step(Work::Close(Side::Writer));
    let empty = stopping(64, 40).then_step(Work::Close(Side::Writer));
    closed.chain([full, read, unread, empty]).collect()
}
