//! What a reader may be doing when it dies: it pops, looks, waits for a message, or reads a batch.

use ipc_ring::Side;

use super::places::{places, Fit, Place};
use super::script::{pop, push, ring, Script, When};
use super::work::{Ending, Patience, Work};

/// What a reader does where there is a message: the last, one of several, or one after padding.
pub fn pops(all: bool, work: &Work) -> Vec<Script> {
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

/// What a reader does where there is no message.
pub fn pop_of_nothing(_: bool) -> Vec<Script> {
    // Padding that went ahead of a message which is yet to come.
    let padding_alone = || ring(64, 40).and(push(48));
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
pub fn pop_that_wakes(all: bool) -> Vec<Script> {
    let waits = |len| Work::Push { len, patience: Patience::Short };
    let mut scripts = vec![
        ring(64, 0).and_all([push(24), push(16)]).and(waits(16)).then_step(pop()),
        ring(64, 8).and(push(24)).and(waits(40)).and(pop()).then_step(pop()),
    ];
    if all {
        for (offset, len) in [(8, 24), (40, 8), (24, 48)] {
            scripts.push(ring(64, offset).and_all([push(24), push(0)]).and(waits(len)).then_step(pop()));
        }
    }
    scripts
}

/// A reader that sleeps: till its time is over, or till the writer pushes.
pub fn pop_asleep(all: bool) -> Vec<Script> {
    let wait = |patience| Work::Pop { patience };
    let mut scripts = vec![ring(64, 0).then_step(wait(Patience::Short))];
    for when in [When::AboutToSleep, When::Asleep] {
        let asleep = |offset, works: &[Work]| ring(64, offset).then_step(wait(Patience::Endless)).helped(when, works);
        scripts.push(asleep(0, &[push(16)]));
        scripts.push(asleep(48, &[push(16), push(0)]));
        scripts.push(asleep(0, &[Work::Close(Side::Writer)]));
        if all {
            scripts.extend((0..64).step_by(8).map(|offset| asleep(offset, &[push(8), push(3)])));
            scripts.push(asleep(0, &[Work::WriteBatch { lens: vec![1, 2, 3] }]));
        }
    }
    scripts
}

/// Batches that are read: all of the ring or a part, within a lap and over its end, with padding in front and within.
pub fn read_batch(all: bool, ending: Ending) -> Vec<Script> {
    let read = |max| Work::ReadBatch { max, ending };
    let mut scripts = vec![
        ring(64, 0).and_all([push(3), push(0), push(8)]).then_step(read(9)),
        ring(64, 0).and_all([push(3), push(0), push(8)]).then_step(read(2)),
        ring(64, 40).and_all([push(3), push(16)]).then_step(read(9)),
        ring(64, 48).and_all([push(16), push(0)]).then_step(read(9)),
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
