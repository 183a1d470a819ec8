//! What a process says to the driver, a line of JSON each on its stdout. One that does not measure says nothing when it
//! has done its part: it ends.
//!
//! The driver says a single thing, go, and only to the first process: any line on its stdin.

use std::error::Error as StdError;
use std::io::{self, Write};

use ipc_ring::{PopError, PushError};
use serde::{Deserialize, Serialize};

use crate::measured::Measured;
use crate::number::counted;

/// What a process says.
#[derive(Serialize, Deserialize, Debug)]
pub enum Said {
    /// It holds its side of the ring, or its sides of the rings that are open.
    Ready,
    /// So many messages are done.
    Progress(u64),
    /// All messages came as they should, and what was measured.
    Measured(Measured),
    /// It cannot do its part, and why.
    Failed(Trouble),
}

/// Why a process did not do its part.
#[derive(Serialize, Deserialize, Debug)]
pub struct Trouble {
    /// The reason, for people.
    pub why: String,
    /// Whether that is only that the other left or died, which itself knows better why.
    pub second_hand: bool,
}

impl<E: StdError> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self { why: error.to_string(), second_hand: false }
    }
}

impl Trouble {
    /// A push that failed after `pushed` messages.
    pub fn pushing(error: PushError, pushed: u64) -> Self {
        Self {
            why: format!("after {}: {error}", counted(pushed, "message")),
            second_hand: matches!(error, PushError::Closed | PushError::PeerGone),
        }
    }

    /// A pop that failed after `popped` messages.
    pub fn popping(error: PopError, popped: u64) -> Self {
        Self {
            why: format!("after {}: {error}", counted(popped, "message")),
            second_hand: matches!(error, PopError::Closed | PopError::PeerGone),
        }
    }
}

impl Said {
    /// Says it.
    pub fn say(&self) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        let mut stdout = io::stdout().lock();
        stdout.write_all(&line)?;
        stdout.flush()
    }

    /// What `line` says.
    pub fn hear(line: &str) -> Self {
        serde_json::from_str(line).unwrap_or_else(|error| Said::Failed(error.into()))
    }
}
