//! The user's handles, and the types that they return.
//!
//! Each file is documentation; the code is one call to a machine of `src/protocol`. A [`RingWriter`] holds a
//! `Producer`, a [`RingReader`] a `Consumer`. `plan.rs` brings these together with a ring's file.

mod array;
mod batch;
mod grant;
mod iter;
mod message;
mod options;
mod pair;
mod plan;
mod reader;
mod writer;

pub use batch::{Messages, ReadBatch, WriteBatch};
pub use grant::Grant;
pub use iter::Iter;
pub use message::Message;
pub use options::RingOptions;
pub use pair::pair;
pub use reader::RingReader;
pub use writer::RingWriter;
