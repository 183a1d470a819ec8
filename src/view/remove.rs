//! The end of a ring: removed by who has no part in it.

use std::path::Path;

use super::look;
use super::snapshot::SideState;
use super::waiting::{ViewError, WaitingMessages};
use crate::file::{OpenError, Removal, Trust};

/// Removes the ring at `path`, and with it all that waits in it, if no living process holds a side of it. It is
/// held while it is removed, so that nobody can take a side of a ring that is about to go: who tries meanwhile
/// waits until that is done, and is told that it was [`Replaced`](OpenError::Replaced), or is gone. Where a side
/// lives, nothing is held, and the other can be taken all the while.
///
/// Also a damaged ring is removed, whose file was truncated for instance.
///
/// # Errors
/// The ring is as it was.
///
/// - [`Busy`](OpenError::Busy): a process holds a side; end it first.
/// - [`NotFound`](OpenError::NotFound), [`NotARing`](OpenError::NotARing): there is no ring to be removed.
/// - [`Incompatible`](OpenError::Incompatible): another version of the library made it, and only that one can tell
///   whether it lives.
/// - [`Untrusted`](OpenError::Untrusted), [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem),
///   [`Replaced`](OpenError::Replaced), [`Io`](OpenError::Io): as with [`RingReader::open`](crate::RingReader::open).
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{OpenError, RingWriter, Trust};
///
/// let writer = RingWriter::create(&path, 4096)?;
/// assert!(matches!(ipc_ring::remove(&path, Trust::new()), Err(OpenError::Busy { .. })));
/// drop(writer);
/// ipc_ring::remove(&path, Trust::new())?;
/// assert!(!path.exists());
/// # Ok(())
/// # }
/// ```
pub fn remove(path: impl AsRef<Path>, trust: Trust) -> Result<(), OpenError> {
    Removal::of(path.as_ref(), trust)?.carry_out()
}

/// As [`remove`], but only a ring with which all is done: its last writer ended its stream, and no
/// message waits, nor an end that nobody has come to. Whether it is removed; where it is not, it is as it was.
///
/// For a reader that comes to the end of the stream and wants nothing to be left: it drops its handle and calls
/// this. A writer that attached meanwhile, or pushed and left, is not lost.
///
/// # Errors
/// As there. A damaged ring is an error, too: nobody knows what it holds.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{PopError, RingReader, RingWriter, Trust};
///
/// let mut writer = RingWriter::create(&path, 4096)?;
/// writer.push(b"data", None)?;
/// drop(writer);
/// assert!(!ipc_ring::remove_drained(&path, Trust::new())?);
///
/// let mut reader = RingReader::open(&path)?;
/// let mut buffer = Vec::new();
/// while reader.pop(&mut buffer, None) != Err(PopError::Closed) {}
/// drop(reader);
/// assert!(ipc_ring::remove_drained(&path, Trust::new())?);
/// # Ok(())
/// # }
/// ```
pub fn remove_drained(path: impl AsRef<Path>, trust: Trust) -> Result<bool, OpenError> {
    let path = path.as_ref();
    let removal = Removal::of(path, trust)?;
    let ring = removal.viewed()?;
    let is_done = match WaitingMessages::of(&ring, 1).next() {
        Some(Err(ViewError::Corrupt { check })) => return Err(OpenError::Corrupt { path: path.into(), check }),
        Some(_) => false,
        None => {
            let seen = look::snapshot(&ring);
            seen.writer.state == SideState::Closed && seen.used_bytes == 0
        }
    };
    if is_done {
        removal.carry_out()?;
    }
    Ok(is_done)
}
