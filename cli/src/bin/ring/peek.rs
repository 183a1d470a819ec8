//! `ring peek`: the messages that wait, which stay where they are.

use ipc_ring::ViewError;

use crate::args::Peek;
use crate::error::Error;
use crate::look::view;
use crate::output::Output;
use crate::stop::Stop;

pub fn run(asked: &Peek) -> Result<(), Error> {
    let (stop, mut output) = (Stop::new()?, Output::new()?);
    let view = view(&asked.ring, &asked.trust)?;
    let mut written = Vec::new();
    for message in view.messages(usize::try_from(asked.count).unwrap_or(usize::MAX)) {
        match message {
            Ok(message) => {
                written.clear();
                asked.joining().put(&message.bytes, &mut written);
                output.write_all(&written, &stop)?;
            }
            Err(ViewError::Corrupt { check }) => return Err(Error::Corrupt { ring: asked.ring.clone(), check }),
            // What the reader has had meanwhile waits no more.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}
