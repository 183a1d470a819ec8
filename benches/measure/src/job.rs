//! What both sides are told to do, and what they report afterwards.

use serde::{Deserialize, Serialize};

use crate::link::Side;
use crate::message::{Inbox, Look, Outbox};
use crate::times::Times;

/// What to measure, as both sides are told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// What to do.
    pub task: Task,
    /// The length of a message, in bytes.
    pub size: usize,
    /// How much of a message is checked.
    pub look: Look,
    /// How many messages warm up, and are not counted.
    pub warm_up: u64,
    /// How many messages a round has.
    pub messages: u64,
    /// How many rounds follow each other.
    pub rounds: u64,
    /// The core of the sender, or of the side that begins, and that of the other side. `None` is any core.
    pub cores: Option<[usize; 2]>,
    /// Whether the side with the clock reports its progress.
    pub tells: bool,
}

/// What to do with a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Task {
    /// One side sends and the other receives.
    Stream {
        /// The work that one side does for each message, if it does any.
        toil: Option<Toil>,
    },
    /// Each message goes forth and back before the next one is sent.
    PingPong,
    /// One side waits for space and the other for a message. Neither comes.
    Idle,
}

/// Work that one side does for each message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Toil {
    /// Which side.
    pub side: Side,
    /// How much, in turns of [`crate::toil::turns`].
    pub turns: u32,
}

impl Job {
    /// Returns how many messages pass, the warm-up included.
    pub fn in_all(&self) -> u64 {
        self.messages.saturating_mul(self.rounds).saturating_add(self.warm_up)
    }

    /// Makes the messages to send.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.size, self.look, self.turns(Side::Sender))
    }

    /// Makes the place that receives and checks messages.
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

/// What one side has done.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// How many messages passed in all. Each was checked.
    pub passed: u64,
    /// The rounds. Empty on the side without the clock.
    pub laps: Vec<Lap>,
    /// How long the round trips of a ping-pong took.
    pub times: Option<Times>,
}

/// One round.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Lap {
    /// How many messages the clock counted.
    pub counted: u64,
    /// How long these took, in nanoseconds.
    pub nanoseconds: u64,
}

impl Lap {
    /// Returns the messages per second.
    pub fn rate(&self) -> f64 {
        self.counted as f64 * 1e9 / self.nanoseconds.max(1) as f64
    }
}
