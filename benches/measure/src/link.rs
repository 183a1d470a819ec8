//! What a link can do. Everything else in this library works with any link.

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

/// The end where messages go in. A closure can be one.
pub trait Sender {
    /// Sends the next message of `outbox`, or a batch of those that are due. Waits for space without a deadline.
    ///
    /// The caller makes at least one message due. If it is the only one, the other end sees it at once.
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()>;

    /// Sends all messages that are due. A provided method, so that one dynamic call serves many messages.
    fn send_all(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        while outbox.due() > 0 {
            self.send(outbox)?;
        }
        Ok(())
    }
}

/// The end where messages come out. A closure can be one.
pub trait Receiver {
    /// Waits for messages without a deadline, and hands one or more of them to `inbox`, the oldest first.
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()>;

    /// Receives until no message is due; a batch may bring more. A provided method, as `send_all` is.
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

/// Any end where messages go in.
pub type AnySender = Box<dyn Sender>;
/// Any end where messages come out.
pub type AnyReceiver = Box<dyn Receiver>;
