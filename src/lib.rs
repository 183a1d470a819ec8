#![doc = include_str!("../README.md")]

mod atomics;
mod endpoint;
mod error;
mod header;
mod index;
mod mapping;
#[doc(hidden)]
pub mod model;
mod options;
mod reader;
mod record;
mod sys;
mod wait;
mod writer;

pub use atomics::FenceMode;
pub use error::{Check, CreateError, InvalidCapacity, OpenError, PopError, PushError, Side};
pub use options::RingOptions;
pub use reader::RingReader;
pub use wait::WaitStrategy;
pub use writer::RingWriter;
