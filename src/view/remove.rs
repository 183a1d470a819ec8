//! How a ring is removed by a process that holds no side of it.

use std::path::Path;

use super::look;
use super::snapshot::SideState;
use super::waiting::{ViewError, WaitingMessages};
use crate::file::{OpenError, Removal, Trust};

/// Removes the ring at `path`, if no living process holds a side of it.
///
/// Messages that wait in the ring go with it. A damaged ring is removed too, for instance one whose file was truncated.
///
/// Does not wait, except for another removal: for at most 0.1 seconds. This call holds both sides while it removes the
/// ring. A process that attaches meanwhile waits too, for at most 0.1 seconds, then finds the ring gone
/// ([`NotFound`](OpenError::NotFound)). If a side is held, this call holds nothing, and a process can take the other
/// side at any time.
///
/// If another file takes the path meanwhile, that file stays: the ring is renamed before it is removed, and looked at
/// once more. (A sandbox may forbid renaming. Then a file that takes the path in the last instant is removed.)
///
/// # Errors
/// Each leaves the ring as it was.
///
/// - [`OpenError::Busy`]: a living process holds a side, or is removing the ring. End it first.
/// - [`OpenError::NotFound`], [`OpenError::NotARing`]: there is no ring at `path`.
/// - [`OpenError::Incompatible`]: another version of the library made the ring. Only that version can tell whether it
///   lives.
/// - [`OpenError::Untrusted`], [`OpenError::UnsuitableFilesystem`], [`OpenError::Replaced`], [`OpenError::Io`]: as with
///   [`RingReader::open`](crate::RingReader::open).
///
/// # Crashes
/// A crash leaves the ring as it was, or removed, or under a temporary name beside its path (`.ipc_ring.*.old`). Remove
/// that.
///
/// # Examples
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

/// Removes the ring at `path` like [`remove`], but only if all is done with it.
///
/// That is: nobody holds a side, the last writer ended its stream, no message waits, and a reader has passed every end.
/// Returns whether the ring was removed. If not, it is as it was.
///
/// A reader that comes to the end of the stream and wants to leave nothing drops its handle, then calls this. If a
/// writer has attached meanwhile, or has pushed and left, nothing is lost.
///
/// The writer may hold its side for a moment after it has ended its stream. So this call waits if a side is held, for
/// about 0.1 seconds, before it fails with [`OpenError::Busy`].
///
/// # Errors
/// As [`remove`], and [`OpenError::Corrupt`]: nobody knows what the ring holds. Any other damage of the file is an
/// error too. To remove such a ring, call [`remove`].
///
/// # Crashes
/// As [`remove`].
///
/// # Examples
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
    let removal = Removal::of_what_is_left(path, trust)?;
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
