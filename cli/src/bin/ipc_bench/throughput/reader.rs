//! The reader's process: pops the messages, checks each and keeps the time.

use std::time::Instant;

use crate::args::Options;
use crate::finish::nothing_follows;
use crate::measured::Measured;
use crate::message::Checker;
use crate::pace::Pace;
use crate::said::{Said, Trouble};

/// Pops all messages, checks them and that none comes after, and says the time from the first to the last.
pub fn run(options: &Options) -> Result<(), Trouble> {
    let mut reader = options.ring_options().open(&options.ring)?;
    let mut checker = Checker::new(options.msg_size);
    let mut buffer = Vec::with_capacity(options.msg_size);
    Said::Ready.say()?;

    let mut pop = |checker: &mut Checker| -> Result<(), Trouble> {
        reader.pop(&mut buffer, None).map_err(|error| Trouble::popping(error, checker.checked()))?;
        Ok(checker.check(&buffer)?)
    };
    pop(&mut checker)?;
    let first = Instant::now();
    let (mut last, mut pace) = (first, Pace::new(options.progress));
    while checker.checked() < options.messages {
        for _ in 0..stride(options.msg_size).min(options.messages - checker.checked()) {
            pop(&mut checker)?;
        }
        last = Instant::now();
        pace.tell(last, checker.checked())?;
    }
    nothing_follows(&mut reader, checker.checked())?;
    Ok(Said::Measured(Measured::Stream(last - first)).say()?)
}

/// After how many messages to look at the clock: rarely, but several times a second.
fn stride(msg_size: usize) -> u64 {
    const MESSAGES: usize = 65_536;
    const BYTES: usize = 64 << 20;
    (BYTES / msg_size.max(1)).clamp(1, MESSAGES) as u64
}
