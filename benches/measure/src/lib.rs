//! How two processes are measured: what `ipc_bench`, `benches/peers` and the criterion benches have in common.
//!
//! ```text
//!    driver (round)               a child (console, part)          another child
//!    start it, with its job --->  open the ends that come first    the same
//!              <---------------   step                             step
//!    go on, when all say so --->  open the others                  the same
//!              <---------------   step                             step
//!    go on -------------------->  send: warm up, then the rounds   receive, look at each, keep the time
//!              <---------------                                    progress ...
//!              <---------------   done: so many                    done: so many, and how long each round took
//!    go on -------------------->  end                              end
//! ```
//!
//! All of it goes as JSON: the job is an argument, what a child says is a line on its stdout. What the driver says is
//! an empty line on the child's stdin, and a child ends when its stdin does: no child outlives its driver.

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

/// What may go wrong is told to a reader, never matched on.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
