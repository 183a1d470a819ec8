//! What a child process is told to do, and what it says when it has done it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::link::{Geometry, Side};

/// One round of one peer, as both sides are told of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The peer's name.
    pub peer: String,
    /// What is to be done.
    pub task: Task,
    /// The messages, and the ring.
    pub geometry: Geometry,
    /// How many messages go before those that count.
    pub warm_up: u64,
    /// How many messages count.
    pub messages: u64,
    /// The core of the sender, or of the side that begins, and that of the other.
    pub cores: [usize; 2],
    /// A directory that is there for this round alone.
    pub directory: PathBuf,
}

impl Job {
    /// How many messages are passed.
    pub fn in_all(&self) -> u64 {
        self.warm_up + self.messages
    }
}

/// What is done with a peer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Task {
    /// One side sends and the other receives.
    Stream {
        /// How many turns of work a side does for each message.
        toil: Option<Toil>,
    },
    /// A message goes forth and back before the next one does.
    PingPong,
    /// One side waits for room and the other for a message; neither comes.
    Idle,
}

/// Work that one side has with each message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Toil {
    /// Which side.
    pub side: Side,
    /// How long, in turns of [`crate::toil::turns`].
    pub turns: u32,
}

/// Which part a process has in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Part {
    /// The side that sends, or begins.
    Left,
    /// The other.
    Right,
    /// Both, in two threads or in one.
    Both,
}

/// What was measured.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// How many messages were passed in all, each with its number looked at.
    pub passed: u64,
    /// How many of them the clock counted.
    pub counted: u64,
    /// How long these took, in nanoseconds.
    pub nanoseconds: u64,
    /// How long the ways forth and back took.
    pub latency: Option<Latency>,
}

/// Some points of a distribution, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Latency {
    /// Half took no longer.
    pub median: u64,
    /// 99 of 100 took no longer.
    pub p99: u64,
    /// 999 of 1000 took no longer.
    pub p999: u64,
}
