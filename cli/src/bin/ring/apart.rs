//! Refuses a ring that is the input or output of the same command, before anything is read or written.
//!
//! Otherwise the command would write its output over the ring, or send the bytes of the ring's file.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Error;

/// Returns an error if the ring is `file`, the `what` of this command, or if it is standard error.
///
/// The device and the inode are compared, so the name does not matter.
pub fn keep_apart(ring: &Path, file: &File, what: &'static str) -> Result<(), Error> {
    keep_errors_apart(ring)?;
    match is_at(file, ring) {
        true => Err(Error::Itself { ring: ring.into(), what }),
        false => Ok(()),
    }
}

/// Returns an error if standard error is the ring. That error is not printed.
pub fn keep_errors_apart(ring: &Path) -> Result<(), Error> {
    let errors = io::stderr().as_fd().try_clone_to_owned();
    match errors.is_ok_and(|errors| is_at(&File::from(errors), ring)) {
        true => Err(Error::ErrorsIntoTheRing),
        false => Ok(()),
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: Metadata| metadata.is_file().then(|| (metadata.dev(), metadata.ino()));
    let there = fs::metadata(path).ok().and_then(identity);
    there.is_some() && file.metadata().ok().and_then(identity) == there
}
