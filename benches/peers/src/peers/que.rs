//! que, in its lossless mode: the sender publishes whenever a quarter of the ring is written, and when nothing more is
//! due. The memory is mapped here as que itself maps it, without the name, which it would leave behind.

use que::lossless::consumer::Consumer;
use que::lossless::producer::Producer;
use que::Channel;

use super::prelude::*;
use crate::shared::{poll, Shared};

/// The number of messages that have room is fixed when que is compiled.
macro_rules! built_for {
    ($open:ident($path:expr, $setup:expr): $(($size:literal, $slots:literal))*) => {
        match ($setup.size, $setup.slots) {
            $(($size, $slots) => $open::<$size, $slots>($path),)*
            (size, slots) => Err(format!("not built for {slots} messages of {size} bytes").into()),
        }
    };
    ($open:ident) => {
        |path, setup| built_for! {
            $open(path, setup): (8, 0x2_0000) (8, 0x8_0000) (8, 0x80_0000) (64, 0x400) (64, 0x4000) (64, 0x1_0000)
                (64, 0x10_0000) (256, 0x1000) (256, 0x4000) (256, 0x4_0000) (0x1000, 0x400) (0x1_0000, 0x40)
        }
    };
}

pub const LINK: Link =
    Link::Processes { first: Side::Sender, sender: built_for!(sender), receiver: built_for!(receiver) };

fn sender<const SIZE: usize, const SLOTS: usize>(path: &Path) -> Outcome<AnySender> {
    let memory = Shared::map_lazily(path, size_of::<Channel<[u8; SIZE], SLOTS>>())?;
    // SAFETY: the mapping is as large as the channel, aligned to a page, zeroed, and outlives the producer, the only
    // one.
    let mut producer = unsafe { Producer::<[u8; SIZE], SLOTS>::initialize_in(memory.at(0)) }?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let message = outbox.take_array();
        poll(|| producer.push(message).ok());
        if outbox.due() == 0 {
            producer.sync();
        }
        let _outlives_it = &memory;
        Ok(())
    }))
}

fn receiver<const SIZE: usize, const SLOTS: usize>(path: &Path) -> Outcome<AnyReceiver> {
    let memory = Shared::map_lazily(path, size_of::<Channel<[u8; SIZE], SLOTS>>())?;
    // SAFETY: as above, with the only consumer.
    let mut consumer = unsafe { Consumer::<[u8; SIZE], SLOTS>::join(memory.at(0)) }?;
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.accept(&poll(|| consumer.pop()));
        let _outlives_it = &memory;
        Ok(())
    }))
}
