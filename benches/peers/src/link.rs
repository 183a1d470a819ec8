//! What a peer has to be able to do, so that everything else need not know which one it is.

use std::error::Error;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::boxes::{Inbox, Outbox};

/// What may go wrong is told to a reader, never matched on.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How large the messages are, and how many bytes of them may be under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Geometry {
    /// Bytes in a message, at least the 8 of its number.
    pub size: usize,
    /// Bytes in the ring; a power of two.
    pub capacity: usize,
}

impl Geometry {
    /// How many messages have room, where a message takes its size and no more.
    pub fn slots(self) -> usize {
        (self.capacity / self.size).max(1)
    }
}

/// The two ends of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Side {
    /// Where messages go in.
    Sender,
    /// Where they come out.
    Receiver,
}

/// The end where messages go in.
pub trait Sender {
    /// Passes a copy of the next message of `outbox` on, or of as many of those that are due as make a batch, and waits
    /// for room as long as it takes. At least one is due.
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()>;

    /// Has everything that was sent seen by the other end.
    fn flush(&mut self) -> Outcome<()> {
        Ok(())
    }
}

/// The end where messages come out.
pub trait Receiver {
    /// Waits for messages as long as it takes and hands one or more of them to `inbox`, oldest first. By then each
    /// stands whole in memory of this side's own: whoever offers views of shared memory copies them out first.
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()>;
}

/// A link between processes, which its two ends find by a path.
pub trait BetweenProcesses {
    /// Where messages go in.
    type Sender: Sender;
    /// Where they come out.
    type Receiver: Receiver;
    /// The end that must be there first.
    const FIRST: Side;

    /// The sending end of the link at `path`.
    fn sender(path: &Path, geometry: Geometry) -> Outcome<Self::Sender>;
    /// The receiving end of the link at `path`.
    fn receiver(path: &Path, geometry: Geometry) -> Outcome<Self::Receiver>;
}

/// A link between the threads of one process.
pub trait BetweenThreads {
    /// Where messages go in.
    type Sender: Sender + Send;
    /// Where they come out.
    type Receiver: Receiver + Send;

    /// Both ends.
    fn pair(geometry: Geometry) -> Outcome<(Self::Sender, Self::Receiver)>;
}
