//! Ours: a push and a pop a message, batches, arrays of messages, and messages that are made and read in their place,
//! alone or in batches.

use ipc_ring::{FenceMode, RingOptions, WaitStrategy};
use ipc_ring_measure::ring::{receiver, sender, Manner};

use super::prelude::*;

macro_rules! ours {
    ($manner:expr $(, $set:ident($value:expr))*) => {
        Link::Processes {
            first: Side::Sender,
            sender: |path, setup| {
                Ok(sender(options(&setup)$(.$set($value))*.create(path, setup.capacity)?, $manner(&setup)))
            },
            receiver: |path, setup| Ok(receiver(options(&setup)$(.$set($value))*.open(path)?, $manner(&setup))),
        }
    };
}

fn options(setup: &Setup) -> RingOptions {
    let mut options = RingOptions::new();
    options.prefault(setup.pages != Pages::Absent);
    options
}

fn each(_: &Setup) -> Manner {
    Manner { batch: None, in_place: false }
}

fn in_batches(setup: &Setup) -> Manner {
    Manner { batch: Some(setup.batch), in_place: false }
}

fn in_place(_: &Setup) -> Manner {
    Manner { batch: None, in_place: true }
}

fn in_place_in_batches(setup: &Setup) -> Manner {
    Manner { batch: Some(setup.batch), in_place: true }
}

pub const PUSH_POP: Link = ours!(each);
pub const BATCH: Link = ours!(in_batches);
pub const IN_PLACE: Link = ours!(in_place);
pub const IN_PLACE_BATCH: Link = ours!(in_place_in_batches);
pub const SPIN: Link = ours!(each, wait_strategy(WaitStrategy::Spin));
pub const SLEEP: Link = ours!(each, wait_strategy(WaitStrategy::Sleep), create_fence_mode(FenceMode::Asymmetric));
pub const SLEEP_SYMMETRIC: Link =
    ours!(each, wait_strategy(WaitStrategy::Sleep), create_fence_mode(FenceMode::Symmetric));
/// Arrays of messages of one length.
pub const ARRAY: Link = Link::Processes {
    first: Side::Sender,
    sender: |path, setup| sized!(array_sender(path, setup), setup),
    receiver: |path, setup| sized!(array_receiver(path, setup), setup),
};

fn array_sender<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let mut writer = options(&setup).create(path, setup.capacity)?;
    let mut messages = vec![[0; SIZE]; setup.batch as usize];
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> {
        let due = outbox.due().min(setup.batch) as usize;
        messages[..due].iter_mut().for_each(|message| outbox.fill(message));
        let mut pushed = 0;
        while pushed < due {
            pushed += writer.push_many(&messages[pushed..due], None)?;
        }
        Ok(())
    }))
}

fn array_receiver<const SIZE: usize>(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let mut reader = options(&setup).open(path)?;
    let mut messages = vec![[0; SIZE]; setup.batch as usize];
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        let popped = reader.pop_many_into(&mut messages, None)?;
        messages[..popped].iter().for_each(|message| inbox.read(message));
        Ok(())
    }))
}
