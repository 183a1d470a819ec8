//! Whether a ring stands still for good: what two looks tell, some time apart, that one cannot.
//!
//! A side that waits says so (`wait.rs`): it announces the position of its peer that it sleeps for, and counts its
//! sleeps, of which none is longer than a twentieth of a second. So one that announces the same at both looks, and has
//! gone to sleep in between, waits. An announcement alone says less: whoever gave up waiting leaves it there.
//!
//! A side that does not wait says nothing. Whether one that is held and does not move is slow, or stopped, its words
//! do not tell, and the system is asked.

use super::snapshot::{RingState, SideState, Snapshot};
use crate::file::Viewed;
use crate::protocol::Side;

/// What was `seen`, and whether the ring has stood still since `earlier`.
pub(super) fn judged(ring: &Viewed, earlier: &Snapshot, seen: Snapshot) -> Snapshot {
    let is_still = seen.state == RingState::Live && stands(&seen) == stands(earlier);
    let stuck = |&waiting: &Side| waits_in_vain(ring, waiting, earlier, &seen);
    match [Side::Writer, Side::Reader].iter().find(|side| is_still && stuck(side)) {
        Some(&waiting) => Snapshot { state: RingState::Stuck { waiting }, ..seen },
        None => seen,
    }
}

/// Whether this side of a ring that stood still has waited since then, for one that will not come.
fn waits_in_vain(ring: &Viewed, waiting: Side, earlier: &Snapshot, seen: &Snapshot) -> bool {
    let (before, now, peer, other) = match waiting {
        Side::Writer => (&earlier.writer, &seen.writer, &seen.reader, Side::Reader),
        Side::Reader => (&earlier.reader, &seen.reader, &seen.writer, Side::Writer),
    };
    if now.awaits.is_none() || now.awaits != before.awaits {
        return false;
    }
    let comes = match peer.state {
        SideState::Absent | SideState::Died => false,
        // All that there was has been read, and there may be another writer some day.
        SideState::Closed => waiting == Side::Reader,
        SideState::Attached => ring.is_stopped(other) != Some(true),
    };
    !comes && (now.sleeps != before.sleeps || ring.is_stopped(waiting) == Some(true))
}

/// What is the same at two looks between which neither side moved, came or left.
fn stands(seen: &Snapshot) -> [(SideState, u64, u64); 2] {
    [&seen.writer, &seen.reader].map(|side| (side.state, side.epoch, side.position))
}
