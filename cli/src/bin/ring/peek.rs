//! `ring peek`: shows the messages that wait, and leaves them in the ring.

use ipc_ring::ViewError;

use crate::args::Peek;
use crate::error::Error;
use crate::look::view;
use crate::output::Output;
use crate::stop::Stop;

/// How often to begin again if the reader takes the first message before it is shown.
const TRIES: u32 = 1000;

pub fn run(asked: &Peek) -> Result<(), Error> {
    let (stop, mut output) = (Stop::new()?, Output::new()?);
    output.is_not(&asked.ring)?;
    let view = view(&asked.ring, &asked.trust)?;
    let most = usize::try_from(asked.count).unwrap_or(usize::MAX);
    'anew: for _ in 0..TRIES {
        let mut written = Vec::new();
        for (shown, message) in view.messages(most).enumerate() {
            match message {
                Ok(message) => {
                    written.clear();
                    asked.joining().put(&message.bytes, &mut written);
                    output.write_all(&written, stop)?;
                }
                Err(ViewError::Corrupt { check }) => return Err(Error::Corrupt { ring: asked.ring.clone(), check }),
                // The reader has taken the message meanwhile. Begin again if nothing was shown yet.
                Err(_) if shown == 0 => continue 'anew,
                Err(_) => return Ok(()),
            }
        }
        return Ok(());
    }
    Err(Error::Overtaken { ring: asked.ring.clone() })
}
