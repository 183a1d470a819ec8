//! Adaptors: a ring with the traits of `std::io`, for code that expects bytes.
//!
//! They are made of the ring's public operations, and of the setting whether a drop ends the stream. They touch nothing
//! shared. `push`, `peek` and batches are faster, if the last nanosecond counts.

mod byte_reader;
mod byte_writer;

pub use byte_reader::ByteReader;
pub use byte_writer::ByteWriter;
