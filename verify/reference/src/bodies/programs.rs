//! A program's two halves at once, between two parts in which the sides take turns: what comes of it is foretold where
//! it can be, and what follows exactly.

use std::sync::Arc;

use super::{Start, Stream};
use crate::alphabet::{drain, judge, lockstep, Hands, Log, Operation, Oracle, Race, Sides, Source, Waiting};
use ipc_ring::model::engine::note;
use ipc_ring::model::HeapRing;
use ipc_ring::{FenceMode, Side};

/// Nobody asleep, no light fence: only the cursors' own orderings keep the bytes apart, and a weakened one
/// cannot hide behind a futex.
pub fn run(race: &Race, start: Start, waiting: Waiting) {
    let fences = match waiting {
        Waiting::Nobody => FenceMode::Asymmetric,
        Waiting::Somebody => FenceMode::Symmetric,
    };
    let stream = Stream::new(race.capacity, start, &[]);
    let mut oracle = Oracle::new(race.capacity, start.position);
    // A side that counts messages may look at what the writer is writing, and asks afterwards.
    let ring = if cfg!(miri) { HeapRing::in_sight(race.capacity, start.position, fences) } else { stream.ring(fences) };
    let mut hands = Hands::new(Arc::new(ring));
    lockstep(&mut oracle, &mut hands, 0, &race.before);
    let first = race.first();
    let (writing, reading) = hands.split();
    let (writers, readers) = (race.writer.clone(), race.reader.clone());
    let ((writing, writer), (reading, reader)) =
        stream.race(move || act(writing, first, &writers), move || act(reading, first, &readers));
    judge(&mut oracle, first, &writer, &reader);
    let mut hands = Hands::join(writing, reading);
    lockstep(&mut oracle, &mut hands, race.first_after(), &race.after);
    drain(&mut oracle, &mut hands);
}

fn act<S: Source>(mut hands: Hands<S>, first: usize, half: &[Operation]) -> (Hands<S>, Log) {
    let mut log = Log::new();
    for (number, &operation) in (first..).zip(half) {
        let report = hands.apply(number, operation);
        let side = match operation.side() {
            Side::Writer => "writer",
            Side::Reader => "reader",
        };
        note(side, report.outcome.name());
        log.push((operation, report));
    }
    (hands, log)
}
