//! Ours: a push and a pop a message, batches, and messages that are made and read in their place, alone or in batches.

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
