//! One look at both sides: who is there, where they stand, and what that means.

use std::time::Duration;

use super::cursors::{cursors, was_there, Cursors, TRIES};
use super::snapshot::{RingState, SideState, SideView, Snapshot};
use crate::atomics::order::{EPOCH, GLANCE, READ_NOTE};
use crate::atomics::{fence, Instant};
use crate::file::Viewed;
use crate::protocol::{Control, CountError, Mark, Position, Side};

/// How many looks a count of messages is worth, if a side outruns it.
const COUNTS: u32 = 4;

/// Looks until both sides have the same holders before and after, at most [`TRIES`] times.
///
/// A holder takes its side, stores its epoch, moves its cursor, and lets go last. So if nobody held a side before and
/// after, and its epoch stayed, then the last holder stored the cursor that was loaded in between.
pub(super) fn snapshot(ring: &Viewed) -> Snapshot {
    let mut looks = 0;
    loop {
        looks += 1;
        let (epochs_before, targets) = (epochs(ring), targets(ring));
        // Whoever sees an epoch asks after its holder took the side (T3). Whoever sees a target sees the peer where
        // the sleeper saw it, or later.
        fence(READ_NOTE);
        let held_before = held(ring);
        let at = cursors(ring);
        let (held_after, epochs_after) = (held(ring), epochs(ring));
        if (held_after, epochs_after) != (held_before, epochs_before) && looks < TRIES {
            continue;
        }
        // Never call a living side dead: a side whose holders change at each look counts as held.
        let holder = |side: usize| {
            let (epoch, is_same) = (epochs_after[side], epochs_after[side] == epochs_before[side]);
            Holder { is_there: held_before[side] || held_after[side] || !is_same, epoch, target: targets[side] }
        };
        let seen = judged(ring, [holder(0), holder(1)], at);
        let is_counted = [seen.writer, seen.reader].iter().all(|side| side.message_count.is_ok());
        if is_counted || looks >= COUNTS {
            return seen;
        }
    }
}

/// Returns whether a living process holds the writer's side, and the reader's side. Makes two system calls.
fn held(ring: &Viewed) -> [bool; 2] {
    [Side::Writer, Side::Reader].map(|side| ring.is_held(side))
}

/// Returns how many holders the writer's side and the reader's side have had.
fn epochs(ring: &Viewed) -> [u64; 2] {
    [&ring.writer, &ring.reader].map(|control| control.epoch.load(EPOCH))
}

/// Returns the targets that the writer and the reader announced last.
///
/// They are loaded before the cursors: a target that is past the peer's cursor then was not reached at this moment.
fn targets(ring: &Viewed) -> [Position; 2] {
    [&ring.writer, &ring.reader].map(|control| Mark::from_word(control.wake_at.load(GLANCE)).position)
}

/// Counts the messages ever pushed up to `position`, where a side stood a moment ago.
fn messages_at(ring: &Viewed, position: Position) -> Result<u64, CountError> {
    let Viewed { writer, bytes, capacity, .. } = ring;
    writer.figures.tally.messages_at(position, bytes, *capacity, || was_there(ring, position))
}

/// Judges the holders and the cursors that were seen.
fn judged(ring: &Viewed, [writer, reader]: [Holder; 2], cursors: Cursors) -> Snapshot {
    let capacity = ring.capacity.bytes();
    let checked = cursors.checked(capacity);
    let side = |holder: Holder, mark: Mark, own: &Control, peer_at: Position| {
        let target = holder.target;
        let announced = holder.is_there && (1..=capacity).contains(&target.since(peer_at));
        let state = match (holder.is_there, mark.closed) {
            (true, _) => SideState::Attached,
            _ if holder.epoch == 0 => SideState::Absent,
            (false, true) => SideState::Closed,
            (false, false) => SideState::Died,
        };
        let figures = &own.figures;
        let waits_since = announced.then(|| figures.waits_since(target)).flatten();
        SideView {
            state,
            position: mark.position.get(),
            epoch: holder.epoch,
            message_count: messages_at(ring, mark.position),
            sleeps: figures.sleeps.get(),
            wakes: figures.wakes.get(),
            longest_wait: Duration::from_nanos(figures.longest_wait.get()),
            awaits: announced.then_some(target.get()),
            waiting: waits_since.and_then(|since| Instant::now().checked_duration_since(since)),
            dropped: figures.dropped.get(),
            repeated: figures.repeated.get(),
        }
    };
    let writer = side(writer, cursors.writer, &ring.writer, cursors.reader.position);
    let reader = side(reader, cursors.reader, &ring.reader, cursors.writer.position);
    let states = [writer.state, reader.state];
    let state = match checked {
        Err(check) => RingState::Corrupt { check },
        Ok(_) if states.contains(&SideState::Attached) => RingState::Live,
        Ok(_) if states.contains(&SideState::Died) => RingState::Orphaned,
        Ok(_) => RingState::Idle,
    };
    Snapshot { writer, reader, used_bytes: checked.unwrap_or(capacity) as usize, state }
}

/// The holder of a side at one moment, or the last one.
#[derive(Clone, Copy)]
struct Holder {
    is_there: bool,
    epoch: u64,
    /// The position of its peer at which it wants to be woken.
    target: Position,
}
