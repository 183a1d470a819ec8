//! `ring recv`: what is in the ring goes to the output, and is given back when that has taken it; the end of its stream
//! last of all.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use ipc_ring::{remove_drained, OpenError, PopError, ReadBatch, RingOptions, RingReader};

use crate::args::Recv;
use crate::error::Error;
use crate::output::{complain, Output};
use crate::progress::Progress;
use crate::quoted::quoted;
use crate::stop::Stop;
use crate::turn::take;

/// How long a message is waited for, or a ring, before it is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// How much is gathered for one writing.
const ENOUGH: usize = 256 << 10;

/// What is received, and where to.
struct Receiver<'a> {
    asked: &'a Recv,
    stop: &'a Stop,
    output: Output,
    progress: Progress,
    /// How many messages are still to come.
    left: u64,
}

pub fn run(asked: &Recv) -> Result<(), Error> {
    let stop = Stop::new()?;
    let (output, left) = (Output::new()?, asked.count.unwrap_or(u64::MAX));
    output.is_not(&asked.ring)?;
    let mut reader = wait_for_the_ring(asked, stop, &output)?;
    if asked.remove {
        see_that_it_may_be_removed(asked)?;
    }
    let progress = Progress::new("received", asked.progress);
    let mut receiver = Receiver { asked, stop, output, progress, left };
    if receiver.drain(&mut reader)? == Drained::OfTheStream {
        // The output has taken all that is before the end, so that may be taken, too.
        reader.take_end();
        drop(reader);
        if asked.remove {
            remove(asked, stop)?;
        }
    }
    Ok(())
}

/// Of what a ring was drained.
#[derive(PartialEq, Eq)]
enum Drained {
    /// Of a stream: its end is next.
    OfTheStream,
    /// Of as many messages as were asked for.
    OfEnough,
}

impl Receiver<'_> {
    /// Receives until the stream ends, or until enough has come.
    fn drain(&mut self, reader: &mut RingReader) -> Result<Drained, Error> {
        let (mut copy, mut gathered) = (Vec::new(), Vec::with_capacity(ENOUGH + ENOUGH / 4));
        while self.left > 0 {
            self.stop.check()?;
            let most = usize::try_from(self.left).unwrap_or(usize::MAX);
            match reader.batch(most, Some(PATIENCE)) {
                Ok(batch) => self.receive(batch, &mut copy, &mut gathered)?,
                // Nothing waits. That the ring has lost its name, and no sender has it all the same, is an error below.
                Err(PopError::TimedOut) => self.output.check()?,
                Err(PopError::Closed) => return Ok(Drained::OfTheStream),
                Err(error) => return Err(ended(error, reader, self.asked.ring.clone())),
            }
            self.progress.show();
        }
        Ok(Drained::OfEnough)
    }

    /// Writes a batch, or as much of it as makes a good piece, and gives that back; or nothing, where the output does
    /// not take it.
    fn receive(&mut self, mut batch: ReadBatch<'_>, copy: &mut Vec<u8>, gathered: &mut Vec<u8>) -> Result<(), Error> {
        gathered.clear();
        let joining = self.asked.joining();
        let (mut messages, mut bytes) = (0, 0);
        for message in &mut batch {
            message.copy_to(copy);
            joining.put(copy, gathered);
            messages += 1;
            bytes += copy.len();
            if gathered.len() >= ENOUGH {
                break;
            }
        }
        self.output.write_all(gathered, self.stop)?;
        batch.commit();
        self.progress.count(messages, bytes);
        self.left -= messages;
        Ok(())
    }
}

/// Becomes the reader of the ring, once it is there.
fn wait_for_the_ring(asked: &Recv, stop: &Stop, output: &Output) -> Result<RingReader, Error> {
    let mut options = RingOptions::new();
    options.trust(asked.trust.granted().any_boot(asked.any_boot));
    options.await_successors(asked.follow).reader_stops_at_ends(!asked.follow);
    let directory = asked.ring.parent().filter(|directory| !directory.as_os_str().is_empty());
    if let Some(missing) = directory.filter(|directory| !directory.exists()) {
        return Err(Error::Nowhere { directory: missing.into() });
    }
    loop {
        match take(stop, || options.open_wait(&asked.ring, Some(PATIENCE)))? {
            Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {
                stop.check()?;
                output.check()?;
            }
            opened => return Ok(opened?),
        }
    }
}

/// Asks the system whether this process may remove the ring, before anything is taken out of it: by removing it as what
/// it is not, a directory. Linux looks at the permissions first; elsewhere nothing is learnt. (An empty directory that
/// took the ring's place at this moment would go.)
fn see_that_it_may_be_removed(asked: &Recv) -> Result<(), Error> {
    match fs::remove_dir(&asked.ring) {
        Err(source) if matches!(source.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            Err(Error::Unremovable { ring: asked.ring.clone(), source })
        }
        _ => Ok(()),
    }
}

/// Why there is no end of the stream.
fn ended(error: PopError, reader: &RingReader, ring: PathBuf) -> Error {
    match error {
        // No other sender could go on.
        PopError::PeerGone if !reader.still_named() => Error::lost(&ring),
        PopError::PeerGone => Error::SenderDied { ring },
        PopError::Removed => Error::Removed { ring },
        PopError::Replaced => Error::Replaced { ring },
        PopError::Corrupt { check } => Error::Corrupt { ring, check },
        error => Error::system("receive a message")(error.into()),
    }
}

/// Removes the ring, unless there is more in it for another receiver, or somebody holds it: then it is theirs.
fn remove(asked: &Recv, stop: &Stop) -> Result<(), Error> {
    // Who has ended the stream may hold its side a moment longer.
    match take(stop, || remove_drained(&asked.ring, asked.trust.granted()))? {
        Ok(true) => {}
        Ok(false) | Err(OpenError::Busy { .. }) => {
            let ring = quoted(&asked.ring);
            complain(&format!("{ring} is not removed: another stream is in it, or somebody holds it\n"));
        }
        // Another ring in its place is none of this one's business.
        Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
