//! Measures how two processes pass messages: shared by `ipc_bench`, `benches/peers` and the criterion benches.
//!
//! ```text
//!    driver (round)               a child (console, part)          another child
//!    start it, with its job --->  open the ends that come first    the same
//!              <---------------   step                             step
//!    go on, when both say so -->  open the other ends              the same
//!              <---------------   step                             step
//!    go on -------------------->  send: warm up, then the rounds   receive, check each message, keep the time
//!              <---------------                                    progress ...
//!              <---------------   done: how many messages          done: how many, and the time of each round
//!    go on -------------------->  end                              end
//! ```
//!
//! They talk in JSON: the job is an argument of the child, and the child prints what it says as lines on its stdout.
//! The driver answers with an empty line on the child's stdin. A child ends when its stdin does, so none outlives its
//! driver.

pub mod child;
pub mod console;
pub mod enough;
pub mod job;
pub mod link;
pub mod machine;
pub mod message;
pub mod part;
pub mod pin;
pub mod pingpong;
pub mod ring;
pub mod round;
pub mod statistics;
pub mod stream;
pub mod table;
pub mod times;
pub mod toil;

/// A result whose error is for people to read, and is never matched on.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
