//! A ring that is the input or the output of the same command: what is written would go into the ring's file, and what
//! is read would come from it. Refused before anything is.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Error;

/// An error where the ring's file is `file`, which is `what` of this command, or where errors go. By whatever name: the
/// device and the inode tell.
pub fn keep_apart(ring: &Path, file: &File, what: &'static str) -> Result<(), Error> {
    keep_errors_apart(ring)?;
    match is_at(file, ring) {
        true => Err(Error::Itself { ring: ring.into(), what }),
        false => Ok(()),
    }
}

/// An error where errors go into the ring's file: one that is told nowhere.
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
