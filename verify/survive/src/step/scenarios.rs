//! The scenarios: what a process may be doing when it dies.

use super::places::{places, Fit, Place};
use super::script::{nothing, pop, push, ring, Script, When};
use super::work::{Ending, Patience, Side, Work};

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
    Scenario { name: "read-batch-kept", scripts: |all| read_batch(all, Ending::Keep) },
    Scenario { name: "read-batch-dropped", scripts: |all| read_batch(all, Ending::Drop) },
    Scenario { name: "close", scripts: close },
];

fn create(all: bool) -> Vec<Script> {
    let capacities: &[usize] = if all { &[64, 128, 1024, 4096] } else { &[64] };
    let new = capacities.iter().map(|&capacity| nothing().then_step(Work::Create { capacity }));
    let again = ring(64, 0).and(push(8)).then_step(Work::Create { capacity: 64 });
    new.chain([again]).collect()
}

/// A side that takes over from one that left, and from one that died, with something in the ring.
fn succeed(all: bool, side: Side) -> Vec<Script> {
    let work = || if side == Side::Writer { Work::Attach } else { Work::Open };
    let mut scripts = Vec::new();
    for (capacity, offset) in if all { &[(64, 0), (64, 40), (128, 72), (1024, 1000)][..] } else { &[(64, 40)][..] } {
        let filled = || ring(*capacity, *offset).and_all([push(3), push(13)]);
        scripts.push(filled().and(Work::Close(side)).then_step(work()));
        scripts.push(filled().and_a_death().then_step(work()));
    }
    if side == Side::Reader {
        // The first that comes.
        scripts.push(nothing().and_all([Work::Create { capacity: 64 }, push(8)]).then_step(Work::Open));
    }
    scripts
}

/// Pushes at all places of this kind: by a writer that has to look how far the reader is, and by one that knows.
fn pushes(all: bool, fit: Fit) -> Vec<Script> {
    let script = |Place { capacity, offset, len }| {
        let looks = ring(capacity, offset).then_step(push(len));
        let knows = ring(capacity, offset).and_all([Work::Close(Side::Writer), Work::Attach]);
        [looks, knows.then_step(push(len))]
    };
    let mut scripts: Vec<_> = places(all, fit).into_iter().flat_map(script).collect();
    // Behind a message that was not popped, which has to stay what it is.
    scripts.extend(places(all, fit).into_iter().filter(|place| place.offset >= 16).map(|place| {
        let Place { capacity, offset, len } = place;
        ring(capacity, 0).and(push(offset - 8)).then_step(push(len))
    }));
    scripts
}

fn push_full(all: bool) -> Vec<Script> {
    let lens: &[usize] = if all { &[0, 1, 8, 24, 56] } else { &[0, 56] };
    let full = |offset, len| ring(64, offset).and_all([push(16), push(16), push(8)]).then_step(push(len));
    let mut scripts: Vec<_> = lens.iter().flat_map(|&len| [full(0, len)]).collect();
    scripts.push(ring(64, 16).and_all([push(16), push(16)]).then_step(push(8)));
    scripts
}

/// A reader has said what it waits for, and has given up since: the writer wakes it all the same.
fn push_that_wakes(all: bool) -> Vec<Script> {
    let script = |Place { capacity, offset, len }| {
        ring(capacity, offset).and(Work::Pop { patience: Patience::Short }).then_step(push(len))
    };
    let few = if all { 8 } else { 1 };
    let fits = [Fit::Within, Fit::Exactly, Fit::Wraps, Fit::PaddingAlone];
    fits.into_iter().flat_map(|fit| places(all, fit).into_iter().step_by(5).take(few)).map(script).collect()
}

fn push_to_nobody(_: bool) -> Vec<Script> {
    [0, 40].map(|offset| ring(64, offset).and(Work::Close(Side::Reader)).then_step(push(16))).into()
}

