//! What a link has to be able to do, so that everything else need not know which one it is.

use serde::{Deserialize, Serialize};

use crate::message::{Inbox, Outbox};
use crate::Outcome;

/// The two ends of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Side {
    /// Where messages go in.
    Sender,
    /// Where they come out.
    Receiver,
}

/// The end where messages go in. A closure is one.
pub trait Sender {
    /// Passes a copy of the next message of `outbox` on, or of as many of those that are due as make a batch, and waits
    /// for room as long as it takes. At least one is due; where no other is, the other end sees it at once.
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()>;

    /// Passes on all that is due. Provided, so that a link is called through a table once and not for each message.
    fn send_all(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        while outbox.due() > 0 {
            self.send(outbox)?;
        }
        Ok(())
    }
}

/// The end where messages come out. A closure is one.
pub trait Receiver {
    /// Waits for messages as long as it takes and hands one or more of them to `inbox`, oldest first.
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()>;

    /// Hands over all that is due, and what comes in a batch with it. Provided, as above.
    fn receive_all(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        while inbox.due() > 0 {
            self.receive(inbox)?;
        }
        Ok(())
    }
}

impl<F: FnMut(&mut Outbox) -> Outcome<()>> Sender for F {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        self(outbox)
    }
}

impl<F: FnMut(&mut Inbox) -> Outcome<()>> Receiver for F {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        self(inbox)
    }
}

/// Some end where messages go in.
pub type AnySender = Box<dyn Sender>;
/// Some end where messages come out.
pub type AnyReceiver = Box<dyn Receiver>;
