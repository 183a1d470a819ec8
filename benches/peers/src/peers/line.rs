//! The limit of a ping-pong that stays awake: one word on a line of the cache of its own, and nothing else.

use std::hint;
use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part;
use crate::shared::{Shared, LINE};

/// See above.
pub const LINE_ALONE: Peer = Peer {
    name: "cache-line",
    kind: Kind::Limit,
    about: "The limit: a word on a line of the cache, stored by one side and polled by the other; no message",
    run: Run::Processes(part::between_processes::<Line>),
    sizes: &[],
};

struct Line;

/// The word is how many messages have been sent. No byte of a message goes with it.
struct End {
    memory: Shared,
    message: Vec<u8>,
}

impl BetweenProcesses for Line {
    type Sender = End;
    type Receiver = End;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<End> {
        Ok(End { memory: Shared::map(path, LINE)?, message: vec![0; geometry.size] })
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<End> {
        Self::sender(path, geometry)
    }
}

impl Sender for End {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        outbox.take();
        self.memory.word(0).store(outbox.taken(), Release);
        Ok(())
    }
}

impl Receiver for End {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        let word = self.memory.word(0);
        while word.load(Acquire) == inbox.received() {
            hint::spin_loop();
        }
        self.message[..8].copy_from_slice(&(word.load(Acquire) - 1).to_le_bytes());
        inbox.accept(&self.message);
        Ok(())
    }
}
