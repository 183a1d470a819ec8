//! What either side may be doing at the end of a stream when it dies: it passes ends, stops at one, takes it, or comes
//! where there is no room for another.

use ipc_ring::Side;

use super::script::{attach, pop, push, ring, stopping, Builder, Script, When};
use super::work::{Ending, Patience, Work};

const CLOSE: Work = Work::Close(Side::Writer);

/// A stream for each of these lists of messages. The last one has ended, too, and another has begun.
fn streams(builder: Builder, streams: &[&[usize]]) -> Builder {
    streams
        .iter()
        .fold(builder, |builder, lens| builder.and_all(lens.iter().map(|&len| push(len))).and_all([CLOSE, attach()]))
}

/// Where streams begin, and how each is read.
fn reads(all: bool) -> impl Iterator<Item = (usize, Work)> {
    let offsets: &[usize] = if all { &[0, 24, 32, 40, 48, 56] } else { &[40] };
    let reads = || [pop(), Work::Peek, Work::ReadBatch { max: 9, ending: Ending::Commit }];
    offsets.iter().flat_map(move |&offset| reads().map(|read| (offset, read)))
}

/// A reader that stops nowhere: ends in front are given back one by one, and those within a batch with it.
pub fn past_ends(all: bool) -> Vec<Script> {
    let mut scripts = Vec::new();
    for (offset, read) in reads(all) {
        scripts.push(streams(ring(64, offset), &[&[]]).then_step(read.clone()));
        scripts.push(streams(ring(64, offset), &[&[], &[]]).and(push(8)).then_step(read.clone()));
        scripts.push(streams(ring(64, offset), &[&[3], &[0]]).then_step(read.clone()));
        scripts.push(streams(ring(64, offset), &[&[3], &[]]).and(pop()).and(CLOSE).then_step(read.clone()));
    }
    for ending in [Ending::CommitInPart, Ending::Drop] {
        scripts.push(streams(ring(64, 0), &[&[3], &[0]]).then_step(Work::ReadBatch { max: 9, ending }));
    }
    scripts
}

/// A reader that stops at ends: nothing is given back there, and nothing that comes after it is read.
pub fn stop_at_ends(all: bool) -> Vec<Script> {
    let mut scripts = Vec::new();
    for (offset, read) in reads(all) {
        let ring = || stopping(64, offset);
        scripts.push(ring().and(CLOSE).then_step(read.clone()));
        scripts.push(streams(ring(), &[&[3], &[0]]).then_step(read.clone()));
        scripts.push(streams(ring(), &[&[3]]).and(push(8)).and(pop()).then_step(read.clone()));
        // Padding that went ahead, and the end after it.
        scripts.push(ring().and_all([push(48), CLOSE]).then_step(read.clone()));
    }
    // Asleep between two streams: the next one begins, ends, or both.
    for when in [When::AboutToSleep, When::Asleep] {
        let wait = || stopping(64, 40).and_all([CLOSE, pop(), Work::TakeEnd]).then_step(endless());
        scripts.push(wait().helped(when, &[attach(), push(3)]));
        scripts.push(wait().helped(when, &[attach(), CLOSE]));
        scripts.push(stopping(64, 40).then_step(endless()).helped(when, &[CLOSE]));
    }
    scripts
}

fn endless() -> Work {
    Work::Pop { patience: Patience::Endless }
}

/// A reader that takes an end, and one that finds none.
pub fn take_end(all: bool) -> Vec<Script> {
    let mut scripts = Vec::new();
    let offsets: &[usize] = if all { &[0, 24, 32, 40, 48, 56] } else { &[40] };
    for &offset in offsets {
        let ring = || stopping(64, offset);
        scripts.push(streams(ring(), &[&[3], &[]]).and_all([pop(), pop()]).then_step(Work::TakeEnd));
        scripts.push(ring().and_all([CLOSE, pop()]).then_step(Work::TakeEnd));
        scripts.push(ring().and_all([push(3), pop()]).then_step(Work::TakeEnd));
        scripts.push(ring().and_all([push(3), Work::Peek]).then_step(Work::TakeEnd));
    }
    // A writer has said that it waits for that room, and has given up since: it is woken all the same.
    let waits = Work::Attach { patience: Patience::Short };
    scripts.push(full_of_ends(stopping(64, 40)).and_all([pop(), waits]).then_step(Work::TakeEnd));
    scripts
}

/// No byte is free: there are eight streams, and nobody has seen the end of one.
fn full_of_ends(builder: Builder) -> Builder {
    streams(builder, &[&[][..]; 7]).and(CLOSE)
}

/// A writer that comes where there is no room for the end of its stream: it is told so, or sleeps.
pub fn attach_without_room(all: bool) -> Vec<Script> {
    let comes = |patience| Work::Attach { patience };
    let offsets: &[usize] = if all { &[0, 8, 40, 56] } else { &[40] };
    let mut scripts = Vec::new();
    for &offset in offsets {
        scripts.push(full_of_ends(ring(64, offset)).then_step(attach()));
        scripts.push(full_of_ends(ring(64, offset)).then_step(comes(Patience::Short)));
        for when in [When::AboutToSleep, When::Asleep] {
            let waits = |ring| full_of_ends(ring).then_step(comes(Patience::Endless));
            scripts.push(waits(ring(64, offset)).helped(when, &[pop()]));
            scripts.push(full_of_ends(stopping(64, offset)).and(pop()).then_step(comes(Patience::Endless)));
            let last = scripts.pop().expect("it was pushed");
            scripts.push(last.helped(when, &[Work::TakeEnd]));
            scripts.push(waits(ring(64, offset)).helped(when, &[Work::Close(Side::Reader)]));
        }
    }
    // Full of messages, and the end after them.
    scripts.push(ring(64, 0).and_all([push(48), CLOSE]).then_step(attach()));
    scripts
}
