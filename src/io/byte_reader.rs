//! [`io::Read`] and [`io::BufRead`] over a reader: the messages as a stream of bytes.

use std::borrow::BorrowMut;
use std::fmt;
use std::io::{self, BufRead};
use std::time::Duration;

use crate::atomics::Instant;
use crate::protocol::PopError;
use crate::ring::RingReader;

/// A reader's handle for a stream of bytes: each message is read at least once.
///
/// The stream has the bytes of all messages, one message after the other: those of a [`ByteWriter`](crate::ByteWriter),
/// or any others. It does not tell where a message ends. An empty message has no bytes.
///
/// It owns a [`RingReader`], or borrows one as `&mut RingReader`, which can pop again afterwards. The stream ends when
/// the writer has ended it and every byte was read. Once another writer has attached, read again to go on.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let reader = ipc_ring::RingReader::open(&path)?;
/// use std::io::BufRead;
/// use ipc_ring::ByteReader;
///
/// writer.push(b"one line\nand a", None)?;
/// writer.push(b"nother\n", None)?;
/// drop(writer);
///
/// let lines: Result<Vec<String>, _> = ByteReader::new(reader).lines().collect();
/// assert_eq!(lines?, ["one line", "and another"]);
/// # Ok(())
/// # }
/// ```
///
/// # Blocking
/// A read waits for a message only if it has no bytes left to return: for as long as it takes, or as
/// [`set_timeout`](Self::set_timeout) says. It passes over empty messages.
///
/// # Errors
/// No error loses bytes: read again to go on. Each error is one of [`RingReader::pop`], as an [`io::Error`]:
///
/// - `TimedOut`, or `WouldBlock` after a time-out of zero: no message came. Read again.
/// - `ConnectionReset`: the writer died or abandoned the stream. This is not the end of the stream: its last bytes may
///   be missing.
/// - `NotFound`: the ring was removed or replaced. Open the one that is there now.
/// - `InvalidData`: the writer broke the protocol. Drop the handle.
/// - `PermissionDenied`: the handle belongs to this process's parent. Use it there.
///
/// # Crashes
/// A message stays in the ring until all its bytes were [consumed](BufRead::consume). After a crash, a drop or a
/// [`mem::forget`](std::mem::forget) before that, the whole message comes again, also the bytes that were consumed.
///
/// **[`read`](io::Read::read), and what uses it, consumes the bytes that it returns**, before you have dealt with them.
/// If you must not lose bytes, call [`fill_buf`](BufRead::fill_buf), deal with the bytes, then consume them.
pub struct ByteReader<R: BorrowMut<RingReader> = RingReader> {
    reader: R,
    /// A copy of the oldest message, which stays in the ring until all of the copy was consumed.
    buffer: Vec<u8>,
    consumed: usize,
    timeout: Option<Duration>,
}

