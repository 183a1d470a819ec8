//! Ours: a push and a pop a message, batches of up to 64, and messages that are filled in place.

use ipc_ring::{FenceMode, RingOptions, WaitStrategy};
use ipc_ring_measure::ring::{receiver, sender, Manner};

use super::prelude::*;

macro_rules! ours {
    ($sends:expr, $receives:expr $(, $set:ident($value:expr))*) => {
        Link::Processes {
            first: Side::Sender,
            sender: |path, geometry| {
                Ok(sender(RingOptions::new()$(.$set($value))*.create(path, geometry.capacity)?, $sends))
            },
            receiver: |path, _| Ok(receiver(RingOptions::new()$(.$set($value))*.open(path)?, $receives)),
        }
    };
}

const EACH: Manner = Manner { batch: None, in_place: false };
const BATCHES: Manner = Manner { batch: Some(64), in_place: false };
const FILLED: Manner = Manner { batch: None, in_place: true };
const COPIED_OUT: Manner = Manner { batch: Some(1), in_place: false };

pub const PUSH_POP: Link = ours!(EACH, EACH);
pub const BATCH: Link = ours!(BATCHES, BATCHES);
pub const IN_PLACE: Link = ours!(FILLED, COPIED_OUT);
pub const SPIN: Link = ours!(EACH, EACH, wait_strategy(WaitStrategy::Spin));
pub const SLEEP: Link = ours!(EACH, EACH, wait_strategy(WaitStrategy::Sleep), create_fence_mode(FenceMode::Asymmetric));
pub const SLEEP_SYMMETRIC: Link =
    ours!(EACH, EACH, wait_strategy(WaitStrategy::Sleep), create_fence_mode(FenceMode::Symmetric));
