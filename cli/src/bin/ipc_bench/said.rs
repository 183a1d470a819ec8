//! What a side says to the driver, a line of JSON each on its stdout. A writer that has pushed everything says
//! nothing: it ends.
//!
//! The driver says a single thing, go, and only to the writer: any line on its stdin.

use std::error::Error as StdError;
use std::io::{self, Write};
use std::time::Duration;

use ipc_ring::{PopError, PushError};
use serde::{Deserialize, Serialize};

/// What a side says.
#[derive(Serialize, Deserialize, Debug)]
pub enum Said {
    /// It holds its side of the ring.
    Ready,
    /// The reader has had so many messages.
    Progress(u64),
    /// The reader has had all messages as they should be, the last of them so long after the first.
    Measured(Duration),
    /// It cannot do its part, and why.
    Failed(Trouble),
}

/// Why a side did not do its part.
#[derive(Serialize, Deserialize, Debug)]
pub struct Trouble {
    /// The reason, for people.
    pub why: String,
    /// Whether that is only that the other side left or died, which itself knows better why.
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
            why: format!("after {pushed} messages: {error}"),
            second_hand: matches!(error, PushError::Closed | PushError::PeerGone),
        }
    }

    /// A pop that failed after `popped` messages.
    pub fn popping(error: PopError, popped: u64) -> Self {
        Self {
            why: format!("after {popped} messages: {error}"),
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
