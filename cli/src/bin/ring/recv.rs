//! `ring recv`: writes messages to the output, and releases them when the output has taken them.
//!
//! It takes the end of the stream last: if it dies before that, the next receiver finds the end.

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

/// How long to wait for a message or a ring before asking whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// How many bytes to gather for one write.
const ENOUGH: usize = 256 << 10;

/// A receiver, and where its messages go.
struct Receiver<'a> {
    asked: &'a Recv,
    stop: &'a Stop,
    output: Output,
    progress: Progress,
    /// How many messages are still to be received.
    left: u64,
}

pub fn run(asked: &Recv) -> Result<(), Error> {
    let stop = Stop::new()?;
    let (output, left) = (Output::new()?, asked.count.unwrap_or(u64::MAX));
    output.is_not(&asked.ring)?;
    let mut reader = wait_for_the_ring(asked, stop, &output)?;
    if asked.remove {
        check_that_it_may_be_removed(asked)?;
    }
    let progress = Progress::new("received", asked.progress);
    let mut receiver = Receiver { asked, stop, output, progress, left };
    if receiver.drain(&mut reader)? == Drained::OfTheStream {
        // The output has taken every message before the end, so the end may be taken.
        reader.take_end();
        drop(reader);
        if asked.remove {
            remove(asked)?;
        }
    }
    Ok(())
}

/// Why a receiver is done.
#[derive(PartialEq, Eq)]
enum Drained {
    /// The end of the stream is next.
    OfTheStream,
    /// As many messages as were asked for have come.
    OfEnough,
}

impl Receiver<'_> {
    /// Receives until the stream ends, or until enough messages have come.
    fn drain(&mut self, reader: &mut RingReader) -> Result<Drained, Error> {
        let (mut copy, mut gathered) = (Vec::new(), Vec::with_capacity(ENOUGH + ENOUGH / 4));
        while self.left > 0 {
            self.stop.check()?;
            let most = usize::try_from(self.left).unwrap_or(usize::MAX);
            match reader.batch(most, Some(PATIENCE)) {
                Ok(batch) => self.receive(batch, &mut copy, &mut gathered)?,
                // Nothing waits. (A ring that lost its name, and has no writer, is an error below.)
                Err(PopError::TimedOut) => self.output.check()?,
                Err(PopError::Closed) => return Ok(Drained::OfTheStream),
                Err(error) => return Err(ended(error, reader, self.asked.ring.clone())),
            }
            self.progress.show();
        }
        Ok(Drained::OfEnough)
    }

    /// Writes a batch, or as much of it as makes a good piece, and releases that.
    ///
    /// Releases nothing if the output does not take it.
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

/// Waits until the ring is there, and attaches to it as its reader.
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

/// Returns an error if this process may not remove the ring. Call it before taking anything out of the ring.
///
/// It tries to remove the ring as what it is not, a directory: Linux checks the permissions first. Other systems may
/// not, and then this learns nothing. (An empty directory that takes the ring's place at this moment is removed.)
fn check_that_it_may_be_removed(asked: &Recv) -> Result<(), Error> {
    match fs::remove_dir(&asked.ring) {
        Err(source) if matches!(source.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            Err(Error::Unremovable { ring: asked.ring.clone(), source })
        }
        _ => Ok(()),
    }
}

/// Says why the stream has no end.
fn ended(error: PopError, reader: &RingReader, ring: PathBuf) -> Error {
    match error {
        // No successor could find the ring.
        PopError::PeerGone if !reader.still_named() => Error::lost(&ring),
        PopError::PeerGone => Error::SenderDied { ring },
        PopError::Removed => Error::Removed { ring },
        PopError::Replaced => Error::Replaced { ring },
        PopError::Corrupt { check } => Error::Corrupt { ring, check },
        error => Error::system("receive a message")(error.into()),
    }
}

/// Removes the ring, unless another stream is in it or somebody holds it.
fn remove(asked: &Recv) -> Result<(), Error> {
    match remove_drained(&asked.ring, asked.trust.granted()) {
        Ok(true) => {}
        Ok(false) | Err(OpenError::Busy { .. }) => {
            let ring = quoted(&asked.ring);
            complain(&format!("{ring} is not removed: another stream is in it, or a process holds it\n"));
        }
        // The ring is gone already, or another one is in its place: leave that alone.
        Err(OpenError::NotFound { .. } | OpenError::Replaced { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
