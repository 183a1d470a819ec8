//! The published ipc_ring 0.2.1, called as its own benchmark does it: a try, and a call that waits where that fails.

use published_ring::{RingReader, RingWriter};

use super::prelude::*;

pub const LINK: Link = Link::Processes { first: Side::Sender, sender, receiver };

fn sender(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let mut ring = RingWriter::create(path, setup.capacity)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let message = outbox.take();
        if ring.try_push(message).is_err() {
            ring.push(message, None)?;
        }
        Ok(())
    }))
}

fn receiver(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let (mut ring, mut message) = (RingReader::open(path)?, Vec::with_capacity(setup.size));
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        ring.pop(&mut message, None)?;
        inbox.accept(&message);
        Ok(())
    }))
}
