//! The latency: a caller that sends one message at a time and keeps the time until the answer, an echo that sends back
//! what comes.
//!
//! ```text
//!    caller                                     echo
//!    push ----------- the ring there ---------> pop
//!    pop <----------- the ring back ----------- push
//!    check                                      check
//! ```

pub mod caller;
pub mod echo;
mod plot;
pub mod report;
pub mod times;

/// How many of so many round trips come before, and are not counted.
fn warm_up(messages: u64) -> u64 {
    messages.div_ceil(10)
}
