//! The input of `ring send`: a file or standard input, read as soon as there is anything.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use crate::apart::keep_apart;
use crate::error::Error;
use crate::quoted::quoted;
use crate::standard::Standard;
use crate::stop::Stop;

/// How long to wait for more input before looking after other things.
const MEANWHILE: Duration = Duration::from_secs(1);
/// The names of standard input.
const STANDARD: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
/// The most bytes to read at once.
const PIECE: usize = 256 << 10;

/// An input, and the bytes that were read and not consumed.
pub struct Input {
    file: File,
    buffer: Vec<u8>,
    /// Where in the buffer the unread bytes begin and end.
    begin: usize,
    end: usize,
}

impl Input {
    /// Opens the file at `path`, or standard input by any of its names.
    ///
    /// Waits as long as the file needs, as a FIFO does until somebody opens it for writing.
    pub fn open(path: &Path, stop: &Stop) -> Result<Self, Error> {
        let failed = |error| Error::system(format!("read {}", quoted(path)))(error);
        let file = match STANDARD.iter().any(|name| path == Path::new(name)) {
            true => Standard::Input.file()?,
            false => {
                let path = path.to_path_buf();
                stop.unless_asked(|| File::open(path))?.map_err(failed)?
            }
        };
        // A directory can be opened and not read: refuse it before a ring is created for it.
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(failed(ErrorKind::IsADirectory.into()));
        }
        Ok(Self { file, buffer: vec![0; PIECE], begin: 0, end: 0 })
    }

    /// Returns an error if the input is the ring itself.
    pub fn is_not(&self, ring: &Path) -> Result<(), Error> {
        keep_apart(ring, &self.file, "input")
    }

    /// Returns the bytes that were read and not consumed.
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    /// Consumes this many of the unread bytes.
    pub fn consume(&mut self, bytes: usize) {
        self.begin += bytes;
    }

    /// Waits for more bytes, and reads what is there. Returns false at the end of the input.
    ///
    /// Calls `meanwhile` first, and again each second.
    pub fn fill(&mut self, stop: &Stop, mut meanwhile: impl FnMut() -> Result<(), Error>) -> Result<bool, Error> {
        self.make_room();
        loop {
            meanwhile()?;
            if !stop.wait_to_read(self.file.as_fd(), MEANWHILE)? {
                continue;
            }
            match self.file.read(&mut self.buffer[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                Err(error) => return Err(Error::system("read the input")(error)),
            }
        }
    }

    /// Makes room for a piece, or for half of what is unread if that is more: a message may be longer than a piece.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        let room = PIECE.max(self.end / 2);
        if self.buffer.len() - self.end < room / 2 {
            self.buffer.resize(self.end + room, 0);
        }
    }
}
