//! The echo's process: sends back what comes.

use super::warm_up;
use crate::args::Options;
use crate::finish::nothing_follows;
use crate::message::Checker;
use crate::mode::back;
use crate::said::{Said, Trouble};

/// Sends back all messages, checks them and that none comes after.
pub fn run(options: &Options) -> Result<(), Trouble> {
    let mut back = options.ring_options().attach(back(&options.ring))?;
    let mut there = options.ring_options().open(&options.ring)?;
    let mut checker = Checker::new(options.msg_size);
    let mut message = Vec::with_capacity(options.msg_size);
    Said::Ready.say()?;

    for done in 0..warm_up(options.messages).saturating_add(options.messages) {
        there.pop(&mut message, None).map_err(|error| Trouble::popping(error, done))?;
        back.push(&message, None).map_err(|error| Trouble::pushing(error, done))?;
        // While the answer is under way: it takes nothing of the caller's time.
        checker.check(&message)?;
    }
    nothing_follows(&mut there, checker.checked())
}
