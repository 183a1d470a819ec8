//! A message that is filled where it will stand, and is one when it is committed, not before (I15).

use std::fmt;
use std::io;
use std::time::Duration;

use crate::atomics::SpanMut;
use crate::protocol::{Producer, PushError, Record};

/// Space in the ring for one message, to be filled and then committed.
///
/// What is written to it ([`io::Write`]) is copied after what was written before. The bytes themselves can be had too,
/// by [`as_mut_slice`](Self::as_mut_slice). Nothing of it reaches the reader before [`commit`](Self::commit): a grant
/// that is dropped or forgotten, or whose process dies, leaves the ring as it was, but for padding: that may have
/// gone ahead alone as [`RingWriter::push`](super::RingWriter::push) says, and in a batch it goes with the batch.
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

/// The place that a grant holds, for as long as it does.
struct Reservation<'a> {
    producer: &'a mut Producer,
    publication: Publication,
}

/// When a committed message is handed over to the reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Publication {
    AtOnce,
    WithTheBatch,
}

impl<'a> Grant<'a> {
    /// Reserves space for a message of up to `len` bytes, waiting for it.
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
        // SAFETY: I3 and I4 (the grant borrows the producer, for all of `'a`, and commits but once).
        let payload = unsafe { producer.payload(record) };
        Ok(Self { payload, len: 0, reservation: Reservation { producer, publication } })
    }

    /// The bytes reserved: the longest that the message can be.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(writer.reserve(100, None)?.capacity(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.payload.len()
    }

    /// The bytes written so far: those that a commit makes a message of.
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
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written yet: a commit would push the empty message.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// assert!(writer.reserve(100, None)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what was written after the first `len` bytes; nothing, if there are no more.
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
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// All of the bytes reserved, where they stand in memory that the reader's process maps too. They hold what was
    /// written to the grant, and then whatever that place of the ring held before. From here on all of them count as
    /// [written](Self::len): [`truncate`](Self::truncate) to those that are to be the message.
    ///
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
    ///
    /// # Safety
    /// T7: the reader's process, and whoever else has the file mapped, keeps to the protocol while the slice is used:
    /// nobody stores to bytes that were not published. Nor does a [`RingView`](crate::RingView) of this process look at
    /// messages meanwhile: it may read where they were.
    #[inline]
    pub unsafe fn as_mut_slice(&mut self) -> &mut [u8] {
        self.len = self.payload.len();
        // SAFETY: T7, which the caller promises.
        unsafe { self.payload.as_mut_slice() }
    }

    /// Makes the bytes written a message, and publishes it: at once, or with the batch that the grant is of. The rest
    /// of what was reserved is free again.
    ///
    /// Blocks as little as [`RingWriter::push`](super::RingWriter::push) does once it has space; a crash before this
    /// returns leaves the message in the ring wholly or not at all.
    ///
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
    /// Takes back what is not published by now: padding, where the grant was not committed. A batch publishes it in any
    /// case, and nothing else may be taken back from there.
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
    /// Copies `bytes` after what was written before. Where space has run out this returns less than their number, in
    /// the end 0, which [`write_all`](io::Write::write_all) makes an error of kind `WriteZero`.
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(self.payload.len() - self.len);
        // SAFETY: I2 (no more than there is space for).
        unsafe { self.payload.write(self.len, &bytes[..len]) };
        self.len += len;
        Ok(len)
    }

    /// Does nothing: what is written reaches the reader by [`commit`](Grant::commit) alone.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
