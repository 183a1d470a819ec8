//! The protocol: what both sides do to the words and the bytes that they share.
//!
//! A side is a [`Producer`] or a [`Consumer`], which know records. Both stand on an [`Endpoint`](endpoint), which knows
//! how a cursor travels, and on [`wait`]. What they share is a [`SharedRing`]: the words of `words.rs`, and the bytes.
//! `position.rs` and `record.rs` are arithmetic alone.
//!
//! All that touches memory goes through the facade (`src/atomics`). There is no file here, no path and no system call.

mod consumer;
mod endpoint;
mod error;
mod id;
mod position;
mod producer;
mod record;
mod shared;
mod tally;
mod wait;
mod words;

pub use error::{
    BufferTooSmall, Check, CountError, InvalidCapacity, InvalidPosition, PopError, PopIntoError, PushError, Side,
    TryPopError, TryPushError,
};
pub use id::RingId;
pub use wait::WaitStrategy;

pub(crate) use consumer::{at_once as pop_at_once, Consumer, Walk};
pub(crate) use error::Failure;
pub(crate) use position::{Capacity, Position};
pub(crate) use producer::{at_once as push_at_once, NotTaken, Producer};
pub(crate) use record::{Kind, Record, HEADER};
pub(crate) use shared::SharedRing;
pub(crate) use words::{Control, Mark};

#[cfg(test)]
#[allow(unused_imports)] // src/arithmetic uses them, which no engine runs
pub(crate) use {
    endpoint::Endpoint,
    tally::{last_message, Tally},
};
