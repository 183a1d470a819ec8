//! Ours: one push and one pop a message.

use std::marker::PhantomData;
use std::path::Path;

use ipc_ring::{RingOptions, RingReader, RingWriter};

use super::{Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part;

/// With all defaults.
pub const PUSH_POP: Peer = Peer {
    name: "ours",
    about: "ipc_ring: one push and one pop a message, default wait strategy",
    run: Run::Processes(part::between_processes::<Ours<Default>>),
    sizes: &[],
};

/// Options for both sides.
trait Options {
    fn options() -> RingOptions;
}

struct Default;

impl Options for Default {
    fn options() -> RingOptions {
        RingOptions::new()
    }
}

struct Ours<O>(PhantomData<O>);

impl<O: Options> BetweenProcesses for Ours<O> {
    type Sender = RingWriter;
    type Receiver = Reader;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<RingWriter> {
        Ok(O::options().create(path, geometry.capacity)?)
    }

    fn receiver(path: &Path, _: Geometry) -> Outcome<Reader> {
        Ok(Reader { ring: O::options().open(path)?, message: Vec::new() })
    }
}

impl Sender for RingWriter {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        Ok(self.push(outbox.take(), None)?)
    }
}

struct Reader {
    ring: RingReader,
    message: Vec<u8>,
}

impl Receiver for Reader {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        self.ring.pop(&mut self.message, None)?;
        inbox.accept(&self.message);
        Ok(())
    }
}
