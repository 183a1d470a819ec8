//! [`io::Read`] and [`io::BufRead`] over a reader: the messages, one after the other, as a stream of bytes.

use std::borrow::BorrowMut;
use std::fmt;
use std::io::{self, BufRead};
use std::time::Duration;

use crate::atomics::Instant;
use crate::protocol::PopError;
use crate::ring::RingReader;

/// Reads the bytes of a ring as a stream, at least once: a message is released with its last byte that is consumed.
///
/// The bytes are those of all messages, one message after the other: what [`ByteWriter`](crate::ByteWriter) wrote
/// at the other end, or any other messages. Where one ended and the next began cannot be told; an empty one has no
/// bytes.
///
/// It is made of a [`RingReader`], which it keeps, or of a `&mut RingReader`, which can pop again afterwards.
/// The stream ends where the writer closed its end and everything was read. Should another writer attach, reading again
/// goes on with what that one wrote.
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
/// **Blocking.** A read that has nothing of a message left waits for the next one: for as long as it takes, or as
/// [`set_timeout`](Self::set_timeout) says, empty messages or not. It never waits for more than it needs to return
/// something.
///
/// **Errors** are those of [`RingReader::pop`], as [`io::Error`]s: `TimedOut`, `WouldBlock` after a time-out of zero,
/// `ConnectionReset` where the writer's process died (which is not the end of the stream: its last bytes may be
/// missing), `InvalidData` where the writer broke the protocol. Nothing is lost by an error: reading again goes on.
///
/// **What a crash does.** A message stays in the ring until all of its bytes were [consumed](BufRead::consume). Should
/// this process die before that, or drop or forget this, the whole message comes again, to the next reader, those of
/// its bytes included that were consumed: at least once, by whole messages. Should it die later, they are gone.
/// **`read`, and what is made of it, consumes what it returns** before the caller has dealt with it: so who must not
/// lose bytes uses [`fill_buf`](BufRead::fill_buf), deals with them, then consumes them.
pub struct ByteReader<R: BorrowMut<RingReader> = RingReader> {
    reader: R,
    /// A copy of the oldest message in the ring, which stays there until all of this was consumed.
    buffer: Vec<u8>,
    consumed: usize,
    timeout: Option<Duration>,
}

impl<R: BorrowMut<RingReader>> ByteReader<R> {
    /// The stream of the bytes that come from `reader`. Never blocks.
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

    /// How long a read may wait for a message, as [`RingReader::pop`] has it: `None`, as it is at first, for as long as
    /// it takes; zero not at all, and then the error is of kind `WouldBlock`.
    ///
    /// It is one deadline for the whole read. An empty message has no bytes, so a read passes over it and waits on for
    /// what is left of its time; where nothing is, it has timed out. With zero it passes over those that are there.
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

    /// The bytes that were copied out of the ring and not consumed yet; they are in the ring still. Never blocks.
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

    /// The reader, to be asked how full the ring is, or where it stands: at the message that is being read.
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

    /// The reader. Popping by it takes the message that is being read, of which the buffer keeps its copy.
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

    /// Gives the reader back. A message that was not consumed to its end comes again, all of it. Never blocks.
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

    /// Copies the next message that has bytes into the buffer; leaves that empty where the stream has ended.
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

    /// Copies the oldest message into the buffer, waiting for it as long as `timeout` says.
    fn copy_next(&mut self, timeout: Option<Duration>) -> Result<(), PopError> {
        let message = self.reader.borrow_mut().peek(timeout)?;
        message.copy_to(&mut self.buffer);
        Ok(())
    }
}

/// Releases the oldest message, at which the reader has looked.
fn release(reader: &mut RingReader) {
    // Where it cannot be had any more, the reader's failure is told by the next look.
    if let Ok(Some(mut batch)) = reader.try_batch(1) {
        batch.messages().next();
        batch.commit();
    }
}

impl<R: BorrowMut<RingReader>> BufRead for ByteReader<R> {
    /// What is left of the message that is being read, or else the next one, waiting for it; empty at the end of the
    /// stream. It is a copy: no peer can change it any more.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffer().is_empty() {
            self.fill()?;
        }
        Ok(self.buffer())
    }

    /// Takes `amount` bytes for dealt with, at most those that [`fill_buf`](BufRead::fill_buf) returned. With a
    /// message's last byte it is released to the writer. Never blocks.
    fn consume(&mut self, amount: usize) {
        let left = self.buffer().len();
        self.consumed += amount.min(left);
        if left > 0 && amount >= left {
            release(self.reader.borrow_mut());
        }
    }
}

impl<R: BorrowMut<RingReader>> io::Read for ByteReader<R> {
    /// Copies what is left of a message into `bytes`, as far as it fits, and consumes that; 0 at the end of the stream.
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
