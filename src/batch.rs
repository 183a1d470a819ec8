//! Many messages, one store of the cursor: published together (I13), or released together (I14).

use std::thread;
use std::time::Duration;

use crate::error::PushError;
use crate::grant::{Grant, Publication};
use crate::message::Message;
use crate::reader::RingReader;
use crate::writer::{at_once, RingWriter};

/// Messages that are published together: when this is dropped, when [`publish`](Self::publish) is called, and when a
/// push finds no space in what its side last saw of the ring, about once a lap. It may have to wait for space then,
/// which the reader may only make once it has got what was pushed before.
///
/// What was pushed into a batch is no promise yet: a process that dies before the batch is published takes with it what
/// was pushed since the last publication. What was published survives, as with [`RingWriter::push`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// let mut batch = writer.batch();
/// batch.push(b"one", None)?;
/// batch.push(b"two", None)?;
/// assert!(reader.is_empty()); // nothing is published yet
/// drop(batch);
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 3);
/// # Ok(())
/// # }
/// ```
#[must_use = "a batch is for pushing messages into it"]
#[derive(Debug)]
pub struct WriteBatch<'a> {
    writer: &'a mut RingWriter,
}

impl<'a> WriteBatch<'a> {
    pub(crate) fn new(writer: &'a mut RingWriter) -> Self {
        Self { writer }
    }

    /// Pushes a message into the batch, waiting for space as [`RingWriter::push`] does.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// let mut batch = writer.batch();
    /// for message in ["one", "two"] {
    ///     batch.push(message.as_bytes(), None)?;
    /// }
    /// drop(batch); // both are in the ring now
    /// assert_eq!(reader.iter(None).take(2).count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As there. What was pushed before stays pushed; where there was no space, it has been published.
    #[inline]
    pub fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        self.writer.append(message, timeout)
    }

    /// Pushes a message into the batch if there is space for it now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// use ipc_ring::PushError;
    ///
    /// let mut batch = writer.batch();
    /// let mut pushed = 0;
    /// while batch.try_push(&[0; 1000]) != Err(PushError::Full) {
    ///     pushed += 1;
    /// }
    /// assert_eq!(pushed, 4); // what there is space for in a ring of 4096 bytes
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`RingWriter::try_push`]. Where it is [`Full`](PushError::Full), what was pushed before has been published.
    #[inline]
    pub fn try_push(&mut self, message: &[u8]) -> Result<(), PushError> {
        at_once(|timeout| self.push(message, timeout))
    }

    /// Reserves space for a message of up to `len` bytes, which becomes a part of the batch when it is committed. Where
    /// it is not, padding that it needed before it stays a part of the batch.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// use std::io::Write;
    ///
    /// let mut batch = writer.batch();
    /// let mut grant = batch.reserve(20, None)?;
    /// write!(grant, "message {}", 1)?;
    /// let used = grant.filled();
    /// grant.commit(used);
    /// assert!(reader.is_empty()); // it is a part of the batch
    /// drop(batch);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`RingWriter::reserve`].
    pub fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        Grant::of(self.writer, len, timeout, Publication::WithTheBatch)
    }

    /// As [`reserve`](Self::reserve), if there is space now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// let mut batch = writer.batch();
    /// batch.push(&[0; 4000], None)?;
    /// assert!(batch.try_reserve(100).is_err()); // Full
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`RingWriter::try_reserve`].
    pub fn try_reserve(&mut self, len: usize) -> Result<Grant<'_>, PushError> {
        at_once(move |timeout| self.reserve(len, timeout))
    }

    /// Hands what was pushed so far over to the reader. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// let mut batch = writer.batch();
    /// batch.push(b"one", None)?;
    /// batch.publish(); // the reader has it from here on
    /// batch.push(b"two", None)?;
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 3);
    /// assert_eq!(reader.try_pop(&mut Vec::new())?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish(&mut self) {
        self.writer.publish();
    }
}

impl Drop for WriteBatch<'_> {
    /// Publishes, also where the thread panics: every message in the batch is whole.
    fn drop(&mut self) {
        self.writer.publish();
    }
}

