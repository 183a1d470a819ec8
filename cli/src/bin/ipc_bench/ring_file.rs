//! The file of a ring: this program creates it, and removes it if it is still the same file.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ipc_ring::RingOptions;

use crate::args::Options;
use crate::error::Error;

/// The file of a ring, which is removed on drop. It stays open, so that no other file can get its inode.
pub struct RingFile {
    path: PathBuf,
    file: File,
}

impl RingFile {
    /// Creates a ring at `path`, where nothing may be yet. Afterwards nobody holds a side of it.
    pub fn create(path: &Path, asked: &Options) -> Result<Self, Error> {
        let &Options { cap, msg_size, fences, .. } = asked;
        let mut options = RingOptions::new();
        // The sides prefault their own mappings.
        options.prefault(false);
        if let Some(fences) = fences {
            options.create_fence_mode(fences.mode());
        }
        let writer = options.create(path, cap)?;
        // The library does not say which file it created: it is the one at the path at this moment.
        let made = Self::held(path).map_err(|error| {
            let _ = fs::remove_file(path);
            Error::System("look at the ring just made", error)
        })?;
        let max = writer.max_message_len();
        if msg_size > max {
            let remedy = format!("pass a --msg-size of {max} or less, or a larger --cap");
            return Err(Error::Refused(format!(
                "messages of {msg_size} bytes do not fit a ring of {cap} bytes: {remedy}"
            )));
        }
        // Leave no end of a stream: the first message has to be the first record of the ring.
        writer.abandon();
        Ok(made)
    }

    /// Opens the ring at `path`, which this program has created.
    pub fn held(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.into(), file: File::open(path)? })
    }

    /// Returns whether the file at the path is this one.
    fn is_there(&self) -> io::Result<bool> {
        let (named, held) = (fs::symlink_metadata(&self.path)?, self.file.metadata()?);
        Ok((named.dev(), named.ino()) == (held.dev(), held.ino()))
    }
}

impl Drop for RingFile {
    fn drop(&mut self) {
        if matches!(self.is_there(), Ok(true)) {
            // Whoever may create a file in a directory may also remove it. If that has changed, the file stays.
            let _ = fs::remove_file(&self.path);
        }
    }
}
