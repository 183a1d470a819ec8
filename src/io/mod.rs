//! What is made of the ring's public operations, for code that expects something else than messages: the traits of
//! `std::io`.
//!
//! Knows nothing that a user could not know, how a stream ends apart, and touches nothing shared: what holds of
//! `push`, `peek`, `pop` and of batches is all that these rely on. Whoever wants the last nanosecond uses those.

mod byte_reader;
mod byte_writer;

pub use byte_reader::ByteReader;
pub use byte_writer::ByteWriter;
