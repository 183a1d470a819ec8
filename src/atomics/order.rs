//! The ordering contract: each access of a side's three words, and each fence, by name.
//!
//! In the heart and the facade, only this file and the arms beside it name `Acquire`, `Release` and `SeqCst`. The heart
//! names the **edge** that an access is; the facade looks up which ordering that edge needs. [`Role`] gives the edges
//! of the writer and of the reader common names, for the code that both sides share. Headers, payloads and figures have
//! no edge of their own: if their order matters, a cursor or a fence sees to it. SAFETY.md lists the edges again, and
//! docs/checks.md the models that fail when an edge is weakened.
//!
//! # Bytes: a cursor carries them
//!
//! ```text
//!    writer                                         reader
//!    copy the record in
//!    O1 PUBLISH   store writer.cursor  ---------->  O2 OBSERVE   load writer.cursor
//!                                                   copy the record out
//!    O4 RECLAIM   load reader.cursor   <----------  O3 RELEASE   store reader.cursor
//!    copy the next record over it
//! ```
//!
//! Each arrow is a release store and the acquire load that reads it. All that comes before the store, in program
//! order, has happened for whoever comes after the load. So the reader sees the whole record (O1, O2), and the writer
//! overwrites a record only after the reader has copied it (O3, O4).
//!
//! # Sleep: two fences, so that no wake is lost
//!
//! The cursors cannot do this. A side that goes to sleep stores one word and loads the other, and so does the side that
//! may have to wake it. A processor may let a load overtake an earlier store of another word. Then each side would see
//! the other as it was before: the sleeper sleeps, and nobody wakes it. So both sides put a fence between the two:
//!
//! ```text
//!    a side that goes to sleep (sleeper)            a side that stores its cursor (waker)
//!    1. announce    store own wake_at    O9         1. publish   store own cursor      O1 or O3
//!    2. fence       heavy                O6 or O8   2. fence     light                 O5 or O7
//!    3. look again  load peer's cursor   O11        3. heed      load peer's wake_at   O10
//!    4. sleep       on peer's cursor                4. wake      if the target was reached
//! ```
//!
//! The fences (SeqCst) stand in one order that both sides agree on. Code after the second fence sees all stores before
//! the first. So one of two things holds:
//!
//! - The waker's fence is first. Then step 3 of the sleeper sees the new cursor, and the sleeper does not sleep.
//! - The sleeper's fence is first. Then step 3 of the waker sees the announcement, and the waker wakes the sleeper.
//!
//! Why each edge has its ordering:
//!
//! - *announce* and *heed* (O9, O10), and *look again* (O11), are `Relaxed`: the fences order them, and nobody reads or
//!   overwrites bytes because of them. A side that finds its target reached loads the cursor once more, by O2 or O4.
//! - *fence* (O5 to O8) is `SeqCst`, since nothing weaker keeps a load from overtaking an earlier store.
//! - *publish* is a `Release` for the sake of the bytes. The handshake needs no more of it than that it is a store.
//! - *sleep* needs no edge. The kernel compares the cursor with the value that *look again* saw, and puts the side to
//!   sleep, in one step. If the cursor moves in between, the side does not sleep (T5).
//!
//! The waker pays its fence at each store of a cursor, the sleeper only when it sleeps. In the asymmetric mode
//! ([`FenceMode`](crate::FenceMode)) the light fence binds the compiler alone. The heavy fence makes every running
//! thread of the waker's process execute a full one (`membarrier`). Together they promise the same (T4). In the
//! symmetric mode both are full fences. `protocol/wait.rs` has the code of these steps, and the rest of waiting.
//!
//! # Views: a copy that may be overwritten meanwhile
//!
//! A view copies a record without a say in when the writer overwrites it. It looks afterwards whether the reader has
//! passed the record; as long as the reader has not, the writer does not touch it.
//!
//! ```text
//!    the writer                                     a view
//!    O4 RECLAIM   load reader.cursor                copy a record
//!    O18 REUSE    release fence      <--------->    O19 STILL_THERE acquire fence
//!    copy the next record over it                   load reader.cursor
//! ```
//!
//! If the copy holds a byte of the next record, the two fences meet. Then the view loads a cursor past the record, and
//! gives the copy up (I17). O20 and O21 do the same for the notes by which messages are counted (`protocol/tally.rs`).

pub(crate) use core::sync::atomic::Ordering;
use Ordering::{Acquire, Relaxed, Release, SeqCst};

/// One access or fence of the protocol.
#[derive(Clone, Copy)]
pub(crate) struct Edge {
    /// Its name in SAFETY.md. `cargo xtask weaken` selects an edge by it.
    #[cfg_attr(not(any(loom, shuttle)), allow(dead_code))]
    pub(crate) name: &'static str,
    /// The ordering that the access needs.
    pub(crate) ordering: Ordering,
}

const fn edge(name: &'static str, ordering: Ordering) -> Edge {
    Edge { name, ordering }
}

