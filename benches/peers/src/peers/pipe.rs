//! A named pipe: one write and one read a message.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::{fcntl, FcntlArg, OFlag};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::prelude::*;

pub const LINK: Link = Link::Processes { first: Side::Receiver, sender, receiver };

/// What a process without privileges may ask for.
const MOST: usize = 1 << 20;

fn sender(path: &Path, _: Setup) -> Outcome<AnySender> {
    let mut pipe = OpenOptions::new().write(true).open(path)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> { Ok(pipe.write_all(outbox.take())?) }))
}

fn receiver(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
    // Does not wait for a sender, and afterwards does wait for messages.
    let mut pipe = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    fcntl(&pipe, FcntlArg::F_SETFL(OFlag::empty()))?;
    fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(setup.capacity.min(MOST) as i32))?;
    let mut message = vec![0; setup.size];
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        pipe.read_exact(&mut message)?;
        inbox.accept(&message);
        Ok(())
    }))
}
