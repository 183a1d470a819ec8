//! ipmpsc, with serde_bytes as its documentation asks: messages taken out as values, or looked at where they lie.

use std::marker::PhantomData;
use std::path::Path;

use ipmpsc::{Receiver as Ring, Sender as RingSender, SharedRingBuffer};
use serde_bytes::{ByteBuf, Bytes};

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part;

/// Values.
pub const COPYING: Peer = Peer {
    name: "ipmpsc",
    kind: Kind::Peer,
    about: "ipmpsc 0.5.1: send, recv of a ByteBuf",
    run: Run::Processes(part::between_processes::<Ipmpsc<Copying>>),
    sizes: &[],
};

/// Views.
pub const ZERO_COPY: Peer = Peer {
    name: "ipmpsc-zero-copy",
    kind: Kind::Peer,
    about: "ipmpsc 0.5.1: send, recv of bytes in a zero_copy_context, which are then copied out once",
    run: Run::Processes(part::between_processes::<Ipmpsc<ZeroCopy>>),
    sizes: &[],
};

struct Ipmpsc<R>(PhantomData<R>);

/// A receiver around a ring's.
trait Around: Receiver {
    fn around(ring: Ring) -> Self;
}

struct Copying(Ring);

struct ZeroCopy {
    ring: Ring,
    message: Vec<u8>,
}

impl<R: Around> BetweenProcesses for Ipmpsc<R> {
    type Sender = RingSender;
    type Receiver = R;
    const FIRST: Side = Side::Receiver;

    fn sender(path: &Path, _: Geometry) -> Outcome<RingSender> {
        Ok(RingSender::new(SharedRingBuffer::open(text(path)?)?))
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<R> {
        Ok(R::around(Ring::new(SharedRingBuffer::create(text(path)?, geometry.capacity.try_into()?)?)))
    }
}

fn text(path: &Path) -> Outcome<&str> {
    path.to_str().ok_or_else(|| "the path is no text".into())
}

impl Sender for RingSender {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        Ok(RingSender::send(self, &Bytes::new(outbox.take()))?)
    }
}

impl Around for Copying {
    fn around(ring: Ring) -> Self {
        Self(ring)
    }
}

impl Receiver for Copying {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        inbox.accept(&self.0.recv::<ByteBuf>()?);
        Ok(())
    }
}

impl Around for ZeroCopy {
    fn around(ring: Ring) -> Self {
        Self { ring, message: Vec::new() }
    }
}

impl Receiver for ZeroCopy {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        let mut context = self.ring.zero_copy_context();
        self.message.clear();
        self.message.extend_from_slice(context.recv::<&Bytes>()?);
        drop(context);
        inbox.accept(&self.message);
        Ok(())
    }
}
