//! Many messages, one store of the cursor: published together (I13), or released together (I14).

use std::time::Duration;

use super::grant::{Grant, Publication};
use super::message::Message;
use crate::protocol::{push_at_once, Consumer, InvalidPosition, Position, Producer, PushError, TryPushError, Walk};

/// Messages that are published together: when this is dropped, when [`publish`](Self::publish) is called, and when a
/// push finds no space in what its side last saw of the ring, about once a lap. It may have to wait for space then,
/// which the reader may only make once it has got what was pushed before.
///
/// What was pushed into a batch is no promise yet: a process that dies before the batch is published takes with it what
/// was pushed since the last publication. What was published survives, as with
/// [`RingWriter::push`](super::RingWriter::push). A panic publishes, as any drop does; what was in a batch that was
/// forgotten is published with what its writer publishes next, at the latest when that is dropped, finished or
/// abandoned.
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
    producer: &'a mut Producer,
}

impl<'a> WriteBatch<'a> {
    pub(super) fn new(producer: &'a mut Producer) -> Self {
        Self { producer }
    }

    /// Pushes a message into the batch, waiting for space as [`RingWriter::push`](super::RingWriter::push) does.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
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
        self.producer.append(message, timeout)
    }

    /// Pushes a message into the batch if there is space for it now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// use ipc_ring::TryPushError;
    ///
    /// let mut batch = writer.batch();
    /// let mut pushed = 0;
    /// while batch.try_push(&[0; 1000]) != Err(TryPushError::Full) {
    ///     pushed += 1;
    /// }
    /// assert_eq!(pushed, 4); // what there is space for in a ring of 4096 bytes
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`RingWriter::try_push`](super::RingWriter::try_push). Where it is [`Full`](TryPushError::Full), what was
    /// pushed before has been published.
    #[inline]
    pub fn try_push(&mut self, message: &[u8]) -> Result<(), TryPushError> {
        push_at_once(|timeout| self.push(message, timeout))
    }

    /// Reserves space for a message of up to `len` bytes, which becomes a part of the batch when it is committed. Where
    /// it is not, padding that it needed before it stays a part of the batch.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// use std::io::Write;
    ///
    /// let mut batch = writer.batch();
    /// let mut grant = batch.reserve(20, None)?;
    /// write!(grant, "message {}", 1)?;
    /// grant.commit();
    /// assert!(reader.is_empty()); // it is a part of the batch
    /// drop(batch);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`RingWriter::reserve`](super::RingWriter::reserve).
    pub fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        Grant::of(self.producer, len, timeout, Publication::WithTheBatch)
    }

    /// As [`reserve`](Self::reserve), if there is space now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// let mut batch = writer.batch();
    /// batch.push(&[0; 4000], None)?;
    /// assert!(batch.try_reserve(100).is_err()); // Full
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`RingWriter::try_reserve`](super::RingWriter::try_reserve).
    pub fn try_reserve(&mut self, len: usize) -> Result<Grant<'_>, TryPushError> {
        push_at_once(move |timeout| self.reserve(len, timeout))
    }

    /// Hands what was pushed so far over to the reader. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// let mut batch = writer.batch();
    /// batch.push(b"one", None)?;
    /// batch.publish(); // the reader has it from here on
    /// batch.push(b"two", None)?;
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 3);
    /// assert_eq!(reader.try_pop(&mut Vec::new())?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish(&mut self) {
        self.producer.publish();
    }
}

impl Drop for WriteBatch<'_> {
    /// Publishes, also where the thread panics: every message in the batch is whole.
    fn drop(&mut self) {
        self.producer.publish();
    }
}

