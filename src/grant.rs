//! A message that is filled where it will stand, and is one when it is committed, not before (I15).

use std::fmt;
use std::io;
use std::time::Duration;

use crate::atomics::SpanMut;
use crate::error::PushError;
use crate::record::Record;
use crate::writer::RingWriter;

/// Space in the ring for one message, to be filled and then committed.
///
/// What is written to it ([`io::Write`]) is copied behind what was written before. The bytes themselves can be had too,
/// by [`trust_peer`](Self::trust_peer). Nothing of it reaches the reader before [`commit`](Self::commit): a grant that
/// is dropped or forgotten, or whose process dies, leaves the ring as it was, but for padding: that may have gone ahead
/// alone as [`RingWriter::push`] says, and in a batch it goes with the batch.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// use std::io::Write;
///
/// let mut grant = writer.reserve(100, None)?; // at most 100 bytes
/// write!(grant, "{} is {}", "pi", 3.14)?;
/// let used = grant.filled();
/// grant.commit(used);
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
    filled: usize,
    reservation: Reservation<'a>,
}

/// The place that a grant holds, for as long as it does.
struct Reservation<'a> {
    writer: &'a mut RingWriter,
    publication: Publication,
}

/// When a committed message is handed over to the reader.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Publication {
    AtOnce,
    WithTheBatch,
}

impl<'a> Grant<'a> {
    /// Reserves space for a message of up to `len` bytes, waiting for it.
    pub(crate) fn of(
        writer: &'a mut RingWriter,
        len: usize,
        timeout: Option<Duration>,
        publication: Publication,
    ) -> Result<Self, PushError> {
        let max = writer.max_message_len();
        if len > max {
            return Err(PushError::TooLarge { len, max });
        }
        let record = Record::data(len);
        writer.reserve_record(record, timeout)?;
        // SAFETY: I3 and I4 (the grant borrows the writer, for all of `'a`, and commits but once).
        let payload = unsafe { writer.payload(record) };
        Ok(Self { payload, filled: 0, reservation: Reservation { writer, publication } })
    }

    /// The bytes reserved: the longest that the message can be.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// assert_eq!(writer.reserve(100, None)?.len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn len(&self) -> usize {
        self.payload.len()
    }

    /// Whether only an empty message has space here.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// assert!(writer.reserve(0, None)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes written so far; all, once [`trust_peer`](Self::trust_peer) was called.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// use std::io::Write;
    ///
    /// let mut grant = writer.reserve(100, None)?;
    /// grant.write_all(b"data")?;
    /// assert_eq!(grant.filled(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// The bytes of the message to be, where they stand in memory that the reader's process maps too. They hold what
    /// was written to the grant, and then whatever that place of the ring held before, which is published with the
    /// message unless it is overwritten. From here on all of them count as [filled](Self::filled), so nothing can be
    /// written behind them.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// let mut grant = writer.reserve(4, None)?;
    /// // SAFETY: the reader is this very program, and does nothing meanwhile.
    /// unsafe { grant.trust_peer() }.copy_from_slice(b"data");
    /// grant.commit(4);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Safety
    /// T7: the reader's process, and whoever else has the file mapped, keeps to the protocol while the slice is used:
    /// nobody stores to bytes that were not published.
    #[inline]
    pub unsafe fn trust_peer(&mut self) -> &mut [u8] {
        self.filled = self.payload.len();
        // SAFETY: T7, which the caller promises.
        unsafe { self.payload.as_mut_slice() }
    }

    /// Makes the first `used` bytes a message, and publishes it: at once, or with the batch that the grant is of. The
    /// rest of what was reserved is free again. Bytes that were never written are 0, unless
    /// [`trust_peer`](Self::trust_peer) has handed them out.
    ///
    /// Blocks as little as [`RingWriter::push`] does once it has space; a crash before this returns leaves the message
    /// in the ring wholly or not at all.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// use std::io::Write;
    ///
    /// let mut grant = writer.reserve(100, None)?;
    /// grant.write_all(b"data and more")?;
    /// grant.commit(4);
    /// let mut buffer = Vec::new();
    /// reader.pop(&mut buffer, None)?;
    /// assert_eq!(buffer, b"data");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If `used` is more than was reserved. Nothing is published then.
    #[inline]
    pub fn commit(mut self, used: usize) {
        let reserved = self.payload.len();
        assert!(used <= reserved, "{used} bytes were committed, of {reserved} that were reserved");
        if used > self.filled {
            self.fill_with_zeroes(used);
        }
        let Grant { payload, reservation, .. } = self;
        payload.finish();
        reservation.commit(Record::data(used));
    }

    #[cold]
    fn fill_with_zeroes(&mut self, up_to: usize) {
        const ZEROES: [u8; 256] = [0; 256];
        while self.filled < up_to {
            self.append(&ZEROES[..ZEROES.len().min(up_to - self.filled)]);
        }
    }

    /// Copies what there is space for of `bytes` behind what was written before, and returns how many these are.
    #[inline]
    fn append(&mut self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.payload.len() - self.filled);
        // SAFETY: I2 (no more than there is space for).
        unsafe { self.payload.write(self.filled, &bytes[..len]) };
        self.filled += len;
        len
    }
}

impl Reservation<'_> {
    #[inline]
    fn commit(self, record: Record) {
        self.writer.commit(record);
        if self.publication == Publication::AtOnce {
            self.writer.publish();
        }
    }
}

impl Drop for Reservation<'_> {
    /// Takes back what is not published by now: padding, where the grant was not committed. A batch publishes it in any
    /// case, and nothing else may be taken back from there.
    #[inline]
    fn drop(&mut self) {
        if self.publication == Publication::AtOnce {
            self.writer.retreat();
        }
    }
}

impl fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("len", &self.len()).field("filled", &self.filled).finish_non_exhaustive()
    }
}

impl io::Write for Grant<'_> {
    /// Copies `bytes` behind what was written before. Where space has run out this returns less than their number, in
    /// the end 0, which [`write_all`](io::Write::write_all) makes an error of kind `WriteZero`.
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.append(bytes))
    }

    /// Does nothing: what is written reaches the reader by [`commit`](Grant::commit) alone.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
