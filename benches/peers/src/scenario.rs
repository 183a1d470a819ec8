//! A situation in which peers are compared, as data. The table of all is in [`crate::scenarios`].

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
    /// The messages and rings; each makes a row for each peer.
    pub geometries: &'static [Geometry],
    /// Who takes part, in the order of the table. The first is the one that the others are held against.
    pub peers: &'static [&'static str],
    /// Who does not take part, and why.
    pub without: &'static [(&'static [&'static str], &'static str)],
    /// What should come of it.
    pub goals: &'static [Goal],
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
    /// Nothing. One round says all: it is long.
    Idle,
}

impl Scenario {
    /// The one that the others are held against.
    pub fn ours(&self) -> &'static str {
        self.peers[0]
    }

    /// Of `rounds` that were asked for, how many it has.
    pub fn rounds(&self, rounds: u32) -> u32 {
        if self.does == Does::Idle {
            rounds.min(1)
        } else {
            rounds
        }
    }
}
