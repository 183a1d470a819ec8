//! ipmpsc, with serde_bytes as its documentation asks: messages taken out as values, or looked at where they lie.

use ipmpsc::{Receiver, Sender, SharedRingBuffer};
use serde_bytes::{ByteBuf, Bytes};

use super::prelude::*;

pub const COPYING: Link = Link::Processes { first: Side::Receiver, sender, receiver: copying };
pub const ZERO_COPY: Link = Link::Processes { first: Side::Receiver, sender, receiver: zero_copy };

fn text(path: &Path) -> Outcome<&str> {
    path.to_str().ok_or_else(|| "the path is no text".into())
}

fn sender(path: &Path, _: Setup) -> Outcome<AnySender> {
    let ring = Sender::new(SharedRingBuffer::open(text(path)?)?);
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> { Ok(ring.send(&Bytes::new(outbox.take()))?) }))
}

fn ring(path: &Path, setup: Setup) -> Outcome<Receiver> {
    Ok(Receiver::new(SharedRingBuffer::create(text(path)?, setup.capacity.try_into()?)?))
}

fn copying(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let ring = ring(path, setup)?;
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.accept(&ring.recv::<ByteBuf>()?);
        Ok(())
    }))
}

fn zero_copy(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let mut ring = ring(path, setup)?;
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        let mut context = ring.zero_copy_context();
        inbox.read(context.recv::<&Bytes>()?);
        Ok(())
    }))
}
