//! A message where it stands in the ring.

use core::fmt;

use crate::atomics::Span;
use crate::protocol::{BufferTooSmall, Position};

/// A message that stays in the ring as long as this is in use.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// writer.push(b"data", None)?;
/// let message = reader.peek(None)?;
/// assert_eq!(message.len(), 4);
/// let mut copy = Vec::new();
/// message.copy_to(&mut copy);
/// assert_eq!(copy, b"data");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Message<'a> {
    payload: Span<'a>,
    end: Position,
}

impl<'a> Message<'a> {
    #[inline]
    pub(super) fn of((payload, end): (Span<'a>, Position)) -> Self {
        Self { payload, end }
    }

    /// Returns the length of the message in bytes.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.peek(None)?.len(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.payload.len()
    }

    /// Tells whether the message has no bytes.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"", None)?;
    /// assert!(reader.peek(None)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the position at which the message ends, modulo 2^64.
    ///
    /// It counts the bytes ever written to the ring up to here, headers, padding and ends of streams included. No other
    /// message of the ring ends at the same position: a program that stores it can tell a message that comes again.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// let noted = reader.peek(None)?.position();
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert_eq!(reader.position(), noted);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn position(&self) -> u64 {
        self.end.get()
    }

    /// Replaces the contents of `buffer` by a copy of the message.
    ///
    /// The buffer grows if it is too small, and keeps its allocation.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// let mut buffer = b"what was in it before".to_vec();
    /// reader.peek(None)?.copy_to(&mut buffer);
    /// assert_eq!(buffer, b"data");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn copy_to(&self, buffer: &mut Vec<u8>) {
        self.payload.copy_to(buffer);
    }

    /// Returns a copy of the message.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.peek(None)?.to_vec(), b"data");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_vec(&self) -> Vec<u8> {
        let mut copy = Vec::new();
        self.copy_to(&mut copy);
        copy
    }

    /// Copies the message to the beginning of `buffer`, and returns that part.
    ///
    /// The rest of the buffer is as it was.
    ///
    /// # Errors
    /// [`BufferTooSmall`]: the message is longer than the buffer. Nothing is copied.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// let mut buffer = [0; 100];
    /// assert_eq!(reader.peek(None)?.copy_to_slice(&mut buffer)?, b"data");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn copy_to_slice<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b mut [u8], BufferTooSmall> {
        copy_to_slice(&self.payload, buffer)
    }

    /// Returns the bytes of the message, in memory that the writer's process maps too.
    ///
    /// # Safety
    /// T7: for all of `'a`, nobody stores to bytes that were published and not released. That is up to the writer's
    /// process and to all others that have the file mapped.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// writer.push(b"data", None)?;
    /// let message = reader.peek(None)?;
    /// // SAFETY: the writer is this very program, and pushes nothing meanwhile.
    /// assert_eq!(unsafe { message.as_slice() }, b"data");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub unsafe fn as_slice(&self) -> &'a [u8] {
        // SAFETY: T7, which the caller promises.
        unsafe { self.payload.as_slice() }
    }
}

/// Copies `payload` to the beginning of `buffer`.
#[inline]
pub(super) fn copy_to_slice<'b>(payload: &Span<'_>, buffer: &'b mut [u8]) -> Result<&'b mut [u8], BufferTooSmall> {
    let (len, given) = (payload.len(), buffer.len());
    let copy = buffer.get_mut(..len).ok_or(BufferTooSmall { len, given })?;
    payload.copy_to_slice(copy);
    Ok(copy)
}

impl fmt::Debug for Message<'_> {
    /// Shows length and position, not the bytes: those are in memory that the peer shares.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("len", &self.len()).field("position", &self.position()).finish_non_exhaustive()
    }
}
