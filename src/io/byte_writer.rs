//! [`io::Write`] over a writer: a stream of bytes, cut into messages.

use std::borrow::BorrowMut;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::atomics::panicking;
use crate::ring::RingWriter;

/// As many bytes as the standard library's buffers have.
const BUFFER: usize = 8 * 1024;
/// Why there is a writer.
const HELD: &str = "it is taken at the very end alone";

/// Writes bytes into a ring as a stream, and pushes what is left of them when it is dropped.
///
/// **Dropping it waits for space, forgets the error where there is none, and may end the stream**, as
/// below: who wants to know calls [`finish`](ByteWriter::finish), and on an error path
/// [`abandon`](ByteWriter::abandon).
///
/// The bytes written to this go through the ring as a stream: what [`ByteReader`](crate::ByteReader) reads at the other
/// end is the same bytes, and where one write ended and the next began is not kept.
///
/// It is made of a [`RingWriter`], which it keeps, or of a `&mut RingWriter`, which can push again afterwards. It
/// gathers what is written in a buffer of its own, as [`io::BufWriter`] does, and pushes it as one message when the
/// buffer is full or [flushed](io::Write::flush). A message is never empty.
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
/// **Blocking.** A write that finds the buffer full, and a flush, push, and so wait for space: for as long as it takes,
/// or as [`set_timeout`](Self::set_timeout) says.
///
/// **Errors** are those of [`RingWriter::push`], as [`io::Error`]s: `BrokenPipe` where the reader closed its end or its
/// process died, `TimedOut`, `WouldBlock` after a time-out of zero, `InvalidData` where the reader broke the protocol.
/// A write that fails has taken none of its bytes, and what was in the buffer stays there: both can be tried again.
///
/// **What a crash does.** What was flushed is in the ring and survives. What is in the buffer dies with the process,
/// and is lost with a `ByteWriter` that is forgotten. The reader gets the bytes up to some message's end, never the
/// half of a message.
///
/// **Dropping** it pushes what is in the buffer, and forgets the error where that fails, as [`io::BufWriter`] does:
/// flush or finish it to learn of it. So it waits for space too, as long as [`set_timeout`](Self::set_timeout) says:
/// without a time-out for ever, where the reader lives and does not read. But while its thread panics it waits for
/// nobody: what there is no space for is lost. Where it keeps the writer, that is dropped next, and ends the stream as
/// [`RingWriter`] says. But where bytes were lost, or where the last write or flush failed, the stream is not whole:
/// then the writer ends it no more by a drop, but lets the ring go as [`RingWriter::abandon`] does, unless somebody
/// [finishes](RingWriter::finish) it.
pub struct ByteWriter<W: BorrowMut<RingWriter> = RingWriter> {
    /// Taken by [`into_inner`](Self::into_inner) alone, which is the end of this.
    writer: Option<W>,
    buffer: Vec<u8>,
    capacity: usize,
    timeout: Option<Duration>,
    /// Whether the last push failed: whoever wrote was told that bytes did not get through, and may have given up.
    has_failed: bool,
}

impl ByteWriter {
    /// Pushes what is in the buffer and ends the stream: the reader gets all of it, and learns that it was all.
    ///
    /// It waits for space as [`set_timeout`](Self::set_timeout) says. Of a `ByteWriter` that was lent its writer a
    /// flush does as much, and the [writer's](RingWriter::finish) `finish` the rest.
    ///
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
    ///
    /// # Errors
    /// Those of [`flush`](io::Write::flush). What was in the buffer is lost then, so the stream does not end: the ring
    /// is let go as by [`abandon`](RingWriter::abandon), and its reader gets `ConnectionReset`
    /// ([`PopError::PeerGone`](crate::PopError::PeerGone)). Flush first where it is to be tried again.
    pub fn finish(mut self) -> io::Result<()> {
        let pushed = self.push_what_is_left();
        if pushed.is_ok() {
            self.has_failed = false;
            self.writer_mut().ends_the_stream(true);
        }
        pushed
    }

