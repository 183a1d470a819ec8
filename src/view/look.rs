//! One look at both sides: who is there, where they stand, and what that means.

use std::time::Duration;

use super::cursors::{cursors, was_there, Cursors, TRIES};
use super::snapshot::{RingState, SideState, SideView, Snapshot};
use crate::atomics::order::{EPOCH, GLANCE};
use crate::atomics::Instant;
use crate::file::Viewed;
use crate::protocol::{Control, CountError, Mark, Position, Side};

/// How many looks a count of messages is worth, if a side outruns it.
const COUNTS: u32 = 4;

/// Looks until both sides have the same holders before and after, at most [`TRIES`] times.
pub(super) fn snapshot(ring: &Viewed) -> Snapshot {
    let mut before = holders(ring);
    for look in 1..=TRIES {
        let at = cursors(ring);
        let now = holders(ring);
        if now == before {
            let seen = judged(ring, now, at);
            let is_counted = [seen.writer, seen.reader].iter().all(|side| side.message_count.is_ok());
            if is_counted || look >= COUNTS {
                return seen;
            }
        }
        before = now;
    }
    // Never call a living side dead: a side whose holders change at each look counts as held.
    let (at, now) = (cursors(ring), holders(ring));
    let settled = |side: usize| Holder { is_there: now[side].is_there || now[side] != before[side], ..now[side] };
    judged(ring, [settled(0), settled(1)], at)
}

/// Returns who holds the writer's side and the reader's side.
fn holders(ring: &Viewed) -> [Holder; 2] {
    [(Side::Writer, &ring.writer), (Side::Reader, &ring.reader)].map(|(side, control)| Holder {
        // Asked before a word is loaded: a holder that closes stores its last words before it lets go.
        is_there: ring.is_held(side),
        epoch: control.epoch.load(EPOCH),
    })
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
        let target = Mark::from_word(own.wake_at.load(GLANCE)).position;
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

/// The holder of a side at one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Holder {
    is_there: bool,
    epoch: u64,
}
