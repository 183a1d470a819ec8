//! The writer's process: pushes the messages as fast as it can.

use crate::args::Args;
use crate::leash::Leash;
use crate::message::Maker;
use crate::said::{Said, Trouble};

/// Pushes all messages once the driver says go, then closes the ring.
pub fn run(args: &Args, leash: &Leash) -> Result<(), Trouble> {
    let mut writer = args.ring_options().attach(&args.ring)?;
    let mut messages = Maker::new(args.msg_size);
    Said::Ready.say()?;

    leash.wait_for_go();
    for pushed in 0..args.messages {
        writer.push(messages.make(), None).map_err(|error| Trouble::pushing(error, pushed))?;
    }
    Ok(())
}
