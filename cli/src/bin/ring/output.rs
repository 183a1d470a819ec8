//! The standard output, as one that may be slow, or gone: the only way to it. And where errors are told.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::apart::keep_apart;
use crate::error::Error;
use crate::standard::Standard;
use crate::stop::Stop;

/// The most that is written at once: what a pipe has room for.
const PIECE: usize = 64 << 10;
/// How often somebody who has nothing to write asks whether it would be read.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// The most that a pipe takes without a wait, if it takes anything.
const LINE: usize = 4 << 10;

/// The standard output, without a buffer.
pub struct Output(File);

impl Output {
    /// The output, if it is there. To be asked for before anything is done that it is needed for.
    pub fn new() -> Result<Self, Error> {
        Standard::Output.file().map(Self)
    }

    /// An error where it is the ring itself.
    pub fn is_not(&self, ring: &Path) -> Result<(), Error> {
        keep_apart(ring, &self.0, "output")
    }

    /// Writes all of it. Once this returns `Ok`, the output has taken it.
    pub fn write_all(&mut self, mut bytes: &[u8], stop: &Stop) -> Result<(), Error> {
        while !bytes.is_empty() {
            stop.wait_to_write(self.0.as_fd())?;
            match self.0.write(&bytes[..bytes.len().min(PIECE)]) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(error) => return Err(Error::output(error)),
            }
        }
        Ok(())
    }

    /// Prints a text, for a command that leaves nothing undone wherever a signal ends it.
    pub fn print(&mut self, text: &str) -> Result<(), Error> {
        self.write_all(text.as_bytes(), &Stop::at_once())
    }

    /// An error where nobody reads it any more, though there is nothing to be written yet.
    pub fn check(&self) -> Result<(), Error> {
        match Stop::is_hung_up(self.0.as_fd()) {
            true => Err(Error::OutputClosed),
            false => Ok(()),
        }
    }

    /// Lets some time pass, as long as somebody reads it.
    pub fn wait_for(&self, time: Duration, stop: &Stop) -> Result<(), Error> {
        let begin = Instant::now();
        loop {
            self.check()?;
            match time.checked_sub(begin.elapsed()) {
                None | Some(Duration::ZERO) => return Ok(()),
                Some(left) => stop.wait_for(left.min(LOOKS_EVERY))?,
            }
        }
    }
}

/// Tells something on stderr. Waits until that takes it, as long as nobody asks for the end.
pub fn complain(text: &str) {
    let (mut stderr, mut bytes) = (io::stderr(), text.as_bytes());
    while !bytes.is_empty() {
        if Stop::current().wait_to_write(stderr.as_fd()).is_err() && !Stop::takes_more(stderr.as_fd()) {
            return;
        }
        match stderr.write(&bytes[..bytes.len().min(LINE)]) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            // Whom to tell that nobody listens?
            Err(_) => return,
        }
    }
}
