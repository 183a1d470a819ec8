//! What the checks hold the ring against, and what they share. Each of it is said here and nowhere else.
//!
//! ```text
//!    record.rs       the rules of records and of the space that they need, told again: the library's are not asked
//!    alphabet/       what can be done to a ring, and a queue that says what must come of it
//!    bodies/         what two sides do in a model, and what must be true of it
//!    certificate.rs  what a model explored, held against what it is known to explore; wrong.rs: what it must find
//!    report.rs       what a check explored or found, for whoever watches and for whoever runs it
//!    words.rs        a ring's file as whoever may write to it can: every word of it
//!    place.rs        a place for rings, and rings to begin with
//!    until.rs        waits for a condition, with a deadline
//!    process.rs      a process that hears and says lines; other.rs: a test's own program, started again
//!    waits.rs        every way in which a side waits
//!    kernel.rs       what the kernel is made to do to a process at an exact place
//! ```
//!
//! A rule that is under test is told here by other means than the library's. A constant of the layout is not under
//! test: it is had from `ipc_ring::layout`, and held against files (`tests/vectors`).
#![allow(missing_docs)] // It is for the checks alone: what a name says is not said twice.

use ipc_ring::Side;
pub use proptest; // for who runs the programs by it
use serde::{Deserialize, Serialize};

pub mod alphabet;
#[cfg(any(loom, shuttle, miri))]
pub mod bodies;
#[cfg(any(loom, shuttle))]
pub mod certificate;
pub mod record;
#[cfg(any(loom, shuttle))]
pub mod replayed;
pub mod report;
pub mod wrong;

#[cfg(all(target_os = "linux", not(any(loom, shuttle))))]
pub mod kernel;
#[cfg(not(any(loom, shuttle)))]
pub mod other;
#[cfg(not(any(loom, shuttle)))]
pub mod place;
#[cfg(not(any(loom, shuttle)))]
pub mod process;
#[cfg(not(any(loom, shuttle)))]
pub mod until;
#[cfg(not(any(loom, shuttle)))]
pub mod waits;
#[cfg(not(any(loom, shuttle)))]
pub mod words;

#[cfg(not(any(loom, shuttle)))]
pub use {
    other::{other_process, sleeps, Other, Steps},
    place::{numbers, pop_all, pops, push_all, random_words, ring, ring_at, ring_by, sleeping, waiting, Place},
    place::{A_WHILE, EVERY_STRATEGY, STRATEGIES},
    record::{DATA, END, PADDING},
    until::{meanwhile, until, Done},
    until::{wait_until, LONG},
    words::{Words, CURSOR, EPOCH, WAKE_AT},
};

/// A side, as it is told to another process: `#[serde(with = "AnySide")]`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Side", rename_all = "kebab-case")]
pub enum AnySide {
    Writer,
    Reader,
}

/// The engine's threads.
#[cfg(loom)]
pub use loom::thread;
#[cfg(shuttle)]
pub use shuttle::thread;
#[cfg(miri)]
pub mod thread {
    //! Threads under Miri, which goes on with the one that runs until that blocks, or is interrupted, which is rare.
    //! So who spawns, and who is spawned, let others go ahead for a while that Miri's seed decides.

    use std::collections::hash_map::RandomState;
    use std::hash::BuildHasher;
    pub use std::thread::{spawn as spawn_at_once, JoinHandle};

    pub fn spawn<T: Send + 'static>(thread: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        let spawned = spawn_at_once(|| {
            let_others_go_ahead();
            thread()
        });
        let_others_go_ahead();
        spawned
    }

    fn let_others_go_ahead() {
        let turns = 1 << any_below(7);
        (1..turns).for_each(|_| std::thread::yield_now());
    }

    /// A number below `end`, which follows from Miri's seed: the standard library draws its keys from there.
    pub fn any_below(end: usize) -> usize {
        (RandomState::new().hash_one(()) % end as u64) as usize
    }
}

/// The `number`th message of a stream: `len` bytes. Of 256 that follow each other, no two agree in any byte at the same
/// place.
pub fn message(number: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (number * 37 + at * 5 + 1) as u8).collect()
}
