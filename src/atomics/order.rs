//! The ordering contract: every atomic access and every fence of the protocol, by name.
//!
//! Only here, and in the arms of the facade beside it, are `Acquire`, `Release` and `SeqCst` named. The heart says
//! which edge an access is ([`Role`] gives the writer's and the reader's edges their common names), the facade looks
//! up what that edge requires. SAFETY.md lists the edges again, docs/checks.md the models that have to fail when one is
//! weakened.
//!
//! ```text
//!    writer                                         reader
//!    copy the record in
//!    O1 PUBLISH   store writer.cursor  ---------->  O2 OBSERVE   load writer.cursor
//!                                                   copy the record out
//!    O4 RECLAIM   load reader.cursor   <----------  O3 RELEASE   store reader.cursor
//!    copy the next record over it
//!
//!    a side that stores its cursor                  a side that goes to sleep
//!    store own cursor      (O1 or O3)               O9  ANNOUNCE    store own wake_at
//!    light fence           (O5 or O7)  <--------->  heavy fence     (O6 or O8)
//!    O10 HEED  load peer's wake_at                  O11 LOOK_AGAIN  load peer's cursor
//!
//!    the writer                                     a view
//!    O4 RECLAIM   load reader.cursor                copy a record
//!    O18 REUSE    release fence      <--------->    O19 STILL_THERE acquire fence
//!    copy the next record over it                   load reader.cursor
//! ```

pub(crate) use core::sync::atomic::Ordering;
use Ordering::{Acquire, Relaxed, Release, SeqCst};

/// One access or fence of the protocol.
#[derive(Clone, Copy)]
pub(crate) struct Edge {
    /// Its name in SAFETY.md, by which the models weaken it.
    #[cfg_attr(not(any(loom, shuttle)), allow(dead_code))]
    pub(crate) name: &'static str,
    /// What the access must guarantee.
    pub(crate) ordering: Ordering,
}

const fn edge(name: &'static str, ordering: Ordering) -> Edge {
    Edge { name, ordering }
}

/// O1: pairs with OBSERVE. Makes the record's bytes visible before the cursor that covers them.
pub(crate) const PUBLISH: Edge = edge("O1", Release);
/// O2: pairs with PUBLISH. The record is read after the cursor that covers it. A view loads both cursors by it.
pub(crate) const OBSERVE: Edge = edge("O2", Acquire);
/// O3: pairs with RECLAIM. The record was copied out before its space is given back.
pub(crate) const RELEASE: Edge = edge("O3", Release);
/// O4: pairs with RELEASE. The space is overwritten after the reader was done with it.
pub(crate) const RECLAIM: Edge = edge("O4", Acquire);

/// O5: pairs with READER_SLEEPS. Of the writer's cursor and the reader's announcement, stored on either side
/// of the two fences, at least one side sees the other's: the writer wakes, or the reader does not sleep.
pub(crate) const WRITER_WAKES: Edge = edge("O5", SeqCst);
/// O6: pairs with WRITER_WAKES.
pub(crate) const READER_SLEEPS: Edge = edge("O6", SeqCst);
/// O7: pairs with WRITER_SLEEPS. As O5, with the sides exchanged.
pub(crate) const READER_WAKES: Edge = edge("O7", SeqCst);
/// O8: pairs with READER_WAKES.
pub(crate) const WRITER_SLEEPS: Edge = edge("O8", SeqCst);

/// O9: the store of `wake_at` by a side about to sleep. Relaxed: the heavy fence that follows orders it.
pub(crate) const ANNOUNCE: Edge = edge("O9", Relaxed);
/// O10: the load of the peer's `wake_at` after a cursor store. Relaxed: the light fence before it orders it.
pub(crate) const HEED: Edge = edge("O10", Relaxed);
/// O11: the load of the peer's cursor between the announcement and the sleep. Relaxed: the heavy fence before
/// it orders it, and it decides only whether to sleep; what it found is loaded again, by O2 or O4, before use.
pub(crate) const LOOK_AGAIN: Edge = edge("O11", Relaxed);
/// O12: the load of the reader's CLOSED before a push. Relaxed: it guards no memory, and a reader whose closing
/// happened before the push, in the sense of the memory model, is seen by coherence alone.
pub(crate) const HAS_LEFT: Edge = edge("O12", Relaxed);
/// O13: the load of a side's own words when it attaches, the one time they are read back. Relaxed: the lock on the
/// side (T3) orders all that its last holder did before all that the next one does.
pub(crate) const RESUME: Edge = edge("O13", Relaxed);
/// O14: the count of attaches. Relaxed: it guards nothing; only zero or not is asked, before the lock is.
pub(crate) const EPOCH: Edge = edge("O14", Relaxed);
/// O15: loads of the peer's cursor, and a view's of `wake_at`, for statistics. Relaxed: nothing is read or overwritten
/// on their word.
pub(crate) const GLANCE: Edge = edge("O15", Relaxed);

/// O18: pairs with STILL_THERE. Whoever sees a byte that the writer put where the reader had given space back sees,
/// after its own fence, the cursor by which the reader gave it back.
pub(crate) const REUSE: Edge = edge("O18", Release);
/// O19: pairs with REUSE. A view looks whether the reader has passed a record after it has copied it.
pub(crate) const STILL_THERE: Edge = edge("O19", Acquire);
/// O20: pairs with READ_NOTE. The writer makes a note of its messages before it counts the note, and counts it before
/// it overwrites anything by which an older one was to be read. A side that waits stores its
/// wait's beginning before its target.
pub(crate) const NOTE: Edge = edge("O20", Release);
/// O21: pairs with NOTE. Whoever counts messages reads a note after its number, and the number again after the records.
/// Whoever asks how long a side has waited reads the beginning after the target.
pub(crate) const READ_NOTE: Edge = edge("O21", Acquire);

// What the kernel's locks promise (T3), which the models have to have in their place.

/// O16: pairs with ASKED. A side that dies has stored all that it ever will before its lock is released.
#[cfg_attr(not(any(loom, shuttle)), allow(dead_code))]
pub(crate) const LET_GO: Edge = edge("O16", Release);
/// O17: pairs with LET_GO. Who learns that a side is dead sees all that it stored: it drains before it gives up.
#[cfg_attr(not(any(loom, shuttle)), allow(dead_code))]
pub(crate) const ASKED: Edge = edge("O17", Acquire);

/// What tells the two sides apart, under the names that their common code uses: the edges above all.
pub(crate) trait Role {
    /// Whether this side is the one ahead.
    const LEADS: bool;
    /// Stores the own cursor.
    const STORE_CURSOR: Edge;
    /// Loads the peer's cursor, to act on it.
    const LOAD_PEER: Edge;
    /// The light fence, after the own cursor was stored.
    const WAKES: Edge;
    /// The heavy fence, before going to sleep.
    const SLEEPS: Edge;
}

/// The role of the side that pushes.
pub(crate) enum Writing {}

impl Role for Writing {
    const LEADS: bool = true;
    const STORE_CURSOR: Edge = PUBLISH;
    const LOAD_PEER: Edge = RECLAIM;
    const WAKES: Edge = WRITER_WAKES;
    const SLEEPS: Edge = WRITER_SLEEPS;
}

/// The role of the side that pops.
pub(crate) enum Reading {}

impl Role for Reading {
    const LEADS: bool = false;
    const STORE_CURSOR: Edge = RELEASE;
    const LOAD_PEER: Edge = OBSERVE;
    const WAKES: Edge = READER_WAKES;
    const SLEEPS: Edge = READER_SLEEPS;
}
