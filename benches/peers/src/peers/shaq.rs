//! shaq: an array at a time, or batches of them in both directions, which are copied into their slots and read there.

use std::fs::{File, OpenOptions};
use std::hint;
use std::num::NonZeroUsize;

use shaq::spsc::{minimum_file_size, Consumer, Producer};

use super::prelude::*;
use crate::shared::poll;

/// An array at a time.
pub const SINGLE: Link = Link::Processes {
    first: Side::Sender,
    sender: |path, setup| sized!(sender(path, setup), setup),
    receiver: |path, setup| sized!(receiver(path), setup),
};
/// In batches.
pub const BATCH: Link = Link::Processes {
    first: Side::Sender,
    sender: |path, setup| sized!(batch_sender(path, setup), setup),
    receiver: |path, setup| sized!(batch_receiver(path, setup), setup),
};

fn open(path: &Path) -> Outcome<File> {
    Ok(OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?)
}

fn producer<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<Producer<[u8; SIZE]>> {
    // SAFETY: the path is this round's own, and this its only sender, which comes before the receiver; arrays of
    // bytes are valid in every process.
    let producer = unsafe { Producer::create(&open(path)?, minimum_file_size::<[u8; SIZE]>(setup.slots)) };
    producer.map_err(|error| format!("{error:?}").into())
}

fn consumer<const SIZE: usize>(path: &Path) -> Outcome<Consumer<[u8; SIZE]>> {
    // SAFETY: as above, with the only receiver.
    unsafe { Consumer::join(&open(path)?) }.map_err(|error| format!("{error:?}").into())
}

fn sender<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let mut producer = producer::<SIZE>(path, setup)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let message = outbox.take_array();
        poll(|| producer.try_write(*message).ok());
        Ok(())
    }))
}

fn receiver<const SIZE: usize>(path: &Path) -> Outcome<AnyReceiver> {
    let mut consumer = consumer::<SIZE>(path)?;
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        inbox.accept(&poll(|| consumer.try_read()));
        Ok(())
    }))
}

/// A batch that finds no room is published, so that the other side can make some.
fn batch_sender<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let mut producer = producer::<SIZE>(path, setup)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let mut due = outbox.due().min(setup.batch);
        while due > 0 {
            let before = due;
            let mut batch = producer.write_batch();
            while due > 0 {
                // SAFETY: it is initialised here.
                let Some(slot) = (unsafe { batch.try_as_mut() }) else { break };
                slot.write(*outbox.take_array());
                due -= 1;
            }
            drop(batch);
            if due == before {
                hint::spin_loop();
            }
        }
        Ok(())
    }))
}

fn batch_receiver<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let mut consumer = consumer::<SIZE>(path)?;
    let most = NonZeroUsize::new(setup.batch as usize).ok_or("a batch of none")?;
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        loop {
            if let Some(batch) = consumer.try_reserve_read_batch(most) {
                batch.iter().for_each(|message| inbox.read(message));
                return Ok(());
            }
            hint::spin_loop();
        }
    }))
}
