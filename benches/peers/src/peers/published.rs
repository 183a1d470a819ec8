//! The published ipc_ring 0.2.1, called as its own benchmark does it: a try, and a call that waits where that fails.

use std::path::Path;

use published_ring::{RingReader, RingWriter};

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part;

/// See above.
pub const PUBLISHED: Peer = Peer {
    name: "ipc_ring-0.2.1",
    kind: Kind::Peer,
    about: "The published ipc_ring 0.2.1: try_push, or else push; pop",
    run: Run::Processes(part::between_processes::<Published>),
    sizes: &[],
};

struct Published;

struct Reader {
    ring: RingReader,
    message: Vec<u8>,
}

impl BetweenProcesses for Published {
    type Sender = RingWriter;
    type Receiver = Reader;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<RingWriter> {
        Ok(RingWriter::create(path, geometry.capacity)?)
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<Reader> {
        Ok(Reader { ring: RingReader::open(path)?, message: Vec::with_capacity(geometry.size) })
    }
}

impl Sender for RingWriter {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        let message = outbox.take();
        if self.try_push(message).is_err() {
            self.push(message, None)?;
        }
        Ok(())
    }
}

impl Receiver for Reader {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        self.ring.pop(&mut self.message, None)?;
        inbox.accept(&self.message);
        Ok(())
    }
}
