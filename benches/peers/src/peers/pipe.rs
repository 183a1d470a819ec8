//! A named pipe: one write and one read a message.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::{fcntl, FcntlArg, OFlag};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part;

/// See above.
pub const PIPE: Peer = Peer {
    name: "pipe",
    kind: Kind::Peer,
    about: "A pipe, one write and one read a message; it holds 1 MiB at most",
    run: Run::Processes(part::between_processes::<Pipe>),
    sizes: &[],
};

/// What a process without privileges may ask for.
const MOST: usize = 1 << 20;

struct Pipe;

struct Reading {
    pipe: File,
    message: Vec<u8>,
}

impl BetweenProcesses for Pipe {
    type Sender = File;
    type Receiver = Reading;
    const FIRST: Side = Side::Receiver;

    fn sender(path: &Path, _: Geometry) -> Outcome<File> {
        Ok(OpenOptions::new().write(true).open(path)?)
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<Reading> {
        mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
        // Does not wait for a sender, and afterwards does wait for messages.
        let pipe = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::empty()))?;
        fcntl(&pipe, FcntlArg::F_SETPIPE_SZ(geometry.capacity.min(MOST) as i32))?;
        Ok(Reading { pipe, message: vec![0; geometry.size] })
    }
}

impl Sender for File {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        Ok(self.write_all(outbox.take())?)
    }
}

impl Receiver for Reading {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        self.pipe.read_exact(&mut self.message)?;
        inbox.accept(&self.message);
        Ok(())
    }
}
