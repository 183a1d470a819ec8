//! The limit: bytes handed over in batches, with nothing but a copy in, a copy out and one store a batch and side.
//!
//! No lengths, no waiting other than polling, no peer that could die or lie.

use std::sync::atomic::Ordering::{Acquire, Release};

use super::prelude::*;
use crate::shared::{look_until, Shared, LINE};

pub const LINK: Link = Link::Processes {
    first: Side::Sender,
    sender: |path, setup| match setup.size {
        MIB => sender::<MIB>(path, setup),
        _ => sized!(sender(path, setup), setup),
    },
    receiver: |path, setup| match setup.size {
        MIB => receiver::<MIB>(path, setup),
        _ => sized!(receiver(path, setup), setup),
    },
};

const MIB: usize = 1 << 20;
/// How many messages have been sent, and how many received, since the beginning.
const SENT: usize = 0;
const RECEIVED: usize = LINE;
const MESSAGES: usize = 4096;

/// How many messages make a batch.
const fn batch(size: usize) -> u64 {
    match 16 * 1024 / size {
        0 => 1,
        1..64 => (16 * 1024 / size) as u64,
        _ => 64,
    }
}

fn offset(size: usize, position: u64, slots: u64) -> usize {
    MESSAGES + (position & (slots - 1)) as usize * size
}

fn sender<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let (memory, slots) = (Shared::map(path, MESSAGES + setup.capacity)?, setup.slots as u64);
    // How far this side is, and how far the other was when this one last looked.
    let (mut position, mut seen) = (0, 0);
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let due = outbox.due().min(batch(SIZE)).min(slots);
        if position + due > seen + slots {
            let (least, received) = (position + due - slots, memory.word(RECEIVED));
            seen = look_until(|| Some(received.load(Acquire)).filter(|&received| received >= least));
        }
        for _ in 0..due {
            // SAFETY: the receiver is done with this slot, and does not look at it before it is told to.
            unsafe { memory.write(offset(SIZE, position, slots), outbox.take_array::<SIZE>()) };
            position += 1;
        }
        memory.word(SENT).store(position, Release);
        Ok(())
    }))
}

fn receiver<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let (memory, slots) = (Shared::map(path, MESSAGES + setup.capacity)?, setup.slots as u64);
    let (mut position, mut seen, mut message) = (0, 0, vec![0; SIZE]);
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        if seen == position {
            let sent = memory.word(SENT);
            seen = look_until(|| Some(sent.load(Acquire)).filter(|&sent| sent > position));
        }
        for _ in 0..(seen - position).min(batch(SIZE)) {
            // SAFETY: the sender is done with this slot, and does not touch it before it is told to.
            unsafe { memory.read(offset(SIZE, position, slots), &mut message[..SIZE]) };
            inbox.accept(&message);
            position += 1;
        }
        memory.word(RECEIVED).store(position, Release);
        Ok(())
    }))
}
