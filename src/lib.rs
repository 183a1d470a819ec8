#![doc = include_str!("../README.md")]
// Atomics, fences, shared bytes, clocks and orderings are had from the facade alone.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

// The rooms, from top to bottom: each uses those below it, and none above (`cargo xtask rooms` draws the arrows).
#[doc(hidden)]
pub mod model; // the checkers' door

mod io; // a ring with the traits of `std::io`

mod ring; // what a user holds: documentation, and a call each

mod view; // a look from outside

mod file; // a ring's file: created, checked, locked, mapped, removed

mod protocol; // the heart: what both sides do to the memory that they share

mod atomics; // the facade, where the engine is chosen

mod sys; // the operating system, a file a platform

pub mod layout; // where everything stands in a file: of use to all of them

#[cfg(test)]
mod arithmetic; // every case of what positions, records and space come to, against whole numbers

/// The examples of `docs/`, for rustdoc to run. README.md's are this crate's own.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide.md")]
pub struct Guide;

pub use atomics::FenceMode;
pub use file::{CreateError, CreateOrAttachError, OpenError, Trust};
pub use io::{ByteReader, ByteWriter};
pub use protocol::{
    BufferTooSmall, Check, CountError, InvalidCapacity, InvalidPosition, PopError, PopIntoError, PushError, RingId,
    Side, TryPopError, TryPushError, WaitStrategy,
};
pub use ring::{pair, Grant, Iter, Message, Messages, ReadBatch, RingOptions, RingReader, RingWriter, WriteBatch};
pub use view::{
    remove, remove_drained, RingState, RingView, SideState, SideView, Snapshot, ViewError, WaitingMessage,
    WaitingMessages,
};
