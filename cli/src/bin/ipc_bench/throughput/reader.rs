//! The reader's process: pops the messages, checks each and keeps the time.

use std::time::Instant;

use crate::args::{Options, Passing};
use crate::measured::Measured;
use crate::pace::Pace;
use crate::said::{Said, Trouble};
use crate::throughput::messages::Messages;

/// Pops all messages, checks them and that none comes after, and says the time from the first to the last.
pub fn run(options: &Options, passing: Passing) -> Result<(), Trouble> {
    let mut messages = Messages::new(options, passing)?;
    Said::Ready.say()?;

    messages.take(1)?;
    let first = Instant::now();
    let (mut last, mut pace) = (first, Pace::new(options.progress));
    while messages.taken() < options.messages {
        messages.take(stride(options.msg_size).min(options.messages - messages.taken()))?;
        last = Instant::now();
        pace.tell(last, messages.taken())?;
    }
    messages.end()?;
    Ok(Said::Measured(Measured::Stream(last - first)).say()?)
}

/// After how many messages to look at the clock: rarely, but several times a second.
fn stride(msg_size: usize) -> u64 {
    const MESSAGES: usize = 65_536;
    const BYTES: usize = 64 << 20;
    (BYTES / msg_size.max(1)).clamp(1, MESSAGES) as u64
}
