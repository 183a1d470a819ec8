//! The standard output, as one that may be slow, or gone.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use crate::error::Error;
use crate::stop::Stop;

/// The most that is written at once: what a pipe has room for.
const PIECE: usize = 64 << 10;

/// The standard output, without a buffer.
pub struct Output(File);

impl Output {
    pub fn new() -> Result<Self, Error> {
        let output = io::stdout().as_fd().try_clone_to_owned();
        output.map(|output| Self(File::from(output))).map_err(Error::output)
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
}

/// Prints a text.
pub fn print(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::output)
}
