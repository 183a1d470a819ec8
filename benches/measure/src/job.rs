//! What the sides are told to do, and what they say when they have done it.

use serde::{Deserialize, Serialize};

use crate::link::Side;
use crate::message::{Inbox, Look, Outbox};
use crate::times::Times;

/// What is to be measured, as both sides are told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What is to be done.
    pub task: Task,
    /// Bytes in a message.
    pub size: usize,
    /// How messages are made, and how closely they are looked at.
    pub look: Look,
    /// How many messages go before those that count.
    pub warm_up: u64,
    /// How many messages a round has.
    pub messages: u64,
    /// How many rounds follow each other.
    pub rounds: u64,
    /// The core of the sender, or of the side that begins, and that of the other; any, unless given.
    pub cores: Option<[usize; 2]>,
    /// Whether the side with the clock tells how far it is.
    pub tells: bool,
}

/// What is done with a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Task {
    /// One side sends and the other receives.
    Stream {
        /// The work that a side has with each message.
        toil: Option<Toil>,
    },
    /// A message goes there and back before the next one does.
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

impl Job {
    /// How many messages are passed.
    pub fn in_all(&self) -> u64 {
        self.messages.saturating_mul(self.rounds).saturating_add(self.warm_up)
    }

    /// Where its messages come from.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.size, self.look, self.turns(Side::Sender))
    }

    /// Where its messages arrive.
    pub fn inbox(&self) -> Inbox {
        Inbox::new(self.size, self.look, self.turns(Side::Receiver))
    }

    fn turns(&self, side: Side) -> u32 {
        match self.task {
            Task::Stream { toil: Some(toil) } if toil.side == side => toil.turns,
            _ => 0,
        }
    }
}

/// What a side has done.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// How many messages were passed in all, each of them looked at.
    pub passed: u64,
    /// The rounds, said by the side with the clock alone.
    pub laps: Vec<Lap>,
    /// How long each round trip of a ping-pong took.
    pub times: Option<Times>,
}

/// A round.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Lap {
    /// How many messages the clock counted.
    pub counted: u64,
    /// How long these took, in nanoseconds.
    pub nanoseconds: u64,
}

impl Lap {
    /// Messages a second.
    pub fn rate(&self) -> f64 {
        self.counted as f64 * 1e9 / self.nanoseconds.max(1) as f64
    }
}
