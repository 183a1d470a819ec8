//! What a writer may be doing when it dies: it pushes, waits for space, fills a batch or a grant.

use ipc_ring::Side;

use super::places::{places, Fit, Place};
use super::script::{known, pop, push, ring, Script, When};
use super::work::{Patience, Work};

/// Pushes at all places of this kind: by a writer that has to look how far the reader is, and by one that knows.
pub fn pushes(all: bool, fit: Fit) -> Vec<Script> {
    let script = |Place { capacity, offset, len }| {
        let looks = ring(capacity, offset).then_step(push(len));
        [looks, known(capacity, offset).then_step(push(len))]
    };
    let mut scripts: Vec<_> = places(all, fit).into_iter().flat_map(script).collect();
    // After a message that was not popped, which has to stay what it is.
    scripts.extend(places(all, fit).into_iter().filter(|place| place.offset >= 16).map(|place| {
        let Place { capacity, offset, len } = place;
        ring(capacity, 0).and(push(offset - 8)).then_step(push(len))
    }));
    scripts
}

/// Pushes for which there is no space, and none of padding either.
pub fn push_full(all: bool) -> Vec<Script> {
    let lens: &[usize] = if all { &[0, 1, 8, 24, 48] } else { &[0, 48] };
    let full = |offset, len| ring(64, offset).and_all([push(16), push(16), push(0)]).then_step(push(len));
    let mut scripts: Vec<_> = lens.iter().flat_map(|&len| [full(0, len)]).collect();
    scripts.push(ring(64, 16).and_all([push(16), push(16)]).then_step(push(0)));
    scripts
}

/// A reader has said what it waits for, and has given up since: the writer wakes it all the same.
pub fn push_that_wakes(all: bool) -> Vec<Script> {
    let script = |Place { capacity, offset, len }| {
        ring(capacity, offset).and(Work::Pop { patience: Patience::Short }).then_step(push(len))
    };
    let few = if all { 8 } else { 1 };
    let fits = [Fit::Within, Fit::Exactly, Fit::Wraps, Fit::PaddingAlone];
    fits.into_iter().flat_map(|fit| places(all, fit).into_iter().step_by(5).take(few)).map(script).collect()
}

/// Pushes to a reader that has left.
pub fn push_to_nobody(_: bool) -> Vec<Script> {
    [0, 40].map(|offset| ring(64, offset).and(Work::Close(Side::Reader)).then_step(push(16))).into()
}

/// A writer that sleeps: till its time is over, or till the reader makes space.
pub fn push_asleep(all: bool) -> Vec<Script> {
    let full = |offset| ring(64, offset).and_all([push(24), push(16)]);
    let wait = |len, patience| Work::Push { len, patience };
    let mut scripts = vec![full(0).then_step(wait(16, Patience::Short))];
    for when in [When::AboutToSleep, When::Asleep] {
        scripts.push(full(0).then_step(wait(16, Patience::Endless)).helped(when, &[pop()]));
        // Padding goes ahead alone, and the reader has to pass it.
        let alone = ring(64, 8).and(push(24)).then_step(wait(40, Patience::Endless));
        scripts.push(alone.helped(when, &[pop(), pop()]));
        scripts.push(full(0).then_step(wait(8, Patience::Endless)).helped(when, &[Work::Close(Side::Reader)]));
        if all {
            for (offset, len) in [(0, 0), (8, 24), (40, 3), (8, 48), (16, 40)] {
                let script = full(offset).and(push(0)).then_step(wait(len, Patience::Endless));
                scripts.push(script.helped(when, &[pop(), pop(), pop(), pop()]));
            }
        }
    }
    scripts
}

/// Batches that fit what is free, also over the end of a lap.
pub fn write_batch(all: bool) -> Vec<Script> {
    let batch = |lens: &[usize]| Work::WriteBatch { lens: lens.to_vec() };
    let mut scripts = vec![
        known(64, 0).then_step(batch(&[3, 0, 8])),
        known(64, 40).then_step(batch(&[3, 16])),
        known(128, 72).then_step(batch(&[20, 24, 5])),
    ];
    if all {
        scripts.extend((0..64).step_by(8).map(|offset| known(64, offset).then_step(batch(&[1, 8]))));
        scripts.extend((0..128).step_by(8).map(|offset| known(128, offset).then_step(batch(&[9, 0, 24]))));
        scripts.push(known(1024, 1000).then_step(batch(&[100, 0, 200, 1, 300])));
    }
    scripts
}

/// Batches larger than what is free: what was pushed is published when there is no more space.
pub fn write_batch_without_space(all: bool) -> Vec<Script> {
    let mut offsets: Vec<usize> = (0..64).step_by(8).collect();
    if !all {
        offsets = vec![0, 40];
    }
    let script = |offset| known(64, offset).then_step(Work::WriteBatch { lens: vec![16, 3, 8, 24, 0] });
    offsets.into_iter().map(script).collect()
}

/// Grants that are committed as they were filled, truncated, or dropped.
pub fn grant(all: bool) -> Vec<Script> {
    let mut scripts = Vec::new();
    for fit in [Fit::Within, Fit::Exactly, Fit::Wraps, Fit::PaddingAlone] {
        let places = places(all, fit).into_iter().filter(|place| place.len >= 8);
        for Place { capacity, offset, len } in places.step_by(if all { 3 } else { 4 }) {
            let half = len / 2;
            for (filled, used) in [(len, Some(len)), (len, Some(half)), (half, Some(half)), (len, None), (0, Some(0))] {
                let script = ring(capacity, offset);
                scripts.push(script.then_step(Work::Grant { reserved: len, filled, used }));
            }
        }
    }
    scripts
}
