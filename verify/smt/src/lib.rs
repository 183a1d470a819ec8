//! The arithmetic and the protocol of the ring as formulas.
//!
//! A formula is a [`term`]: the same object is printed for a solver, and evaluated by a test. So what is proved and
//! what is compared with the library cannot differ. `cargo xtask smt` asks z3 and cvc5.
//!
//! - **The arithmetic, for all sizes** ([`goals`]): every capacity, every position, every length, every header. It is
//!   made of the [`functions`] alone. `src/arithmetic/formulas.rs` evaluates these beside the library's own.
//! - **The protocol, for ever** ([`system`], [`lemmas`], [`invariant`]): any number of messages, any capacity, store
//!   buffers of any length, both fence modes; sides that leave, die at any step, and have successors. `cargo xtask
//!   replay` holds it against what the models see the code do ([`replay`]).
//!
//! Canaries come first ([`script`]). Of a goal each premise is left out in turn: the goal then has to fail. Of the
//! protocol each step has to be possible, and each part is left out in turn: a named step then breaks a named lemma.
//!
//! # What is not proved
//!
//! - *That something happens in the end.* Spin shows that, of a small ring (`verify/spin`).
//! - *That a sleep ends after its waker died.* The lemmas excuse it: the holder died between its store and its wake.
//!   The nap ends it, and time is no part of the formulas.
//! - *What views and figures do, and forks.* No side depends on them. Loom explores views.
//! - *What the bytes are.* Each byte of a message is stored before the message is published, and a reader loads that
//!   store's. That it is the caller's byte, in its place, is tested (`tests/oracle.rs`) and explored (`verify/loom`).
//! - *A peer that breaks the protocol.* Of it the arithmetic says what is believed.
//! - *Weak loads.* The system has x86's memory. Of Arm's it has one part: `wake_at`, which is relaxed, may get to
//!   memory ahead of stores before it. That the next record's bytes and the epoch may, too, is not in it: it would
//!   change no lemma, since they count what was issued. It takes loads in the order of the program. On Arm a load may
//!   be taken later, up to the next release store or full fence, and earlier, down to the last acquire. The lemma that
//!   is missing: *loads between an acquire and the next release commute with each other and with the peer's steps.*
//!   Half of it is proved: a byte that may be read is not touched. The other half is about the loads of the words: that
//!   `LOOK_AGAIN` and `HEED` cannot be taken before the fence that precedes them, in the asymmetric mode by
//!   `membarrier` alone (T4).

pub mod functions;
pub mod goals;
pub mod invariant;
pub mod lemmas;
pub mod replay;
pub mod script;
pub mod system;
pub mod term;