/// A writer that sleeps: till its time is over, or till the reader makes space.
fn push_asleep(all: bool) -> Vec<Script> {
    let full = |offset| ring(64, offset).and_all([push(24), push(16)]);
    let wait = |len, patience| Work::Push { len, patience };
    let mut scripts = vec![full(0).then_step(wait(16, Patience::Short))];
    for when in [When::AboutToSleep, When::Asleep] {
        scripts.push(full(0).then_step(wait(16, Patience::Endless)).helped(when, &[pop()]));
        // Padding goes ahead alone, and the reader has to pass it.
        let alone = ring(64, 0).and(push(24)).then_step(wait(40, Patience::Endless));
        scripts.push(alone.helped(when, &[pop(), pop()]));
        scripts.push(full(0).then_step(wait(8, Patience::Endless)).helped(when, &[Work::Close(Side::Reader)]));
        if all {
            for (offset, len) in [(0, 0), (8, 24), (40, 3), (0, 56), (16, 40)] {
                let script = full(offset).and(push(0)).then_step(wait(len, Patience::Endless));
                scripts.push(script.helped(when, &[pop(), pop(), pop(), pop()]));
            }
        }
    }
    scripts
}

/// Batches that fit what is free, also over the end of a lap.
fn write_batch(all: bool) -> Vec<Script> {
    let knows = |capacity, offset| ring(capacity, offset).and_all([Work::Close(Side::Writer), Work::Attach]);
    let batch = |lens: &[usize]| Work::WriteBatch { lens: lens.to_vec() };
    let mut scripts = vec![
        knows(64, 0).then_step(batch(&[3, 0, 8])),
        knows(64, 40).then_step(batch(&[3, 16])),
        knows(128, 72).then_step(batch(&[20, 24, 5])),
    ];
    if all {
        scripts.extend((0..64).step_by(8).map(|offset| knows(64, offset).then_step(batch(&[1, 8]))));
        scripts.extend((0..128).step_by(8).map(|offset| knows(128, offset).then_step(batch(&[9, 0, 24]))));
        scripts.push(knows(1024, 1000).then_step(batch(&[100, 0, 200, 1, 300])));
    }
    scripts
}

/// Batches larger than what is free: what was pushed is published when there is no more space.
fn write_batch_without_space(all: bool) -> Vec<Script> {
    let mut offsets: Vec<usize> = (0..64).step_by(8).collect();
    if !all {
        offsets = vec![0, 40];
    }
    let script = |offset| {
        let knows = ring(64, offset).and_all([Work::Close(Side::Writer), Work::Attach]);
        knows.then_step(Work::WriteBatch { lens: vec![16, 3, 8, 24, 0] })
    };
    offsets.into_iter().map(script).collect()
}

/// Grants that are committed as they are, shrunk, longer than they were filled, or dropped.
fn grant(all: bool) -> Vec<Script> {
    let mut scripts = Vec::new();
    for fit in [Fit::Within, Fit::Exactly, Fit::Wraps, Fit::PaddingAlone] {
        let places = places(all, fit).into_iter().filter(|place| place.len >= 8);
        for Place { capacity, offset, len } in places.step_by(if all { 3 } else { 4 }) {
            let half = len / 2;
            for (filled, used) in [(len, Some(len)), (len, Some(half)), (half, Some(len)), (len, None), (0, Some(0))] {
                let script = ring(capacity, offset);
                scripts.push(script.then_step(Work::Grant { reserved: len, filled, used }));
            }
        }
    }
    scripts
}

/// What a reader does where there is a message: the last, one of several, or one behind padding.
fn pops(all: bool, work: &Work) -> Vec<Script> {
    let mut scripts = Vec::new();
    for fit in [Fit::Within, Fit::Exactly, Fit::Wraps] {
        for Place { capacity, offset, len } in places(all, fit) {
            scripts.push(ring(capacity, offset).and(push(len)).then_step(work.clone()));
        }
    }
    scripts.push(ring(64, 0).and_all([push(8), push(3), push(0)]).then_step(work.clone()));
    scripts.push(ring(64, 40).and_all([push(3), push(24)]).and(pop()).then_step(work.clone()));
    // The writer has left, and then the reader has not seen that yet.
    scripts.push(ring(64, 0).and(push(8)).and(Work::Close(Side::Writer)).then_step(work.clone()));
    scripts
}

