//! What somebody sees of a ring who has no part in it.

use ipc_ring::{RingState, RingView, SideState, SideView};

use super::operation::Message;

/// A ring, seen from outside while neither side acts. How often they slept is not foretold, and not in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sight {
    pub state: RingState,
    pub used: usize,
    pub writer: Standing,
    pub reader: Standing,
    pub waiting: Vec<Message>,
}

/// A side of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    pub state: SideState,
    pub position: u64,
    pub epoch: u64,
    pub messages: Option<u64>,
}

impl Sight {
    pub fn of(view: &RingView) -> Self {
        let seen = view.snapshot();
        let waiting = view.messages(usize::MAX).map(|message| message.unwrap());
        Self {
            state: seen.state,
            used: seen.used_bytes,
            writer: Standing::of(seen.writer),
            reader: Standing::of(seen.reader),
            waiting: waiting.map(|message| Message { bytes: message.bytes, end: message.position }).collect(),
        }
    }
}

impl Standing {
    fn of(side: SideView) -> Self {
        Self { state: side.state, position: side.position, epoch: side.epoch, messages: side.message_count.ok() }
    }
}