    /// Lets the ring go without ending the stream: for error paths. Never blocks.
    ///
    /// What is in the buffer is pushed if there is space for it now, and lost otherwise, as where a panic drops this.
    /// The reader is told what a death tells: see [`RingWriter::abandon`].
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
    /// A stream into `writer`, in messages of up to 8 KiB, or an eighth of the ring where that is less. Never blocks.
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

    /// A stream into `writer`, in messages of up to `bytes`: at least 1, and at most
    /// [`max_message_len`](RingWriter::max_message_len), whatever is given. Never blocks.
    ///
    /// The larger, the fewer messages; where one takes more than half of the ring, the two sides take turns.
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

    /// How long each push of a message may wait for space, as [`RingWriter::push`] has it: `None`, as it is at first,
    /// for as long as it takes; zero not at all, and then the error is of kind `WouldBlock`. Dropping this pushes too.
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

    /// The bytes that were written and are not in the ring yet.
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

    /// The writer, to be asked how full the ring is, or where it stands.
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

    /// The writer, to be told something of its messages. What is pushed by it comes before what is in the buffer: flush
    /// first.
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

    /// Pushes what is in the buffer, and gives the writer back. It waits for space as [`flush`](io::Write::flush) does.
    ///
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
    ///
    /// # Errors
    /// This, as it was, and the error of [`flush`](io::Write::flush).
    pub fn into_inner(mut self) -> Result<W, (Self, io::Error)> {
        match self.push_buffer() {
            Ok(()) => Ok(self.writer.take().expect(HELD)),
            Err(error) => Err((self, error)),
        }
    }

    fn writer_mut(&mut self) -> &mut RingWriter {
        self.writer.as_mut().expect(HELD).borrow_mut()
    }

    /// Pushes what is in the buffer, if it is anything.
    fn push_buffer(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.push(None)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Pushes `bytes`, or what is in the buffer.
    fn push(&mut self, bytes: Option<&[u8]>) -> io::Result<()> {
        let pushed = push(self.writer.as_mut().expect(HELD).borrow_mut(), bytes.unwrap_or(&self.buffer), self.timeout);
        self.has_failed = pushed.is_err();
        pushed
    }

    /// Pushes what is in the buffer, for the last time. Where that fails, bytes are lost, and the stream is not whole.
    fn push_what_is_left(&mut self) -> io::Result<()> {
        let pushed = self.push_buffer();
        if pushed.is_err() {
            self.buffer.clear();
            self.writer_mut().ends_the_stream(false);
        }
        pushed
    }
}

/// A push whose error says that it did not wait, where it did not.
fn push(writer: &mut RingWriter, message: &[u8], timeout: Option<Duration>) -> io::Result<()> {
    match timeout {
        Some(Duration::ZERO) => Ok(writer.try_push(message)?),
        _ => Ok(writer.push(message, timeout)?),
    }
}

impl<W: BorrowMut<RingWriter>> io::Write for ByteWriter<W> {
    /// Takes what there is space for of `bytes` in the buffer, which is pushed first where it is full. Where it is
    /// empty and `bytes` would fill it, they are pushed from where they are.
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

    /// Pushes what is in the buffer: once this returns `Ok`, all that was written survives the death of any process.
    fn flush(&mut self) -> io::Result<()> {
        self.push_buffer()
    }
}

impl<W: BorrowMut<RingWriter>> Drop for ByteWriter<W> {
    fn drop(&mut self) {
        if self.writer.is_none() {
            return;
        }
        if panicking() {
            self.timeout = Some(Duration::ZERO); // a panic is to end, whether anybody reads or not
        }
        let was_given_up = self.has_failed;
        let _ = self.push_what_is_left(); // as `std::io::BufWriter`: who wants to know flushes, or finishes
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
