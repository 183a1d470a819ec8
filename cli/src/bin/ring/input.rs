//! What is sent: a file or the standard input, read in large pieces as soon as there is any.

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

/// How long more is waited for before there is something else to be done.
const MEANWHILE: Duration = Duration::from_secs(1);
/// What the standard input is called.
const STANDARD: [&str; 4] = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
/// How much is read at once, if there is as much.
const PIECE: usize = 256 << 10;

/// An input, and what was read of it and not dealt with.
pub struct Input {
    file: File,
    buffer: Vec<u8>,
    /// Where in the buffer that begins and ends.
    begin: usize,
    end: usize,
}

impl Input {
    /// The input at `path`, by whatever name it is the standard input. What is opened may take as long as it likes, as
    /// a FIFO does until somebody writes to it.
    pub fn open(path: &Path, stop: &Stop) -> Result<Self, Error> {
        let failed = |error| Error::system(format!("read {}", quoted(path)))(error);
        let file = match STANDARD.iter().any(|name| path == Path::new(name)) {
            true => Standard::Input.file()?,
            false => {
                let path = path.to_path_buf();
                stop.unless_asked(|| File::open(path))?.map_err(failed)?
            }
        };
        // What can be opened and not read is known before a ring is made for it.
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(failed(ErrorKind::IsADirectory.into()));
        }
        Ok(Self { file, buffer: vec![0; PIECE], begin: 0, end: 0 })
    }

    /// An error where it is the ring itself.
    pub fn is_not(&self, ring: &Path) -> Result<(), Error> {
        keep_apart(ring, &self.file, "input")
    }

    /// What was read and not dealt with.
    pub fn unread(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    /// So many bytes of that were dealt with.
    pub fn consume(&mut self, bytes: usize) {
        self.begin += bytes;
    }

    /// Waits for more, and reads as much as there is. Whether there was anything before the end. Does what there is to
    /// be done `meanwhile`, at once and each second.
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

    /// Makes room for a piece, or for half as much again as is there: a message may be longer than a piece.
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
