//! `ring recv`: what is in the ring goes to the output, and is given back when that has taken it.

use std::fs;
use std::time::Duration;

use ipc_ring::{OpenError, PopError, ReadBatch, RingOptions, RingReader};

use crate::args::Recv;
use crate::error::Error;
use crate::output::Output;
use crate::progress::Progress;
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
    let mut reader = wait_for_the_ring(asked, &stop)?;
    let progress = Progress::new("received", asked.progress);
    let mut receiver = Receiver { asked, stop: &stop, output, progress, left };
    loop {
        receiver.drain(&mut reader)?;
        if receiver.left == 0 || !asked.remove {
            return Ok(());
        }
        match remove_drained(reader, asked)? {
            Some(refilled) => reader = refilled,
            None => return Ok(()),
        }
    }
}

impl Receiver<'_> {
    /// Receives until the stream ends, or until enough has come.
    fn drain(&mut self, reader: &mut RingReader) -> Result<(), Error> {
        let (mut copy, mut gathered) = (Vec::new(), Vec::with_capacity(ENOUGH + ENOUGH / 4));
        while self.left > 0 {
            self.stop.check()?;
            let most = usize::try_from(self.left).unwrap_or(usize::MAX);
            match reader.batch(most, Some(PATIENCE)) {
                Ok(batch) => self.receive(batch, &mut copy, &mut gathered)?,
                Err(PopError::TimedOut) => {}
                Err(PopError::Closed) => return Ok(()),
                Err(error) => return Err(ended(error, self.asked)),
            }
            self.progress.show();
        }
        Ok(())
    }

    /// Writes a batch, or as much of it as makes a good piece, and gives it back; or keeps all of it, where the output
    /// does not take it.
    fn receive(&mut self, mut batch: ReadBatch<'_>, copy: &mut Vec<u8>, gathered: &mut Vec<u8>) -> Result<(), Error> {
        gathered.clear();
        let joining = self.asked.joining();
        for message in &mut batch {
            message.copy_to(copy);
            joining.put(copy, gathered);
            self.progress.count(copy.len());
            self.left -= 1;
            if gathered.len() >= ENOUGH {
                break;
            }
        }
        match self.output.write_all(gathered, self.stop) {
            Ok(()) => batch.commit(),
            Err(error) => {
                batch.keep();
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Becomes the reader of the ring, once it is there.
fn wait_for_the_ring(asked: &Recv, stop: &Stop) -> Result<RingReader, Error> {
    let mut options = RingOptions::new();
    options.await_successors(asked.follow);
    loop {
        match take(stop, || options.open_wait(&asked.ring, Some(PATIENCE)))? {
            Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => stop.check()?,
            opened => return Ok(opened?),
        }
    }
}

/// Why there is no end of the stream.
fn ended(error: PopError, asked: &Recv) -> Error {
    let ring = asked.ring.clone();
    match error {
        PopError::PeerGone if asked.follow => Error::Removed { ring },
        PopError::PeerGone => Error::SenderDied { ring },
        PopError::Corrupt { check } => Error::Corrupt { ring, check },
        error => Error::system("receive a message")(error.into()),
    }
}

/// Removes the ring, unless somebody has sent something since the end of the stream: then its reader goes on.
///
/// Both sides are held meanwhile, so that nobody sends into a ring that is about to go.
fn remove_drained(mut reader: RingReader, asked: &Recv) -> Result<Option<RingReader>, Error> {
    let writer = match RingOptions::new().prefault(false).attach(&asked.ring) {
        Ok(writer) => writer,
        Err(OpenError::Busy { .. }) => return Ok(Some(reader)),
        Err(OpenError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if !reader.is_empty() {
        return Ok(Some(reader));
    }
    // Another ring may have taken the place of this one, which then is gone already.
    if writer.peer_epoch() == reader.epoch() && writer.position() == reader.position() {
        fs::remove_file(&asked.ring).map_err(Error::system(format!("remove {}", asked.ring.display())))?;
    }
    Ok(None)
}
