#![doc = include_str!("../README.md")]
// Atomics, fences, shared bytes, clocks and orderings are had from the facade alone.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod adaptors;
#[cfg(test)]
#[path = "../verify/arithmetic/mod.rs"]
mod arithmetic;
mod atomics;
mod batch;
mod constructors;
mod endpoint;
mod error;
mod grant;
mod header;
mod index;
mod mapping;
mod message;
#[doc(hidden)]
pub mod model;
mod options;
mod reader;
mod record;
mod sys;
mod tally;
mod view;
mod wait;
mod writer;

/// The examples of `docs/`, for rustdoc to run. README.md's are this crate's own.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide.md")]
pub struct Guide;

pub use adaptors::{ByteReader, ByteWriter, Iter};
pub use atomics::FenceMode;
pub use batch::{Messages, ReadBatch, WriteBatch};
pub use error::{Check, CreateError, InvalidCapacity, InvalidPosition, OpenError, PopError, PushError, Side};
pub use grant::Grant;
pub use message::Message;
pub use options::RingOptions;
pub use reader::RingReader;
pub use view::{RingState, RingView, SideState, SideView, Snapshot, ViewError, WaitingMessage, WaitingMessages};
pub use wait::WaitStrategy;
pub use writer::RingWriter;
