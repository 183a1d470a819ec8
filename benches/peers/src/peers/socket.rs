//! A Unix stream socket: one write and one read a message.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

use nix::sys::socket::{setsockopt, sockopt};

use super::prelude::*;

pub const LINK: Link = Link::Processes { first: Side::Receiver, sender, receiver };

fn sender(path: &Path, setup: Setup) -> Outcome<AnySender> {
    let mut stream = UnixStream::connect(path)?;
    // The kernel gives as much of it as it may.
    setsockopt(&stream, sockopt::SndBuf, &setup.capacity)?;
    Ok(Box::new(move |outbox: &mut Outbox| -> Outcome<()> { Ok(stream.write_all(outbox.take())?) }))
}

/// Listens until the first message is waited for: then the sender has called.
fn receiver(path: &Path, setup: Setup) -> Outcome<AnyReceiver> {
    let (listener, mut called, mut message) = (UnixListener::bind(path)?, None, vec![0; setup.size]);
    Ok(Box::new(move |inbox: &mut Inbox| -> Outcome<()> {
        let stream = match &mut called {
            Some(stream) => stream,
            None => called.insert(listener.accept()?.0),
        };
        stream.read_exact(&mut message)?;
        inbox.accept(&message);
        Ok(())
    }))
}
