//! A ring's id: a name that stays the same wherever its file is moved.

use core::fmt;

/// A ring's id: 128 random bits, drawn when the ring is created. It is shown in hexadecimal.
///
/// A path may later name another ring. An id names the same ring until its file is gone. Whoever may read the file can
/// read the id, and whoever copies the file copies the id with it.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{RingReader, RingWriter};
///
/// let writer = RingWriter::create(&path, 4096)?;
/// let noted = writer.id();
/// assert_eq!(RingReader::open(&path)?.id(), noted);
/// assert_eq!(noted.to_string().len(), 32);
///
/// drop(writer);
/// std::fs::remove_file(&path)?;
/// assert_ne!(RingWriter::create(&path, 4096)?.id(), noted); // another ring by the same path
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RingId([u8; 16]);

impl RingId {
    /// The id of a ring without a file, which no other process could find.
    pub(crate) const NONE: Self = Self([0; 16]);

    pub(crate) const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bits as they stand in the file.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// let id = ipc_ring::RingWriter::create(&path, 4096)?.id();
    /// assert_eq!(id.to_string()[..2], format!("{:02x}", id.to_bytes()[0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for RingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RingId({self})")
    }
}
