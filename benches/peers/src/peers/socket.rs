//! A Unix stream socket: one write and one read a message.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use nix::sys::socket::{setsockopt, sockopt};

use super::{Kind, Peer, Run};
use crate::boxes::{Inbox, Outbox};
use crate::link::{BetweenProcesses, Geometry, Outcome, Receiver, Sender, Side};
use crate::part;

/// See above.
pub const SOCKET: Peer = Peer {
    name: "unix-socket",
    kind: Kind::Peer,
    about: "A Unix stream socket: one write and one read a message; the kernel bounds what is under way",
    run: Run::Processes(part::between_processes::<Socket>),
    sizes: &[],
};

struct Socket;

/// Listens until the first message is waited for: then the sender has called.
struct Receiving {
    listener: UnixListener,
    stream: Option<UnixStream>,
    message: Vec<u8>,
}

impl BetweenProcesses for Socket {
    type Sender = UnixStream;
    type Receiver = Receiving;
    const FIRST: Side = Side::Receiver;

    fn sender(path: &Path, geometry: Geometry) -> Outcome<UnixStream> {
        let stream = UnixStream::connect(path)?;
        // The kernel gives as much of it as it may.
        setsockopt(&stream, sockopt::SndBuf, &geometry.capacity)?;
        Ok(stream)
    }

    fn receiver(path: &Path, geometry: Geometry) -> Outcome<Receiving> {
        Ok(Receiving { listener: UnixListener::bind(path)?, stream: None, message: vec![0; geometry.size] })
    }
}

impl Sender for UnixStream {
    #[inline(always)]
    fn send(&mut self, outbox: &mut Outbox) -> Outcome<()> {
        Ok(self.write_all(outbox.take())?)
    }
}

impl Receiver for Receiving {
    #[inline(always)]
    fn receive(&mut self, inbox: &mut Inbox) -> Outcome<()> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => self.stream.insert(self.listener.accept()?.0),
        };
        stream.read_exact(&mut self.message)?;
        inbox.accept(&self.message);
        Ok(())
    }
}
