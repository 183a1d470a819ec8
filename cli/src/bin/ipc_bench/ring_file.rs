//! The file of the ring: made by this program, and removed by it if it still is the one it made.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ipc_ring::RingOptions;

use crate::args::Options;
use crate::error::Error;

/// The file of the ring, removed when this is dropped. It is held open, so that its inode can become no other file's.
pub struct RingFile {
    path: PathBuf,
    file: File,
}

impl RingFile {
    /// Makes a ring as it is asked for at `path`, where nothing may be. Nobody holds either side of it.
    pub fn create(path: &Path, asked: &Options) -> Result<Self, Error> {
        let &Options { cap, msg_size, fences, .. } = asked;
        let mut options = RingOptions::new();
        // The sides map it themselves.
        options.prefault(false);
        if let Some(fences) = fences {
            options.create_fence_mode(fences.mode());
        }
        let writer = options.create(path, cap)?;
        // The library does not tell which file it made: it is what is at the path this moment.
        let made = Self::held(path).map_err(|error| {
            let _ = fs::remove_file(path);
            Error::System("look at the ring just made", error)
        })?;
        let max = writer.max_message_len();
        if msg_size > max {
            let but = format!("pass a --msg-size of {max} or less, or a larger --cap");
            return Err(Error::Refused(format!(
                "messages of {msg_size} bytes do not fit a ring of {cap} bytes: {but}"
            )));
        }
        // There was no stream, so none ends: the first message stands first in the ring.
        writer.abandon();
        Ok(made)
    }

    /// The ring that is at `path`, made by this program.
    pub fn held(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.into(), file: File::open(path)? })
    }

    /// Whether what is at the path is this file.
    fn is_there(&self) -> io::Result<bool> {
        let (named, held) = (fs::symlink_metadata(&self.path)?, self.file.metadata()?);
        Ok((named.dev(), named.ino()) == (held.dev(), held.ino()))
    }
}

impl Drop for RingFile {
    fn drop(&mut self) {
        if matches!(self.is_there(), Ok(true)) {
            // Whoever may make a file in a directory may remove it; if that changed, there is nothing to be done.
            let _ = fs::remove_file(&self.path);
        }
    }
}
