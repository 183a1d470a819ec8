//! Space for a message, written in place; a commit makes it a message (I15).

use std::fmt;
use std::io;
use std::time::Duration;

use crate::atomics::SpanMut;
use crate::protocol::{Producer, PushError, Record};

/// Reserved space in the ring for one message, to be written and then committed.
///
/// Write the bytes with [`io::Write`], one write after the other, or into [`as_mut_slice`](Self::as_mut_slice). Only
/// [`commit`](Self::commit) makes them a message. Nothing of them reaches the reader if the grant is dropped or
/// forgotten, or if its process dies.
///
/// A grant that is not committed may leave padding: as [`RingWriter::push`](super::RingWriter::push) says, or in the
/// batch that it belongs to.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// use std::io::Write;
///
/// let mut grant = writer.reserve(100, None)?; // at most 100 bytes
/// write!(grant, "{} is {}", "pi", 3.14)?;
/// grant.commit();
///
/// let mut buffer = Vec::new();
/// reader.pop(&mut buffer, None)?;
/// assert_eq!(buffer, b"pi is 3.14");
/// # Ok(())
/// # }
/// ```
#[must_use = "a grant that is dropped publishes nothing: commit it"]
pub struct Grant<'a> {
    payload: SpanMut<'a>,
    len: usize,
    reservation: Reservation<'a>,
}

/// The place that a grant holds as long as it lives.
struct Reservation<'a> {
    producer: &'a mut Producer,
    publication: Publication,
}

/// When a committed message is published.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Publication {
    AtOnce,
    WithTheBatch,
}

impl<'a> Grant<'a> {
    /// Reserves space for a message of up to `len` bytes, waiting for it.
    #[inline]
    pub(super) fn of(
        producer: &'a mut Producer,
        len: usize,
        timeout: Option<Duration>,
        publication: Publication,
    ) -> Result<Self, PushError> {
        let max = producer.endpoint().capacity().max_message_len();
        if len > max {
            return Err(PushError::TooLarge { len, max });
        }
        let record = Record::data(len);
        producer.reserve(record, timeout)?;
        // SAFETY: I3 and I4 (the grant borrows the producer for all of `'a`, and commits once at most).
        let payload = unsafe { producer.payload(record) };
        Ok(Self { payload, len: 0, reservation: Reservation { producer, publication } })
    }

    /// Returns the number of bytes reserved: the length of the longest message.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(writer.reserve(100, None)?.capacity(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn capacity(&self) -> usize {
        self.payload.len()
    }

    /// Returns the number of bytes written so far: the length of the message.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// use std::io::Write;
    ///
    /// let mut grant = writer.reserve(100, None)?;
    /// grant.write_all(b"data")?;
    /// assert_eq!((grant.len(), grant.capacity()), (4, 100));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells whether nothing was written yet: a commit would push an empty message.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// assert!(writer.reserve(100, None)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Shortens the message to `len` bytes, if it is longer.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// use std::io::Write;
    ///
    /// let mut grant = writer.reserve(100, None)?;
    /// grant.write_all(b"data and more")?;
    /// grant.truncate(4);
    /// grant.commit();
    /// let mut buffer = Vec::new();
    /// reader.pop(&mut buffer, None)?;
    /// assert_eq!(buffer, b"data");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Returns all the reserved bytes, in memory that the reader's process maps too.
    ///
    /// They hold what was written to the grant, then what stood there before. From here on all of them count as
    /// [written](Self::len): [`truncate`](Self::truncate) to the bytes that are to be the message.
    ///
    /// # Safety
    /// T7: as long as the slice is used, nobody else stores to bytes that were not published. That is up to the
    /// reader's process and to all others that have the file mapped. And no [`RingView`](crate::RingView) of this
    /// process looks at the ring meanwhile, nor does its [`RingReader`](crate::RingReader) ask for the
    /// [`message_count`](crate::RingReader::message_count): they may read these bytes.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// let mut grant = writer.reserve(100, None)?;
    /// // SAFETY: the reader is this very program, and does nothing meanwhile.
    /// let bytes = unsafe { grant.as_mut_slice() };
    /// bytes[..4].copy_from_slice(b"data");
    /// grant.truncate(4);
    /// grant.commit();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        self.len = self.payload.len();
        // SAFETY: T7, which the caller promises.
        unsafe { self.payload.as_mut_slice() }
    }

    /// Makes the bytes written a message and publishes it. Never blocks.
    ///
    /// A grant of a batch becomes a part of the batch, and is published with it. Reserved bytes that were not written
    /// are free again.
    ///
    /// # Crashes
    /// A crash before this returns leaves the message in the ring as a whole, or not at all.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// use std::io::Write;
    ///
    /// let mut grant = writer.reserve(100, None)?;
    /// grant.write_all(b"data")?;
    /// grant.commit();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn commit(self) {
        let Grant { payload, len, reservation } = self;
        payload.finish();
        reservation.commit(Record::data(len));
    }
}

impl Reservation<'_> {
    #[inline]
    fn commit(self, record: Record) {
        self.producer.commit(record);
        if self.publication == Publication::AtOnce {
            self.producer.publish();
        }
    }
}

impl Drop for Reservation<'_> {
    /// Takes back padding that was not published, if the grant was not committed.
    ///
    /// In a batch it stays: there, earlier messages are not published either, and must not be taken back.
    #[inline]
    fn drop(&mut self) {
        if self.publication == Publication::AtOnce {
            self.producer.retreat();
        }
    }
}

impl fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("len", &self.len).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

impl io::Write for Grant<'_> {
    /// Copies `bytes` after those written before, as far as there is space.
    ///
    /// Returns how many it copied. The number is 0 when the space is used up. [`write_all`](io::Write::write_all) makes
    /// an error of kind `WriteZero` of that.
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.payload.len() - self.len);
        // SAFETY: I2 (`len` bytes are left of the payload).
        unsafe { self.payload.write(self.len, &bytes[..len]) };
        self.len += len;
        Ok(len)
    }

    /// Does nothing: only [`commit`](Grant::commit) publishes what was written.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
