//! [`io::Write`] over a writer: a stream of bytes, cut into messages.

use std::borrow::BorrowMut;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::atomics::panicking;
use crate::ring::RingWriter;

/// The size of the standard library's buffers.
const BUFFER: usize = 8 * 1024;
/// Why the writer is still there.
const HELD: &str = "only into_inner takes the writer, and it consumes the stream";

/// A writer's handle for a stream of bytes: implements [`io::Write`].
///
/// **A drop pushes the bytes that are left, forgets an error, and may end the stream.** To learn of the error call
/// [`finish`](ByteWriter::finish); on an error path call [`abandon`](ByteWriter::abandon).
///
/// A `ByteWriter` gathers bytes in a buffer, as [`io::BufWriter`] does. It pushes the buffer as one message when the
/// buffer is full or [flushed](io::Write::flush). A message is never empty. [`ByteReader`](crate::ByteReader) at the
/// other side reads the same bytes; where one write ended and the next began is not kept.
///
/// It owns a [`RingWriter`], or borrows one as `&mut RingWriter`, which can push again afterwards.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// use std::io::Write;
/// use ipc_ring::ByteWriter;
///
/// let mut stream = ByteWriter::new(writer);
/// write!(stream, "{} is ", "pi")?;
/// writeln!(stream, "{}", 3.14)?;
/// assert!(reader.is_empty()); // it is in the buffer
/// stream.flush()?; // now it is in the ring
///
/// let mut message = Vec::new();
/// reader.pop(&mut message, None)?;
/// assert_eq!(message, b"pi is 3.14\n");
/// # Ok(())
/// # }
/// ```
///
/// # Blocking
/// A push waits for space: for as long as it takes, or as [`set_timeout`](Self::set_timeout) says. A write pushes if
/// the buffer is full, a flush if it is not empty.
///
/// # Errors
/// A write that fails took none of its bytes, and the buffer keeps what it had: both can be tried again. Each error is
/// one of [`RingWriter::push`], as an [`io::Error`]:
///
/// - `BrokenPipe`: the reader left or died. Write again once another reader has come.
/// - `TimedOut`, or `WouldBlock` after a time-out of zero: there was no space. Write again.
/// - `NotFound`: the ring was removed or replaced. Create it anew, or attach to the other file.
/// - `InvalidData`: the reader broke the protocol. Drop the handle.
/// - `PermissionDenied`: the handle belongs to this process's parent. Use it there.
///
/// # Crashes
/// Flushed bytes are in the ring and survive. Bytes in the buffer are lost, as they are after a
/// [`mem::forget`](std::mem::forget). The reader gets the bytes up to the end of some message, never a part of a
/// message.
///
/// # Drop
/// A drop pushes the buffer, and waits for space like a flush: for ever, if there is no time-out and a living reader
/// does not read. While the thread panics it does not wait. Bytes for which there is no space are lost.
///
/// Then it drops the writer, if it owns it, which ends the stream as [`RingWriter`] says. But the stream is not whole
/// if bytes were lost, or if the last push before failed. Then the writer's drop abandons the stream
/// ([`RingWriter::abandon`]), except after [`RingWriter::finish`]. So does the later drop of a borrowed writer.
pub struct ByteWriter<W: BorrowMut<RingWriter> = RingWriter> {
    /// `None` once [`into_inner`](Self::into_inner) has taken it: a drop then does nothing.
    writer: Option<W>,
    buffer: Vec<u8>,
    capacity: usize,
    timeout: Option<Duration>,
    /// Whether the last push failed: the caller may have given the stream up.
    has_failed: bool,
}

impl ByteWriter {
    /// Pushes the buffer and ends the stream.
    ///
    /// The reader gets all the bytes, and learns that these were all. Waits for space like [`flush`](io::Write::flush).
    /// With a borrowed writer, flush, then call [`RingWriter::finish`].
    ///
    /// # Errors
    /// As [`flush`](io::Write::flush). Then the buffer is lost, so the stream is abandoned ([`RingWriter::abandon`]):
    /// the reader gets `ConnectionReset` ([`PopError::PeerGone`](crate::PopError::PeerGone)). To be able to try again,
    /// flush first.
    ///
    /// # Crashes
    /// A crash before this returns leaves the stream without an end, or ended and whole.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let reader = ipc_ring::RingReader::open(&path)?;
    /// use std::io::{Read, Write};
    ///
    /// let mut stream = ipc_ring::ByteWriter::new(writer);
    /// stream.write_all(b"all of it")?;
    /// stream.finish()?;
    /// let mut all = String::new();
    /// ipc_ring::ByteReader::new(reader).read_to_string(&mut all)?;
    /// assert_eq!(all, "all of it");
    /// # Ok(())
    /// # }
    /// ```
    pub fn finish(mut self) -> io::Result<()> {
        let pushed = self.push_what_is_left();
        if pushed.is_ok() {
            self.has_failed = false;
            self.writer_mut().ends_the_stream(true);
        }
        pushed
    }

