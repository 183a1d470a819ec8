//! Standard output, which may be slow or closed, and the messages on standard error. No other module writes to them.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::apart::keep_apart;
use crate::error::Error;
use crate::standard::Standard;
use crate::stop::Stop;

/// The most bytes to write at once: the size of a pipe's buffer.
const PIECE: usize = 64 << 10;
/// How often to ask whether anybody still reads the output, while there is nothing to write.
const LOOKS_EVERY: Duration = Duration::from_millis(100);

/// The most bytes that a pipe takes without blocking, once `poll` says that it takes any.
const LINE: usize = 4 << 10;

/// Standard output, unbuffered.
pub struct Output(File);

impl Output {
    /// Returns the output, or an error if it is closed. Call this before doing anything that needs it.
    pub fn new() -> Result<Self, Error> {
        Standard::Output.file().map(Self)
    }

    /// Returns an error if the output is the ring itself.
    pub fn is_not(&self, ring: &Path) -> Result<(), Error> {
        keep_apart(ring, &self.0, "output")
    }

    /// Writes all bytes. `Ok` means that the output has taken them.
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

    /// Prints a text, for a command that any signal may end at once.
    pub fn print(&mut self, text: &str) -> Result<(), Error> {
        self.write_all(text.as_bytes(), &Stop::at_once())
    }

    /// Returns an error if nobody reads the output any more. Writes nothing.
    pub fn check(&self) -> Result<(), Error> {
        match Stop::is_hung_up(self.0.as_fd()) {
            true => Err(Error::OutputClosed),
            false => Ok(()),
        }
    }

    /// Waits for this time, or returns an error as soon as nobody reads the output any more.
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

/// Prints on standard error. Waits until that takes the text, or a signal asks to stop.
pub fn complain(text: &str) {
    let (mut stderr, mut bytes) = (io::stderr(), text.as_bytes());
    while !bytes.is_empty() {
        if Stop::current().wait_to_write(stderr.as_fd()).is_err() && !Stop::takes_more(stderr.as_fd()) {
            return;
        }
        match stderr.write(&bytes[..bytes.len().min(LINE)]) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            // Standard error is gone, so there is nobody to tell.
            Err(_) => return,
        }
    }
}
