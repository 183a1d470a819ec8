//! The writer's process: pushes the messages as fast as it can.

use crate::args::Options;
use crate::leash::Leash;
use crate::message::Maker;
use crate::said::{Said, Trouble};

/// Pushes all messages once the driver says go, then closes the ring.
pub fn run(options: &Options, leash: &Leash) -> Result<(), Trouble> {
    let mut writer = options.ring_options().attach(&options.ring)?;
    let mut messages = Maker::new(options.msg_size);
    Said::Ready.say()?;

    leash.wait_for_go();
    for pushed in 0..options.messages {
        writer.push(messages.make(), None).map_err(|error| Trouble::pushing(error, pushed))?;
    }
    Ok(())
}
