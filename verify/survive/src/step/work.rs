//! What the two sides of a ring can be told to do, and the words by which another process is told.

use std::time::Duration;

use ipc_ring::Side;
use ipc_ring_reference::AnySide;
use serde::{Deserialize, Serialize};

/// How long a call waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Patience {
    /// Not at all.
    None,
    /// Long enough to fall asleep, also where every instruction of it is stepped, and not for long.
    Short,
    /// Until it has what it waits for.
    Endless,
}

impl Patience {
    pub fn timeout(self) -> Option<Duration> {
        match self {
            Patience::None => Some(Duration::ZERO),
            Patience::Short => Some(Duration::from_millis(250)),
            Patience::Endless => None,
        }
    }
}

/// How a batch that is read ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Ending {
    Commit,
    /// Through its first message.
    CommitInPart,
    Drop,
}

/// What a side does. Messages are told by their lengths alone: what is in them follows from their number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Work {
    Create {
        capacity: usize,
    },
    Attach {
        patience: Patience,
    },
    Open,
    /// As a reader that stops at ends.
    OpenToStop,
    Push {
        len: usize,
        patience: Patience,
    },
    /// Pushes all of these into one batch, up to the first for which there is no space, and drops it.
    WriteBatch {
        lens: Vec<usize>,
    },
    /// Reserves, writes as much as is `filled`, and commits what is `used`; `None` drops the grant.
    Grant {
        reserved: usize,
        filled: usize,
        used: Option<usize>,
    },
    Pop {
        patience: Patience,
    },
    Peek,
    TakeEnd,
    ReadBatch {
        max: usize,
        ending: Ending,
    },
    Close(#[serde(with = "AnySide")] Side),
}

impl Work {
    /// The side that does it.
    pub fn side(&self) -> Side {
        match self {
            Work::Create { .. } | Work::Attach { .. } => Side::Writer,
            Work::Push { .. } | Work::WriteBatch { .. } | Work::Grant { .. } => Side::Writer,
            Work::Open | Work::OpenToStop => Side::Reader,
            Work::Pop { .. } | Work::Peek | Work::TakeEnd | Work::ReadBatch { .. } => Side::Reader,
            Work::Close(side) => *side,
        }
    }

    /// The messages that it makes, whether or not there is space for them.
    pub fn messages(&self) -> u64 {
        match self {
            Work::Push { .. } | Work::Grant { .. } => 1,
            Work::WriteBatch { lens } => lens.len() as u64,
            _ => 0,
        }
    }
}

/// What is in the message of this number: no two have a run of bytes in common, so that a part of one is never taken
/// for a part of another.
pub fn message(number: u64, len: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(number);
    (0..len).map(|_| random.u8(1..)).collect()
}

/// What somebody who did something says of the messages that it got.
pub fn got<'a>(messages: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut words = String::from("got");
    for message in messages {
        words.push(' ');
        words.push_str(&in_short(message));
    }
    words
}

/// A message as it is told: its length and its bytes.
pub fn in_short(message: &[u8]) -> String {
    let bytes: String = message.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{bytes}", message.len())
}