fn pop_of_nothing(_: bool) -> Vec<Script> {
    // Padding that went ahead of a message which is yet to come.
    let padding_alone = || ring(64, 40).and(push(56));
    vec![
        ring(64, 0).then_step(pop()),
        ring(64, 40).then_step(pop()),
        ring(64, 0).and(Work::Close(Side::Writer)).then_step(pop()),
        padding_alone().then_step(pop()),
        padding_alone().then_step(Work::Peek),
        padding_alone().then_step(Work::ReadBatch { max: 9, ending: Ending::Commit }),
    ]
}

/// A writer has said what it waits for, and has given up since: the reader wakes it all the same.
fn pop_that_wakes(all: bool) -> Vec<Script> {
    let waits = |len| Work::Push { len, patience: Patience::Short };
    let mut scripts = vec![
        ring(64, 0).and_all([push(24), push(16)]).and(waits(24)).then_step(pop()),
        ring(64, 0).and(push(24)).and(waits(40)).and(pop()).then_step(pop()),
    ];
    if all {
        for (offset, len) in [(8, 24), (40, 8), (24, 56)] {
            scripts.push(ring(64, offset).and_all([push(24), push(0)]).and(waits(len)).then_step(pop()));
        }
    }
    scripts
}

/// A reader that sleeps: till its time is over, or till the writer pushes.
fn pop_asleep(all: bool) -> Vec<Script> {
    let wait = |patience| Work::Pop { patience };
    let mut scripts = vec![ring(64, 0).then_step(wait(Patience::Short))];
    for when in [When::AboutToSleep, When::Asleep] {
        let asleep = |offset, works: &[Work]| ring(64, offset).then_step(wait(Patience::Endless)).helped(when, works);
        scripts.push(asleep(0, &[push(16)]));
        scripts.push(asleep(40, &[push(24), push(0)]));
        scripts.push(asleep(0, &[Work::Close(Side::Writer)]));
        if all {
            scripts.extend((0..64).step_by(8).map(|offset| asleep(offset, &[push(8), push(3)])));
            scripts.push(asleep(0, &[Work::WriteBatch { lens: vec![1, 2, 3] }]));
        }
    }
    scripts
}

/// Batches that are read: all of the ring or a part, within a lap and over its end, with padding in front and within.
fn read_batch(all: bool, ending: Ending) -> Vec<Script> {
    let read = |max| Work::ReadBatch { max, ending };
    let mut scripts = vec![
        ring(64, 0).and_all([push(3), push(0), push(8)]).then_step(read(9)),
        ring(64, 0).and_all([push(3), push(0), push(8)]).then_step(read(2)),
        ring(64, 40).and_all([push(3), push(16)]).then_step(read(9)),
        ring(64, 40).and_all([push(24), push(0)]).then_step(read(9)),
    ];
    if all {
        for offset in (0..128).step_by(8) {
            for max in [1, 2, 9] {
                let filled = ring(128, offset).and_all([push(9), push(0), push(40)]);
                scripts.push(filled.then_step(read(max)));
            }
        }
        let filled = ring(1024, 1000).and_all([push(100), push(0), push(200)]);
        scripts.push(filled.then_step(read(9)));
    }
    scripts
}

fn close(all: bool) -> Vec<Script> {
    let offsets: &[usize] = if all { &[0, 24, 40, 56] } else { &[40] };
    let script = |(offset, side)| {
        let filled = ring(64, offset).and_all([push(3), push(8)]);
        [ring(64, offset).then_step(Work::Close(side)), filled.then_step(Work::Close(side))]
    };
    let sides = [Side::Writer, Side::Reader];
    offsets.iter().flat_map(|&offset| sides.map(|side| (offset, side))).flat_map(script).collect()
}