    /// Leaves the ring without ending the stream: for error paths. Never blocks.
    ///
    /// Pushes the buffer if there is space for it now; else its bytes are lost. The reader learns what it learns from
    /// [`RingWriter::abandon`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let reader = ipc_ring::RingReader::open(&path)?;
    /// use std::io::{ErrorKind, Read, Write};
    ///
    /// let mut stream = ipc_ring::ByteWriter::new(writer);
    /// stream.write_all(b"half of it")?;
    /// stream.abandon();
    /// let mut all = Vec::new();
    /// let error = ipc_ring::ByteReader::new(reader).read_to_end(&mut all).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::ConnectionReset); // and no end
    /// assert_eq!(all, b"half of it");
    /// # Ok(())
    /// # }
    /// ```
    pub fn abandon(mut self) {
        self.timeout = Some(Duration::ZERO);
        self.writer_mut().ends_the_stream(false);
    }
}

impl<W: BorrowMut<RingWriter>> ByteWriter<W> {
    /// Makes a stream from `writer`, with messages of up to 8 KiB. Never blocks.
    ///
    /// If an eighth of the ring is less than 8 KiB, that is the limit.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::io::{self, Write};
    /// use ipc_ring::{ByteWriter, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 1 << 20)?;
    /// let mut stream = ByteWriter::new(&mut writer);
    /// let mut file = std::fs::File::open("/dev/null")?;
    /// io::copy(&mut file, &mut stream)?;
    /// stream.flush()?;
    /// drop(stream);
    /// writer.push(b"a message again", None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(writer: W) -> Self {
        let eighth = writer.borrow().capacity() / 8;
        Self::with_capacity(BUFFER.min(eighth), writer)
    }

    /// Makes a stream from `writer`, with messages of up to `bytes` bytes. Never blocks.
    ///
    /// The limit is at least 1 and at most [`max_message_len`](RingWriter::max_message_len), whatever is given. Larger
    /// messages are fewer. If a message takes more than half of the ring, the two sides take turns.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// use std::io::Write;
    ///
    /// let mut stream = ipc_ring::ByteWriter::with_capacity(4, writer);
    /// stream.write_all(b"123456")?;
    /// stream.flush()?;
    /// let messages: Result<Vec<_>, _> = reader.iter(None).take(2).collect();
    /// assert_eq!(messages?, [&b"1234"[..], b"56"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_capacity(bytes: usize, writer: W) -> Self {
        let capacity = bytes.clamp(1, writer.borrow().max_message_len());
        Self { writer: Some(writer), buffer: Vec::with_capacity(capacity), capacity, timeout: None, has_failed: false }
    }

    /// Sets how long each push may wait for space.
    ///
    /// `None`, the default, waits as long as it takes. `Some(d)` is a deadline for each push of a message, and a write,
    /// flush or drop may push. `Some(Duration::ZERO)` tries once, and the error is of kind `WouldBlock`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::io::{ErrorKind, Write};
    /// use std::time::Duration;
    ///
    /// let writer = ipc_ring::RingWriter::create(&path, 64)?;
    /// let mut stream = ipc_ring::ByteWriter::with_capacity(48, writer);
    /// stream.set_timeout(Some(Duration::ZERO));
    /// stream.write_all(&[1; 92])?; // 48 bytes are in the ring, 44 in the buffer
    /// assert_eq!(stream.flush().unwrap_err().kind(), ErrorKind::WouldBlock);
    /// assert_eq!(stream.buffer(), [1; 44]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    /// Returns the bytes that were written and are not in the ring yet.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// use std::io::Write;
    ///
    /// let mut stream = ipc_ring::ByteWriter::new(writer);
    /// stream.write_all(b"data")?;
    /// assert_eq!(stream.buffer(), b"data");
    /// stream.flush()?;
    /// assert_eq!(stream.buffer(), b"");
    /// # Ok(())
    /// # }
    /// ```
    pub fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// Returns the writer, to ask for the ring's fill or the writer's position.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// let stream = ipc_ring::ByteWriter::new(writer);
    /// assert!(stream.get_ref().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_ref(&self) -> &RingWriter {
        self.writer.as_ref().expect(HELD).borrow()
    }

    /// Returns the writer, to push messages or to count them.
    ///
    /// A message pushed through it comes before the bytes in the buffer: flush first.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (writer, mut reader) = ipc_ring::pair(4096)?;
    /// use std::io::Write;
    ///
    /// let mut stream = ipc_ring::ByteWriter::new(writer);
    /// stream.write_all(b"data")?;
    /// stream.flush()?;
    /// stream.get_mut().push(b"a message of its own", None)?;
    /// assert_eq!(reader.iter(None).take(2).count(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_mut(&mut self) -> &mut RingWriter {
        self.writer_mut()
    }

    /// Pushes the buffer and gives the writer back. Waits like [`flush`](io::Write::flush).
    ///
    /// If the last push failed, the stream may lack bytes. Then the writer abandons it on drop
    /// ([`RingWriter::abandon`]), unless somebody calls [`RingWriter::finish`].
    ///
    /// # Errors
    /// This `ByteWriter`, as it was, and the error of [`flush`](io::Write::flush).
    ///
    /// # Crashes
    /// As with [`flush`](io::Write::flush).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (writer, mut reader) = ipc_ring::pair(4096)?;
    /// use std::io::Write;
    ///
    /// let mut stream = ipc_ring::ByteWriter::new(writer);
    /// stream.write_all(b"data")?;
    /// let mut writer = stream.into_inner().map_err(|(_, error)| error)?;
    /// writer.push(b"a message of its own", None)?;
    /// assert_eq!(reader.iter(None).take(2).count(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_inner(mut self) -> Result<W, (Self, io::Error)> {
        if let Err(error) = self.push_buffer() {
            return Err((self, error));
        }
        if self.has_failed {
            self.writer_mut().ends_the_stream(false);
        }
        Ok(self.writer.take().expect(HELD))
    }

    fn writer_mut(&mut self) -> &mut RingWriter {
        self.writer.as_mut().expect(HELD).borrow_mut()
    }

    /// Pushes the buffer, if it is not empty, and clears it.
    fn push_buffer(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.push(None)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Pushes `bytes`, or the buffer for `None`.
    fn push(&mut self, bytes: Option<&[u8]>) -> io::Result<()> {
        let pushed = push(self.writer.as_mut().expect(HELD).borrow_mut(), bytes.unwrap_or(&self.buffer), self.timeout);
        self.has_failed = pushed.is_err();
        pushed
    }

    /// Pushes the buffer for the last time. If that fails, its bytes are lost and the stream is not whole.
    fn push_what_is_left(&mut self) -> io::Result<()> {
        let pushed = self.push_buffer();
        if pushed.is_err() {
            self.buffer.clear();
            self.writer_mut().ends_the_stream(false);
        }
        pushed
    }
}

