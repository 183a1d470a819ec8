//! The limit of a ping-pong that stays awake: one word on a line of the cache of its own, and nothing else. The word is
//! how many messages have been sent; no byte of a message goes with it.

use std::hint;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::prelude::*;
use crate::shared::{Shared, LINE};

pub const LINK: Link = Link::Processes { first: Side::Sender, sender, receiver };

fn sender(path: &Path, _: Setup) -> Outcome<AnySender> {
    let memory = Shared::map(path, LINE)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        outbox.take();
        memory.word(0).store(outbox.taken(), Release);
        Ok(())
    }))
}

fn receiver(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let (memory, mut message) = (Shared::map(path, LINE)?, vec![0; setup.size]);
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        let word = memory.word(0);
        while word.load(Acquire) == inbox.received() {
            hint::spin_loop();
        }
        message[..8].copy_from_slice(&(word.load(Acquire) - 1).to_le_bytes());
        inbox.accept(&message);
        Ok(())
    }))
}
