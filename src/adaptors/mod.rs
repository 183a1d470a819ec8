//! What is made of the ring's public operations, for code that expects something else than messages: the traits of
//! `std::io`, an iterator, messages by the handful.
//!
//! Knows nothing that a user could not know, and touches nothing shared: what holds of `push`, `peek`, `pop` and of
//! batches is all that these rely on. Whoever wants the last nanosecond uses those.

mod byte_reader;
mod byte_writer;
mod iter;
mod pop_many;

pub use byte_reader::ByteReader;
pub use byte_writer::ByteWriter;
pub use iter::Iter;
