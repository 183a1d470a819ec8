#![doc = include_str!("../README.md")]
// Atomics, fences, shared bytes, clocks and orderings are had from the facade alone.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

// From top to bottom: a room uses those below it, and none above. `cargo xtask rooms` draws the arrows.
mod atomics; // the facade: std, loom or shuttle
mod file; // a ring's file: created, checked, locked, mapped, removed
mod io; // a ring behind the traits of `std::io`
pub mod layout;
mod protocol; // the heart: what both sides do to the memory that they share
mod ring; // what a user holds: documentation, and a call each
mod sys; // the operating system, a file a platform
mod view; // a look from outside // where everything stands in a file, for all of them

#[doc(hidden)]
pub mod model; // the checkers' door

#[cfg(test)]
#[path = "../verify/arithmetic/mod.rs"]
mod arithmetic;

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
