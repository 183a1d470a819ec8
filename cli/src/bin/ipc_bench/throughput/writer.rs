//! The writer's process: pushes the messages as fast as it can.

use ipc_ring::{Grant, PushError, RingWriter};

use crate::args::{Options, Passing};
use crate::leash::Leash;
use crate::message::Maker;
use crate::said::{Said, Trouble};

/// Pushes all messages once the driver says go, then closes the ring.
pub fn run(options: &Options, passing: Passing, leash: &Leash) -> Result<(), Trouble> {
    let mut writer = options.ring_options().attach(&options.ring)?;
    let mut messages = Maker::new(options.msg_size);
    Said::Ready.say()?;

    leash.wait_for_go();
    let pushed = match passing.batch {
        None => push_each(&mut writer, &mut messages, options.messages, passing.in_place),
        Some(batch) => push_batches(&mut writer, &mut messages, options.messages, batch, passing.in_place),
    };
    pushed.map_err(|error| Trouble::pushing(error, messages.made().saturating_sub(1)))
}

fn push_each(writer: &mut RingWriter, messages: &mut Maker, count: u64, in_place: bool) -> Result<(), PushError> {
    for _ in 0..count {
        let message = messages.make();
        if in_place {
            fill(writer.reserve(message.len(), None)?, message);
        } else {
            writer.push(message, None)?;
        }
    }
    Ok(())
}

fn push_batches(
    writer: &mut RingWriter,
    messages: &mut Maker,
    count: u64,
    in_batch: u64,
    in_place: bool,
) -> Result<(), PushError> {
    while messages.made() < count {
        let mut batch = writer.batch();
        for _ in 0..in_batch.min(count - messages.made()) {
            let message = messages.make();
            if in_place {
                fill(batch.reserve(message.len(), None)?, message);
            } else {
                batch.push(message, None)?;
            }
        }
    }
    Ok(())
}

/// Makes `message` of the grant, whose bytes it fills.
fn fill(mut grant: Grant, message: &[u8]) {
    // SAFETY: T7 (the reader is this very program, and stores to no message).
    unsafe { grant.as_mut_slice() }.copy_from_slice(message);
    grant.commit();
}
