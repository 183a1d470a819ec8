//! Ours: a push and a pop a message, batches of up to 64, and messages that are filled and read in place.

use std::io::Write;
use std::marker::PhantomData;
use std::path::Path;

use ipc_ring::{FenceMode, RingOptions, RingReader, RingWriter, WaitStrategy};

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part::between_processes;

/// A call a message, with all defaults.
pub const PUSH_POP: Peer = Peer {
    name: "ours",
    kind: Kind::Ours,
    about: "ipc_ring: push and pop, the default wait strategy",
    run: Run::Processes(between_processes::<Ours<AsIs, PushPop>>),
    sizes: &[],
};

/// Batches, with all defaults.
pub const BATCH: Peer = Peer {
    name: "ours-batch",
    kind: Kind::Ours,
    about: "ipc_ring: RingWriter::batch and RingReader::batch of up to 64 messages",
    run: Run::Processes(between_processes::<Ours<AsIs, Batch>>),
    sizes: &[],
};

/// In place, with all defaults.
pub const IN_PLACE: Peer = Peer {
    name: "ours-in-place",
    kind: Kind::Ours,
    about: "ipc_ring: reserve, write, commit; batches of one message, copied out",
    run: Run::Processes(between_processes::<Ours<AsIs, InPlace>>),
    sizes: &[],
};

/// Never asleep.
pub const SPIN: Peer = Peer {
    name: "ours-spin",
    kind: Kind::Ours,
    about: "ipc_ring: push and pop, WaitStrategy::Spin",
    run: Run::Processes(between_processes::<Ours<Spin, PushPop>>),
    sizes: &[],
};

/// Asleep at once, where the side that sleeps pays for it.
pub const SLEEP: Peer = Peer {
    name: "ours-sleep",
    kind: Kind::Ours,
    about: "ipc_ring: push and pop, WaitStrategy::Sleep, FenceMode::Asymmetric (the default)",
    run: Run::Processes(between_processes::<Ours<SleepAsymmetric, PushPop>>),
    sizes: &[],
};

/// Asleep at once, where both sides pay.
pub const SLEEP_SYMMETRIC: Peer = Peer {
    name: "ours-sleep-symmetric",
    kind: Kind::Ours,
    about: "ipc_ring: push and pop, WaitStrategy::Sleep, FenceMode::Symmetric",
    run: Run::Processes(between_processes::<Ours<SleepSymmetric, PushPop>>),
    sizes: &[],
};

/// Options of both sides.
trait Options {
    fn options() -> RingOptions;
}

struct AsIs;
struct Spin;
struct SleepAsymmetric;
struct SleepSymmetric;

impl Options for AsIs {
    fn options() -> RingOptions {
        RingOptions::new()
    }
}

impl Options for Spin {
    fn options() -> RingOptions {
        with(|options| options.wait(WaitStrategy::Spin))
    }
}

impl Options for SleepAsymmetric {
    fn options() -> RingOptions {
        with(|options| options.wait(WaitStrategy::Sleep).fence_mode(FenceMode::Asymmetric))
    }
}

impl Options for SleepSymmetric {
    fn options() -> RingOptions {
        with(|options| options.wait(WaitStrategy::Sleep).fence_mode(FenceMode::Symmetric))
    }
}

fn with(set: impl Fn(&mut RingOptions) -> &mut RingOptions) -> RingOptions {
    let mut options = RingOptions::new();
    set(&mut options);
    options
}

/// How messages are passed.
trait Manner {
    fn send(ring: &mut RingWriter, outbox: &mut Outbox) -> Outcome<()>;
    fn receive(ring: &mut RingReader, buffer: &mut Vec<u8>, inbox: &mut Inbox) -> Outcome<()>;
}

struct PushPop;
struct Batch;
struct InPlace;

impl Manner for PushPop {
    #[inline(always)]
    fn send(ring: &mut RingWriter, outbox: &mut Outbox) -> Outcome<()> {
        Ok(ring.push(outbox.take(), None)?)
    }

    #[inline(always)]
    fn receive(ring: &mut RingReader, buffer: &mut Vec<u8>, inbox: &mut Inbox) -> Outcome<()> {
        ring.pop(buffer, None)?;
        inbox.accept(buffer);
        Ok(())
    }
}

impl Manner for Batch {
    #[inline(always)]
    fn send(ring: &mut RingWriter, outbox: &mut Outbox) -> Outcome<()> {
        let mut batch = ring.batch();
        for _ in 0..outbox.due().min(64) {
            batch.push(outbox.take(), None)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn receive(ring: &mut RingReader, buffer: &mut Vec<u8>, inbox: &mut Inbox) -> Outcome<()> {
        let mut batch = ring.batch(64, None)?;
        for message in &mut batch {
            message.copy_to(buffer);
            inbox.accept(buffer);
        }
        batch.commit();
        Ok(())
    }
}

impl Manner for InPlace {
    #[inline(always)]
    fn send(ring: &mut RingWriter, outbox: &mut Outbox) -> Outcome<()> {
        let message = outbox.take();
        let mut grant = ring.reserve(message.len(), None)?;
        grant.write_all(message)?;
        grant.commit();
        Ok(())
    }

    #[inline(always)]
    fn receive(ring: &mut RingReader, buffer: &mut Vec<u8>, inbox: &mut Inbox) -> Outcome<()> {
        let mut batch = ring.batch(1, None)?;
        for message in &mut batch {
            message.copy_to(buffer);
            inbox.accept(buffer);
        }
        batch.commit();
        Ok(())
    }
}

struct Ours<O, M>(PhantomData<(O, M)>);

struct Writer<M> {
    ring: RingWriter,
    manner: PhantomData<M>,
}

struct Reader<M> {
    ring: RingReader,
    buffer: Vec<u8>,
    manner: PhantomData<M>,
}

impl<O: Options, M: Manner> BetweenProcesses for Ours<O, M> {
    type Sender = Writer<M>;
    type Receiver = Reader<M>;
    const FIRST: Side = Side::Sender;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<Writer<M>> {
        Ok(Writer { ring: O::options().create(path, geometry.capacity)?, manner: PhantomData })
    }

    fn receiver(path: &Path, _: Geometry) -> Outcome<Reader<M>> {
        Ok(Reader { ring: O::options().open(path)?, buffer: Vec::new(), manner: PhantomData })
    }
}

impl<M: Manner> Sender for Writer<M> {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        M::send(&mut self.ring, outbox)
    }
}

impl<M: Manner> Receiver for Reader<M> {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        M::receive(&mut self.ring, &mut self.buffer, inbox)
    }
}
