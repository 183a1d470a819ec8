//! The throughput: a writer that pushes as fast as it can, a reader that pops, checks and keeps the time.

mod messages;
pub mod reader;
pub mod report;
pub mod writer;