/// Messages that are read where they stand, and released together: those that were iterated over, when this is dropped
/// or [committed](Self::commit).
///
/// A process that dies before that has released none of them: they are delivered again. So what must not be lost is
/// dealt with before the batch ends. A batch that is dropped by a panic releases nothing either. **One that is dropped
/// because a loop over it was left early, by `?` or `break`, releases what the loop was given**, the message that it
/// failed on included: [`keep`](Self::keep) it first where that one must come again.
///
/// A batch is what the reader had seen of the ring when it began, which may be less than there is by now; the next
/// batch has the rest.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// writer.push(b"one", None)?;
/// writer.push(b"three", None)?;
///
/// let mut buffer = Vec::new();
/// let mut batch = reader.batch(100, None)?;
/// for message in &mut batch {
///     message.copy_to(&mut buffer);
///     // ... deal with it ...
/// }
/// batch.commit();
/// assert_eq!(buffer, b"three");
/// assert!(writer.is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use = "a batch is for iterating over its messages"]
#[derive(Debug)]
pub struct ReadBatch<'a> {
    reader: &'a mut RingReader,
    left: usize,
    /// The messages that the reader had passed when the batch began.
    passed_before: u64,
    /// Whether the thread was panicking already when the batch began: then it is not a panic that ends it.
    in_a_panic: bool,
}

impl<'a> ReadBatch<'a> {
    /// A batch of at most `max` of the messages that `reader` has seen.
    pub(crate) fn new(reader: &'a mut RingReader, max: usize) -> Self {
        let passed_before = reader.passed();
        Self { reader, left: max, passed_before, in_a_panic: thread::panicking() }
    }

    /// Releases the messages that were iterated over. Never blocks. Dropping the batch does the same, unless the thread
    /// is panicking.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// writer.push(b"one", None)?;
    /// let mut batch = reader.batch(10, None)?;
    /// assert_eq!(batch.messages().count(), 1);
    /// batch.commit();
    /// assert!(writer.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(self) {
        self.reader.release();
    }

    /// The messages of the batch, in order, from the first that was not iterated over yet.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// writer.push(b"one", None)?;
    /// writer.push(b"three", None)?;
    /// let mut batch = reader.batch(10, None)?;
    /// let bytes: usize = batch.messages().map(|message| message.len()).sum();
    /// assert_eq!(bytes, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn messages(&mut self) -> Messages<'_> {
        Messages { reader: self.reader, left: &mut self.left }
    }

    /// Releases nothing: the messages are delivered again, to this reader or to the next one.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// writer.push(b"one", None)?;
    /// let mut batch = reader.batch(10, None)?;
    /// assert_eq!(batch.messages().count(), 1);
    /// batch.keep();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 3); // it is there again
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn keep(self) {
        self.reader.retreat(self.passed_before);
    }
}

impl Drop for ReadBatch<'_> {
    fn drop(&mut self) {
        if thread::panicking() && !self.in_a_panic {
            self.reader.retreat(self.passed_before);
        } else {
            self.reader.release();
        }
    }
}

impl<'b> IntoIterator for &'b mut ReadBatch<'_> {
    type Item = Message<'b>;
    type IntoIter = Messages<'b>;

    fn into_iter(self) -> Messages<'b> {
        self.messages()
    }
}

/// The messages of a [`ReadBatch`], in order. None is released as long as any of them is in use.
///
/// It ends after the batch's last message, and where the writer broke the protocol, which the next call of the reader's
/// tells.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
/// writer.push(b"one", None)?;
/// writer.push(b"two", None)?;
/// let mut batch = reader.batch(10, None)?;
/// let messages: Vec<ipc_ring::Message> = batch.messages().collect(); // all in use at once
/// assert!(messages[0].position() < messages[1].position());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Messages<'b> {
    reader: &'b mut RingReader,
    left: &'b mut usize,
}

impl<'b> Iterator for Messages<'b> {
    type Item = Message<'b>;

    #[inline]
    fn next(&mut self) -> Option<Message<'b>> {
        *self.left = self.left.checked_sub(1)?;
        // SAFETY: I3 and I4 (for all of `'b` the batch is borrowed, which alone would release what was passed).
        unsafe { self.reader.pass() }
    }
}
