//! What is sent: a file or the standard input, read in large pieces as soon as there is any.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::quoted::quoted;
use crate::stop::Stop;

/// How long more is waited for before there is something else to be done.
const MEANWHILE: Duration = Duration::from_secs(1);
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
    /// The input at `path`; `-` is the standard input.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let opened = match path == Path::new("-") {
            true => io::stdin().as_fd().try_clone_to_owned().map(File::from),
            false => File::open(path),
        };
        // What can be opened and not read is known before a ring is made for it.
        let no_directory = |file: File| match file.metadata()?.is_dir() {
            true => Err(ErrorKind::IsADirectory.into()),
            false => Ok(file),
        };
        let file = opened.and_then(no_directory).map_err(Error::system(format!("read {}", quoted(path))))?;
        Ok(Self { file, buffer: vec![0; PIECE], begin: 0, end: 0 })
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