/// Pushes a message. With a time-out of zero, an error says that the push did not wait.
fn push(writer: &mut RingWriter, message: &[u8], timeout: Option<Duration>) -> io::Result<()> {
    match timeout {
        Some(Duration::ZERO) => Ok(writer.try_push(message)?),
        _ => Ok(writer.push(message, timeout)?),
    }
}

impl<W: BorrowMut<RingWriter>> io::Write for ByteWriter<W> {
    /// Copies as many of `bytes` into the buffer as fit; pushes a full buffer first.
    ///
    /// If the buffer is empty and `bytes` would fill it, pushes from `bytes` past the buffer. Waits and fails as the
    /// type says.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.is_empty() && bytes.len() >= self.capacity {
            self.push(Some(&bytes[..self.capacity]))?;
            return Ok(self.capacity);
        }
        if self.buffer.len() == self.capacity {
            self.push_buffer()?;
        }
        let len = bytes.len().min(self.capacity - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    /// Pushes the buffer. Once this returns `Ok`, all that was written survives the death of any process.
    fn flush(&mut self) -> io::Result<()> {
        self.push_buffer()
    }
}

impl<W: BorrowMut<RingWriter>> Drop for ByteWriter<W> {
    fn drop(&mut self) {
        // In a forked child the buffer is a copy of the parent's, which will push it.
        if self.writer.as_ref().map_or(true, |writer| writer.borrow().is_forked()) {
            return;
        }
        if panicking() {
            // A panic must end, whether anybody reads or not.
            self.timeout = Some(Duration::ZERO);
        }
        let was_given_up = self.has_failed;
        // The error is forgotten, as by `std::io::BufWriter`: flush or finish to learn of it.
        let _ = self.push_what_is_left();
        if was_given_up {
            self.writer_mut().ends_the_stream(false);
        }
    }
}

impl<W: BorrowMut<RingWriter>> fmt::Debug for ByteWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteWriter")
            .field("writer", self.get_ref())
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}
