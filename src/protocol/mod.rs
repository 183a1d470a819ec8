//! The protocol: what both sides do to the words and the bytes that they share.
//!
//! Nothing here knows of files, paths or system calls. All that touches memory goes through the facade (`src/atomics`).
//! A good order to read it in:
//!
//! 1. `position.rs` and `record.rs`: arithmetic alone. Where is a position in the ring, and what is a record?
//! 2. `words.rs` and `shared.rs`: what the two sides share.
//! 3. `endpoint.rs`: what both sides have in common. How does a cursor get from one process to the other, and be
//!    checked?
//! 4. `producer.rs` and `consumer.rs`: a side each. How are records written and read?
//! 5. `wait.rs`, with `atomics/order.rs`: how a side sleeps, and is woken.
//! 6. `tally.rs`: how messages are counted, for onlookers.

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
