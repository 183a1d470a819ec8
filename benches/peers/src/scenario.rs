//! The scenarios, as data: what is done, with what geometry, by whom, and what ours should come to.

use crate::goals::Goal;
use crate::link::{Geometry, Side};

/// A situation in which peers are compared.
#[derive(Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// What both sides do.
    pub does: Does,
    /// Who takes part, in the order of the table. Where this is one of ours it may be at several geometries.
    pub peers: &'static [&'static str],
    /// The messages and rings, each of which makes a row for each peer.
    pub geometries: &'static [Geometry],
    /// Which of the peers is the one that the others are held against.
    pub ours: &'static str,
    /// What should come of it.
    pub goals: &'static [Goal],
    /// Who does not take part, and why.
    pub without: &'static [(&'static str, &'static str)],
}

/// What is done with a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// A stream of messages through a ring that is in use.
    Stream,
    /// So many messages through a ring that is new.
    New(u64),
    /// A stream in which one side has work with each message.
    Slow(Side),
    /// A stream, with both sides on one core.
    OneCore,
    /// A message forth and back.
    PingPong,
    /// Nothing.
    Idle,
}

const fn geometry(size: usize, capacity: usize) -> Geometry {
    Geometry { size, capacity }
}

const MIB: usize = 1 << 20;

const PER_MESSAGE: &[&str] = &["shaq", "rtrb"];
const BATCHING: &[&str] = &["que", "shaq-batch"];
const IPMPSC: &[&str] = &["ipmpsc", "ipmpsc-zero-copy"];
const PUBLISHED: &[&str] = &["ipc_ring-0.2.1"];
const HAND_OVER: &[&str] = &["hand-over"];

/// All of them.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    name: "256B",
    about: "256 bytes a message, a ring of 1 MiB, a call a message",
    does: Does::Stream,
    peers: &[
        "ours", "ipc_ring-0.2.1", "ipmpsc", "ipmpsc-zero-copy", "shaq", "shaq-batch", "que", "rtrb", "pipe",
        "hand-over",
    ],
    geometries: &[geometry(256, MIB)],
    ours: "ours",
    goals: &[
        Goal::rate(20.0, "ipmpsc", IPMPSC),
        Goal::rate(35.0, "ipc_ring 0.2.1", PUBLISHED),
        Goal::rate(2.5, "the best peer that passes single messages", PER_MESSAGE),
        Goal::rate(0.9, "the best peer that passes batches", BATCHING),
    ],
    without: &[],
}];

/// The scenario of this name.
pub fn named(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}
