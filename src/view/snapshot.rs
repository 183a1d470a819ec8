//! What a look at a ring finds.

use std::time::Duration;

use crate::error::Check;

/// How a ring was when it was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The side that pushes.
    pub writer: SideView,
    /// The side that pops.
    pub reader: SideView,
    /// The bytes of the ring that hold messages not yet popped, their headers and padding included: how far the reader
    /// lags behind. All of the ring where it is [corrupt](RingState::Corrupt).
    pub used_bytes: usize,
    /// What that makes of the ring.
    pub state: RingState,
}

/// A side of a ring as it was when it was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SideView {
    /// Whether anybody holds it.
    pub state: SideState,
    /// The bytes that it ever pushed or popped, modulo 2^64, headers and padding included.
    pub position: u64,
    /// How many processes have held it, one after the other, the one that does now included.
    pub epoch: u64,
    /// The messages that it ever pushed or popped, also where processes were killed. `None` where the ring's file says
    /// nothing of it that makes sense, or the writer or the reader was too fast for it to be counted.
    pub messages: Option<u64>,
    /// How often it went to sleep, in all of its holders' lives.
    pub sleeps: u64,
    /// How often it woke its peer.
    pub wakes: u64,
    /// The longest that a call of it waited, rounded down to when it last looked at the clock.
    pub longest_wait: Duration,
    /// The position of its peer until which it has announced that it sleeps, if it has, and the peer is not there yet:
    /// the writer for space, the reader for a message. It may have given up meanwhile.
    pub awaits: Option<u64>,
}

/// Whether anybody holds a side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SideState {
    /// Nobody ever has.
    Absent,
    /// A living process does.
    Attached,
    /// The last one that did closed its end.
    Closed,
    /// The last one that did has ended without closing it.
    Died,
}

/// What is to be made of a ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RingState {
    /// A living process holds a side.
    Live,
    /// Nobody does, and whoever did has closed its end. Messages may wait.
    Idle,
    /// Nobody does, and a process that did has ended without closing its end. Whoever takes its side goes on where it
    /// stood.
    Orphaned,
    /// The positions of the sides make no sense: no process can go on with it.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
}
