//! The locks of a ring's file. A writer locks one byte, a reader another, and a removal locks both bytes by one call.
//!
//! That call takes both bytes or none, so a removal that finds a living side locks nothing. A lock on both bytes can
//! only be a removal's: no side has it, and a removal is short.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use super::refusal::{Fault, Refusal};
use crate::layout;
use crate::protocol::Side;
use crate::sys::fork::{forked, Descriptor, Gate};
use crate::sys::{self, lock};

/// The bytes that a removal locks.
pub(super) const BOTH: lock::Range = lock::Range { first: layout::lock::WRITER as libc::off_t, len: 2 };

/// How many times to try a lock that a removal holds, a millisecond apart.
pub(super) const TRIES: u32 = 100;

impl Side {
    /// Returns the byte that this side locks as long as its holder lives.
    pub(super) const fn lock(self) -> lock::Range {
        match self {
            Side::Writer => lock::Range { first: layout::lock::WRITER as libc::off_t, len: 1 },
            Side::Reader => lock::Range { first: layout::lock::READER as libc::off_t, len: 1 },
        }
    }

    /// Returns the other side.
    pub(super) const fn peer(self) -> Self {
        match self {
            Side::Writer => Side::Reader,
            Side::Reader => Side::Writer,
        }
    }
}

/// Calls `take` until it has locked `range` of `file`, a side's byte or [`BOTH`].
///
/// Fails with `Busy` at once if a process holds a side in `range`. If a removal holds it, waits until that has ended.
/// The removing process may be stopped, so this fails with `Busy` after about a tenth of a second.
pub(super) fn hold<T>(
    file: &Descriptor,
    range: lock::Range,
    take: impl Fn() -> Result<Option<T>, Fault>,
) -> Result<T, Refusal> {
    let mut holder = range;
    for _ in 0..TRIES {
        if let Some(held) = take()? {
            return Ok(held);
        }
        // The lock was released since `take` tried: try again.
        let Some(other) = lock::held_by_another(file, range) else { continue };
        holder = other;
        if holder != BOTH {
            break;
        }
        sys::nap(Duration::from_millis(1));
    }
    // If a removal holds both, the wanted side is the one that cannot be had.
    let busy = if holder == BOTH { range } else { holder };
    let side = if busy.first == Side::Reader.lock().first { Side::Reader } else { Side::Writer };
    Err(Refusal::Busy(side))
}

/// Locks `range` of `file` without mapping anything. Returns `None` if another process holds any of it.
pub(super) fn lock_alone(file: &Arc<Descriptor>, range: lock::Range) -> Result<Option<lock::Held>, Fault> {
    let gate = Gate::enter();
    let locked = lock::acquire(&gate, file, range);
    drop(gate);
    if file.is_forked() {
        return Err(Fault::of("lock")(forked()));
    }
    locked.map_err(lock::explained).map_err(Fault::of("lock"))
}

/// Returns whether the process that holds `side` is stopped, or `None` if the system does not tell.
pub(super) fn is_stopped(file: &File, side: Side) -> Option<bool> {
    sys::holder_is_stopped(file, side.lock())
}

/// Returns whether a living process holds `side`. Makes a system call.
pub(super) fn is_held(file: &File, side: Side) -> bool {
    lock::held_by_another(file, side.lock()).is_some_and(|range| range != BOTH)
}