/// Reads messages where they stand, and **keeps their writer waiting for space until it is committed**.
///
/// The space of its messages is not free before [`commit`](Self::commit) or [`commit_through`](Self::commit_through)
/// has released them: a writer that needs it waits for ever on a batch that is never committed, and the next batch has
/// the same messages again.
///
/// Whatever else ends a batch releases nothing: a drop, `?`, `break`, a panic, [`mem::forget`](std::mem::forget), the
/// death of the process. All of its messages come again, to this reader or to the next one. So what must never be lost
/// is dealt with first and committed then: at least once. Who notes [`Message::position`] with it knows a repeat.
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
///     // ... deal with it; where that fails, `?` loses nothing ...
/// }
/// batch.commit();
/// assert_eq!(buffer, b"three");
/// assert!(writer.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// No message outlives its release: both calls that release take the batch, which its messages borrow.
///
/// ```compile_fail,E0505
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// # writer.push(b"data", None)?;
/// let mut batch = reader.batch(100, None)?;
/// let message = batch.messages().next().unwrap();
/// batch.commit();
/// message.copy_to(&mut Vec::new()); // its place may be the writer's by now
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a batch is for iterating over its messages, and releases none of them unless it is committed"]
#[derive(Debug)]
pub struct ReadBatch<'a> {
    consumer: &'a mut Consumer,
    walk: Walk,
}

impl<'a> ReadBatch<'a> {
    /// A batch of at most `max` of the messages that `consumer` has seen.
    pub(super) fn new(consumer: &'a mut Consumer, max: usize) -> Self {
        let walk = consumer.walk(max as u64);
        Self { consumer, walk }
    }

    /// Releases the messages that were iterated over, by one store. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// let mut batch = reader.batch(10, None)?;
    /// assert_eq!(batch.messages().take(1).count(), 1);
    /// batch.commit();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 3); // the second, which was not iterated over
    /// assert!(writer.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit(self) {
        self.consumer.release(&self.walk);
    }

    /// Releases the messages up to and including the one that ends at `position`, as [`Message::position`] gives it.
    /// Those after it come again. Never blocks; reads the headers of the messages once more.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// # fn is_dealt_with(message: &ipc_ring::Message<'_>) -> bool { message.len() != 3 }
    /// for message in ["first", "second", "bad", "last"] {
    ///     writer.push(message.as_bytes(), None)?;
    /// }
    ///
    /// let mut done = None;
    /// let mut batch = reader.batch(100, None)?;
    /// for message in &mut batch {
    ///     if !is_dealt_with(&message) {
    ///         break;
    ///     }
    ///     done = Some(message.position());
    /// }
    /// if let Some(done) = done {
    ///     batch.commit_through(done)?;
    /// }
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 3); // the bad one is the next
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidPosition`] where no message that was iterated over ends at `position`: it is that of another batch, of
    /// a message that is still to come, of the batch's beginning, or in the midst of a message. Nothing is released
    /// then. So it is too where the writer has broken the protocol meanwhile, which the next call of the reader's
    /// tells.
    pub fn commit_through(self, position: u64) -> Result<(), InvalidPosition> {
        match self.consumer.release_through(&self.walk, Position::new(position)) {
            true => Ok(()),
            false => Err(InvalidPosition { given: position }),
        }
    }

    /// Iterates over the messages of the batch, in order, from the first that was not iterated over yet.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"three", None)?;
    /// let mut batch = reader.batch(10, None)?;
    /// let bytes: usize = batch.messages().map(|message| message.len()).sum();
    /// assert_eq!(bytes, 8);
    /// batch.commit();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn messages(&mut self) -> Messages<'_> {
        Messages { consumer: self.consumer, walk: &mut self.walk }
    }
}

impl<'b> IntoIterator for &'b mut ReadBatch<'_> {
    type Item = Message<'b>;
    type IntoIter = Messages<'b>;

    fn into_iter(self) -> Messages<'b> {
        self.messages()
    }
}

/// Iterates over the messages of a [`ReadBatch`], in order. Releases none of them.
///
/// It ends after the batch's last message, and where the writer broke the protocol, which the next call of the reader's
/// tells.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// writer.push(b"one", None)?;
/// writer.push(b"two", None)?;
/// let mut batch = reader.batch(10, None)?;
/// let messages: Vec<ipc_ring::Message> = batch.messages().collect(); // all in use at once
/// assert!(messages[0].position() < messages[1].position());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Messages<'b> {
    consumer: &'b mut Consumer,
    walk: &'b mut Walk,
}

impl<'b> Iterator for Messages<'b> {
    type Item = Message<'b>;

    #[inline]
    fn next(&mut self) -> Option<Message<'b>> {
        // SAFETY: I3 and I4 (for all of `'b` the batch is borrowed, and what it passed is released by a call that takes
        // the batch).
        unsafe { self.consumer.pass(self.walk) }.map(Message::of)
    }
}
