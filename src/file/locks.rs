//! The locks of a ring's file: each side is a byte, and who removes the ring takes both by one call, or none.
//!
//! So a removal that finds a living side holds nothing meanwhile, and one that holds both is told from a side by how
//! much it has: it is none, and will be done in a moment.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use super::refusal::{Fault, Refusal};
use crate::layout;
use crate::protocol::Side;
use crate::sys::fork::{forked, Descriptor, Gate};
use crate::sys::{self, lock};

/// What who removes a ring holds.
pub(super) const BOTH: lock::Range = lock::Range { first: layout::lock::WRITER as libc::off_t, len: 2 };

/// How often a lock is tried that a removal has, with a nap of a millisecond after each.
const TRIES: u32 = 100;

impl Side {
    /// What this side holds while it lives.
    pub(super) const fn lock(self) -> lock::Range {
        match self {
            Side::Writer => lock::Range { first: layout::lock::WRITER as libc::off_t, len: 1 },
            Side::Reader => lock::Range { first: layout::lock::READER as libc::off_t, len: 1 },
        }
    }

    pub(super) const fn peer(self) -> Self {
        match self {
            Side::Writer => Side::Reader,
            Side::Reader => Side::Writer,
        }
    }
}

/// Has `take` take `range` of `file`, a side's or [`BOTH`], unless a side of it is held. Waits where a removal has
/// it: for a tenth of a second, if that is stopped meanwhile, and then it is as `Busy` as by a side.
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
        // Nobody's now: let go in between.
        let Some(other) = lock::held_by_another(file, range) else { continue };
        holder = other;
        if holder != BOTH {
            break;
        }
        sys::nap(Duration::from_millis(1));
    }
    let side = if holder.first == Side::Reader.lock().first { Side::Reader } else { Side::Writer };
    Err(Refusal::Busy(side))
}

/// Takes `range` of `file`, and maps nothing; `None` where any of it is held.
pub(super) fn lock_alone(file: &Arc<Descriptor>, range: lock::Range) -> Result<Option<lock::Held>, Fault> {
    let gate = Gate::enter();
    let locked = lock::acquire(&gate, file, range);
    drop(gate);
    if file.is_forked() {
        return Err(Fault::of("lock")(forked()));
    }
    locked.map_err(lock::explained).map_err(Fault::of("lock"))
}

/// Whether the process that holds `side` is stopped, where that can be told.
pub(super) fn is_stopped(file: &File, side: Side) -> Option<bool> {
    sys::holder_is_stopped(file, side.lock())
}

/// Whether a living process holds `side`. Makes a system call.
pub(super) fn is_held(file: &File, side: Side) -> bool {
    lock::held_by_another(file, side.lock()).is_some_and(|range| range != BOTH)
}