impl<R: BorrowMut<RingReader>> ByteReader<R> {
    /// Makes a stream from `reader`. Never blocks.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// use std::io::Read;
    ///
    /// writer.push(b"6 byteand a message", None)?;
    /// writer.push(b"a message", None)?;
    /// let mut header = [0; 6];
    /// let mut stream = ipc_ring::ByteReader::new(&mut reader);
    /// stream.read_exact(&mut header)?;
    /// assert_eq!(&header, b"6 byte");
    /// drop(stream); // the message was not consumed to its end: it comes again, all of it
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 19);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), consumed: 0, timeout: None }
    }

    /// Sets how long a read may wait for a message.
    ///
    /// `None`, the default, waits as long as it takes. `Some(d)` is one deadline for the whole read: after an empty
    /// message, the read waits on for the rest of the time. `Some(Duration::ZERO)` tries once, past empty messages, and
    /// the error is of kind `WouldBlock`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let reader = ipc_ring::RingReader::open(&path)?;
    /// use std::io::{ErrorKind, Read};
    /// use std::time::Duration;
    ///
    /// let mut stream = ipc_ring::ByteReader::new(reader);
    /// stream.set_timeout(Some(Duration::from_millis(1)));
    /// assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    /// Returns the bytes that were copied out of the ring and not consumed yet.
    ///
    /// They are still in the ring too. Never blocks.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let reader = ipc_ring::RingReader::open(&path)?;
    /// use std::io::BufRead;
    ///
    /// writer.push(b"data", None)?;
    /// let mut stream = ipc_ring::ByteReader::new(reader);
    /// assert_eq!(stream.buffer(), b"");
    /// stream.fill_buf()?;
    /// stream.consume(1);
    /// assert_eq!(stream.buffer(), b"ata");
    /// # Ok(())
    /// # }
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buffer[self.consumed..]
    }

    /// Returns the reader, to ask for the ring's fill or the reader's position.
    ///
    /// The position is that of the message that is being read.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let reader = ipc_ring::RingReader::open(&path)?;
    /// let stream = ipc_ring::ByteReader::new(reader);
    /// assert_eq!(stream.get_ref().position(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &RingReader {
        self.reader.borrow()
    }

    /// Returns the reader, to take an end for instance.
    ///
    /// A pop through it pops the message that is being read; the buffer keeps its copy.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (writer, reader) = ipc_ring::pair(4096)?;
    /// let mut stream = ipc_ring::ByteReader::new(reader);
    /// assert!(!stream.get_mut().take_end());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut RingReader {
        self.reader.borrow_mut()
    }

    /// Gives the reader back. Never blocks.
    ///
    /// A message that was not consumed to its end comes again as a whole.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (mut writer, reader) = ipc_ring::pair(4096)?;
    /// use std::io::Read;
    ///
    /// writer.push(b"data", None)?;
    /// let mut stream = ipc_ring::ByteReader::new(reader);
    /// stream.read_exact(&mut [0; 2])?;
    /// let mut reader = stream.into_inner();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// Copies the next message that has bytes into the buffer.
    ///
    /// Leaves the buffer empty at the end of the stream.
    fn fill(&mut self) -> io::Result<()> {
        self.consumed = 0;
        self.buffer.clear();
        let waits_for = self.timeout.filter(|timeout| !timeout.is_zero());
        let deadline = waits_for.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut left = self.timeout;
        while self.buffer.is_empty() {
            match self.copy_next(left) {
                Ok(()) if self.buffer.is_empty() => {
                    release(self.reader.borrow_mut());
                    if let Some(deadline) = deadline {
                        let rest = deadline.saturating_duration_since(Instant::now());
                        if rest.is_zero() {
                            return Err(PopError::TimedOut.into());
                        }
                        left = Some(rest);
                    }
                }
                Ok(()) => {}
                Err(PopError::Closed) => break,
                Err(PopError::TimedOut) if self.timeout == Some(Duration::ZERO) => {
                    return Err(io::Error::new(io::ErrorKind::WouldBlock, PopError::TimedOut));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Copies the oldest message into the buffer, waiting for it as `timeout` says.
    fn copy_next(&mut self, timeout: Option<Duration>) -> Result<(), PopError> {
        let message = self.reader.borrow_mut().peek(timeout)?;
        message.copy_to(&mut self.buffer);
        Ok(())
    }
}

/// Releases the oldest message, which the reader has looked at.
fn release(reader: &mut RingReader) {
    // If this fails, so does the next look, which tells why.
    if let Ok(Some(mut batch)) = reader.try_batch(1) {
        batch.messages().next();
        batch.commit();
    }
}

impl<R: BorrowMut<RingReader>> BufRead for ByteReader<R> {
    /// Returns the bytes left of a message, waiting for the next if there are none.
    ///
    /// Returns an empty slice at the end of the stream. The bytes are a copy: no peer can change them. Waits and fails
    /// as the type says.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffer().is_empty() {
            self.fill()?;
        }
        Ok(self.buffer())
    }

    /// Marks `amount` bytes as dealt with, at most those that [`fill_buf`](BufRead::fill_buf) returned.
    ///
    /// Releases the message with its last byte. Never blocks.
    fn consume(&mut self, amount: usize) {
        let left = self.buffer().len();
        self.consumed += amount.min(left);
        if left > 0 && amount >= left {
            release(self.reader.borrow_mut());
        }
    }
}

impl<R: BorrowMut<RingReader>> io::Read for ByteReader<R> {
    /// Copies bytes of one message into `bytes`, as many as fit, and consumes them.
    ///
    /// Returns 0 at the end of the stream. Waits and fails as the type says.
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let len = self.fill_buf()?.read(bytes)?;
        self.consume(len);
        Ok(len)
    }
}

impl<R: BorrowMut<RingReader>> fmt::Debug for ByteReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteReader")
            .field("reader", self.get_ref())
            .field("buffered", &self.buffer().len())
            .finish_non_exhaustive()
    }
}
