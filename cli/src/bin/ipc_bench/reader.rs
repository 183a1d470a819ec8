//! The reader's process: pops the messages, checks each and keeps the time.

use std::time::{Duration, Instant};

use ipc_ring::PopError;

use crate::args::Args;
use crate::message::{Checker, Mismatch};
use crate::said::{Said, Trouble};

/// How often to say how far it is, at most.
const PROGRESS: Duration = Duration::from_millis(100);

/// Pops all messages, checks them and that none comes after, and says the time from the first to the last.
pub fn run(args: &Args) -> Result<(), Trouble> {
    let mut reader = args.ring_options().open(&args.ring)?;
    let mut checker = Checker::new(args.msg_size);
    let mut buffer = Vec::with_capacity(args.msg_size);
    Said::Ready.say()?;

    let mut pop = |checker: &mut Checker| -> Result<(), Trouble> {
        reader.pop(&mut buffer, None).map_err(|error| Trouble::popping(error, checker.checked()))?;
        Ok(checker.check(&buffer)?)
    };
    pop(&mut checker)?;
    let first = Instant::now();
    let (mut last, mut said) = (first, first);
    while checker.checked() < args.messages {
        for _ in 0..stride(args.msg_size).min(args.messages - checker.checked()) {
            pop(&mut checker)?;
        }
        last = Instant::now();
        if args.progress && last - said >= PROGRESS {
            said = last;
            Said::Progress(checker.checked()).say()?;
        }
    }
    match reader.pop(&mut buffer, None) {
        Err(PopError::Closed) => Ok(Said::Measured(last - first).say()?),
        Err(error) => Err(Trouble::popping(error, checker.checked())),
        Ok(_) => Err(Mismatch::Extra { after: args.messages }.into()),
    }
}

/// After how many messages to look at the clock: rarely, but several times a second.
fn stride(msg_size: usize) -> u64 {
    const MESSAGES: usize = 65_536;
    const BYTES: usize = 64 << 20;
    (BYTES / msg_size.max(1)).clamp(1, MESSAGES) as u64
}
