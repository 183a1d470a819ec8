//! Whether a ring is stuck, which takes two looks some time apart.
//!
//! A side that waits leaves two traces (`wait.rs`): it announces the position that it sleeps for, and it counts its
//! sleeps. No sleep is longer than 50 ms. So a side waits if it announces the same position at both looks and was about
//! to sleep in between. An announcement alone does not suffice: a side that gave up leaves it there. A stopped side
//! counts without a sleep, though it may have given up before it was stopped.
//!
//! A side that does not wait leaves no trace. If such a side is held and does not move, it is slow or its process is
//! stopped. Only the system can tell which.

use super::snapshot::{RingState, SideState, Snapshot};
use crate::file::Viewed;
use crate::protocol::Side;

/// Returns `seen`, with the state `Stuck` if that is so.
///
/// Then nothing has moved since `earlier`, and a side waits in vain.
pub(super) fn judged(ring: &Viewed, earlier: &Snapshot, seen: Snapshot) -> Snapshot {
    let is_still = seen.state == RingState::Live && stands(&seen) == stands(earlier);
    let stuck = |&waiting: &Side| waits_in_vain(ring, waiting, earlier, &seen);
    match [Side::Writer, Side::Reader].iter().find(|side| is_still && stuck(side)) {
        Some(&waiting) => Snapshot { state: RingState::Stuck { waiting }, ..seen },
        None => seen,
    }
}

/// Whether side `waiting` has waited since `earlier` for a peer that will not come. The ring stood still meanwhile.
fn waits_in_vain(ring: &Viewed, waiting: Side, earlier: &Snapshot, seen: &Snapshot) -> bool {
    let (before, now, peer_now, peer) = match waiting {
        Side::Writer => (&earlier.writer, &seen.writer, &seen.reader, Side::Reader),
        Side::Reader => (&earlier.reader, &seen.reader, &seen.writer, Side::Writer),
    };
    if now.awaits.is_none() || now.awaits != before.awaits {
        return false;
    }
    let comes = match peer_now.state {
        SideState::Absent | SideState::Died => false,
        // The stream has ended, and the reader may wait for another writer as long as it likes.
        SideState::Closed => waiting == Side::Reader,
        SideState::Attached => ring.is_stopped(peer) != Some(true),
    };
    !comes && (now.sleeps != before.sleeps || ring.is_stopped(waiting) == Some(true))
}

/// Returns the same for two looks if neither side moved, came or left between them.
fn stands(seen: &Snapshot) -> [(SideState, u64, u64); 2] {
    [&seen.writer, &seen.reader].map(|side| (side.state, side.epoch, side.position))
}