/// O1: pairs with OBSERVE. Makes a record's bytes visible before the cursor that covers them.
pub(crate) const PUBLISH: Edge = edge("O1", Release);
/// O2: pairs with PUBLISH. Reads a record only after the cursor that covers it. A view loads both cursors by this edge.
pub(crate) const OBSERVE: Edge = edge("O2", Acquire);
/// O3: pairs with RECLAIM. Gives a record's space back only after the record was copied out.
pub(crate) const RELEASE: Edge = edge("O3", Release);
/// O4: pairs with RELEASE. Overwrites space only after the reader is done with it.
pub(crate) const RECLAIM: Edge = edge("O4", Acquire);

/// O5: pairs with READER_SLEEPS. The light fence of a writer that has stored its cursor. Of the cursor and the reader's
/// announcement, each stored before one of the two fences, at least one is seen by the other side.
pub(crate) const WRITER_WAKES: Edge = edge("O5", SeqCst);
/// O6: pairs with WRITER_WAKES. The heavy fence of a reader that has announced its sleep.
pub(crate) const READER_SLEEPS: Edge = edge("O6", SeqCst);
/// O7: pairs with WRITER_SLEEPS. The light fence of a reader that has stored its cursor: as O5, with the sides
/// exchanged.
pub(crate) const READER_WAKES: Edge = edge("O7", SeqCst);
/// O8: pairs with READER_WAKES. The heavy fence of a writer that has announced its sleep.
pub(crate) const WRITER_SLEEPS: Edge = edge("O8", SeqCst);

/// O9: stores `wake_at`: before a sleep, at attaching and at leaving. Relaxed: before a sleep, the heavy fence after it
/// orders it. Otherwise it announces no sleep.
pub(crate) const ANNOUNCE: Edge = edge("O9", Relaxed);
/// O10: loads the peer's `wake_at` after a store of the own cursor. Relaxed: the light fence before it orders it.
pub(crate) const HEED: Edge = edge("O10", Relaxed);
/// O11: loads the peer's cursor between the announcement and the sleep. Relaxed: the heavy fence before it orders it,
/// and it decides only whether to sleep. The side loads the cursor again, by O2 or O4, before it uses any bytes.
pub(crate) const LOOK_AGAIN: Edge = edge("O11", Relaxed);
/// O12: loads the reader's CLOSED before a push. Relaxed: it guards no memory. If the reader closed before the push, in
/// the sense of the memory model, coherence alone makes the load see it.
pub(crate) const HAS_LEFT: Edge = edge("O12", Relaxed);
/// O13: loads a side's own words when it attaches, the one time that they are read back. Relaxed: the lock on the side
/// (T3) orders all that its last holder did before all that the next one does.
pub(crate) const RESUME: Edge = edge("O13", Relaxed);
/// O14: stores and loads the count of attaches. Relaxed: it guards no memory. Waiting asks only whether it is zero, and
/// asks the lock afterwards.
pub(crate) const EPOCH: Edge = edge("O14", Relaxed);
/// O15: loads the peer's cursor, and for a view `wake_at`, as statistics. Relaxed: nobody reads or overwrites bytes
/// because of them.
pub(crate) const GLANCE: Edge = edge("O15", Relaxed);

/// O18: pairs with STILL_THERE. The writer's fence before it overwrites space that the reader gave back. A view that
/// sees a byte written after this fence sees, after its own fence, the cursor by which the reader gave the space back.
pub(crate) const REUSE: Edge = edge("O18", Release);
/// O19: pairs with REUSE. A view's fence between its copy of a record and its look whether the reader has passed it.
pub(crate) const STILL_THERE: Edge = edge("O19", Acquire);
/// O20: pairs with READ_NOTE. The writer makes a note of its messages before it counts the note. It counts the note
/// before it overwrites any record that an older note is needed for. A side that waits takes the beginning of its last
/// wait back before it stores the target, stores the new beginning after it, and announces the target last.
pub(crate) const NOTE: Edge = edge("O20", Release);
/// O21: pairs with NOTE. Whoever counts messages loads the number of notes before the note, and again after the
/// records. Whoever asks how long a side has waited loads the beginning before the target, and again after it. A view
/// loads what each side awaits, and the epochs, before all else that it looks at.
pub(crate) const READ_NOTE: Edge = edge("O21", Acquire);

// The kernel's locks promise the two edges below (T3). In the models, which have no kernel, these stand in for them.

/// O16: pairs with ASKED. All that a side stored happens before the release of its lock, also when the side dies.
#[cfg_attr(not(any(loom, shuttle)), allow(dead_code))]
pub(crate) const LET_GO: Edge = edge("O16", Release);
/// O17: pairs with LET_GO. A side that learns of its peer's death sees all that the peer stored, and can still drain
/// it.
#[cfg_attr(not(any(loom, shuttle)), allow(dead_code))]
pub(crate) const ASKED: Edge = edge("O17", Acquire);

/// A side's role: the edges of each side under common names.
pub(crate) trait Role {
    /// Whether this side is ahead of its peer: true for the writer.
    const LEADS: bool;
    /// The store of the own cursor.
    const STORE_CURSOR: Edge;
    /// The load of the peer's cursor, to act on it.
    const LOAD_PEER: Edge;
    /// The light fence, after the store of the own cursor.
    const WAKES: Edge;
    /// The heavy fence, before a sleep.
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
