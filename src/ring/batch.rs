//! Batches: messages that are published (I13) or released (I14) by one store.

use std::time::Duration;

use super::grant::{Grant, Publication};
use super::message::Message;
use crate::protocol::{push_at_once, Consumer, InvalidPosition, Position, Producer, PushError, TryPushError, Walk};

/// A batch of messages that are pushed one by one and published together.
///
/// The batch publishes its messages
///
/// - when it is dropped, also by `?` or a panic;
/// - when [`publish`](Self::publish) is called;
/// - when a push finds no space by the writer's last look at the reader, about once a lap. The reader may have to pop
///   these messages first.
///
/// After a [`mem::forget`](std::mem::forget) of the batch, the writer publishes them with what it publishes next, and
/// at the latest when it leaves.
///
/// # Crashes
/// A crash loses the messages that were not published. Published messages survive, as with
/// [`RingWriter::push`](super::RingWriter::push).
///
/// # Examples
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
    #[inline]
    pub(super) fn new(producer: &'a mut Producer) -> Self {
        Self { producer }
    }

    /// Pushes a message into the batch, waiting for space if there is none.
    ///
    /// Waits like [`RingWriter::push`](super::RingWriter::push). If there is no space, first publishes the messages of
    /// the batch.
    ///
    /// # Errors
    /// As [`RingWriter::push`](super::RingWriter::push). Earlier messages of the batch stay in it, or were published.
    ///
    /// # Examples
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
    #[inline]
    pub fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        self.producer.append(message, timeout)
    }

    /// Pushes a message into the batch if there is space for it now. Never blocks.
    ///
    /// If there is no space, first publishes the messages of the batch.
    ///
    /// # Errors
    /// As [`RingWriter::try_push`](super::RingWriter::try_push). Earlier messages of the batch stay in it, or were
    /// published.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// use ipc_ring::TryPushError;
    ///
    /// let mut batch = writer.batch();
    /// let mut pushed = 0;
    /// while batch.try_push(&[0; 1000]) != Err(TryPushError::Full) {
    ///     pushed += 1;
    /// }
    /// assert_eq!(pushed, 4); // a ring of 4096 bytes has space for four
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_push(&mut self, message: &[u8]) -> Result<(), TryPushError> {
        push_at_once(|timeout| self.push(message, timeout))
    }

    /// Reserves space for a message of the batch, waiting if there is none.
    ///
    /// The message can have up to `len` bytes. Write them into the [`Grant`], then commit it: the message then is a
    /// part of the batch. Waits like [`push`](Self::push). A grant that is dropped may leave padding in the batch.
    ///
    /// # Errors
    /// As [`push`](Self::push), for a message of `len` bytes.
    ///
    /// # Examples
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
    #[inline]
    pub fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        Grant::of(self.producer, len, timeout, Publication::WithTheBatch)
    }

    /// Reserves space for a message of the batch if there is space now. Never blocks.
    ///
    /// # Errors
    /// As [`try_push`](Self::try_push), for a message of `len` bytes.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// let mut batch = writer.batch();
    /// batch.push(&[0; 4000], None)?;
    /// assert!(batch.try_reserve(100).is_err()); // Full
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_reserve(&mut self, len: usize) -> Result<Grant<'_>, TryPushError> {
        push_at_once(move |timeout| self.reserve(len, timeout))
    }

    /// Publishes the messages that were pushed so far. Never blocks.
    ///
    /// From here on they survive a crash.
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
    #[inline]
    pub fn publish(&mut self) {
        self.producer.publish();
    }
}

impl Drop for WriteBatch<'_> {
    /// Publishes, also while the thread panics: every message in the batch is whole.
    #[inline]
    fn drop(&mut self) {
        if !self.producer.is_forked() {
            self.producer.publish();
        }
    }
}

/// A batch of messages read where they stand, and **released only by a commit**.
///
/// [`commit`](Self::commit) and [`commit_through`](Self::commit_through) give the space of the messages back. Until
/// then a writer that needs this space waits, for ever if nobody commits.
///
/// Nothing else releases a message: not a drop, `?`, `break`, a panic or [`mem::forget`](std::mem::forget), nor the
/// death of the process. The messages then come again, to this reader or to the next one: at least once. Deal with the
/// messages first, then commit. A program that stores [`Message::position`] with each message can tell those that come
/// again.
///
/// The batch holds what the reader had seen of the ring when the batch began. There may be more by now, which the next
/// batch has.
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
///     // ... deal with it; if that fails, `?` loses nothing ...
/// }
/// batch.commit();
/// assert_eq!(buffer, b"three");
/// assert!(writer.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// A message cannot be used after its release: both commits consume the batch, from which its messages are borrowed.
///
/// ```compile_fail,E0505
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// # writer.push(b"data", None)?;
/// let mut batch = reader.batch(100, None)?;
/// let message = batch.messages().next().unwrap();
/// batch.commit();
/// message.copy_to(&mut Vec::new()); // the writer may have overwritten it by now
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a batch is for iterating over its messages, and releases none of them unless it is committed"]
#[derive(Debug)]
pub struct ReadBatch<'a> {
    consumer: &'a mut Consumer,
    walk: Walk,
}

impl<'a> ReadBatch<'a> {
    /// Begins a batch of at most `max` of the messages that `consumer` has seen.
    #[inline]
    pub(super) fn new(consumer: &'a mut Consumer, max: usize) -> Self {
        let walk = consumer.walk(max as u64);
        Self { consumer, walk }
    }

    /// Releases the messages that were iterated over, by one store. Never blocks.
    ///
    /// # Crashes
    /// A crash before this returns releases all of these messages, or none.
    ///
    /// # Examples
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
    #[inline]
    pub fn commit(self) {
        self.consumer.release(&self.walk);
    }

    /// Releases the messages up to the one that ends at `position`. Never blocks.
    ///
    /// `position` is what [`Message::position`] of that message returned. It is released too; the messages after it
    /// come again. Reads the headers of the messages once more.
    ///
    /// # Errors
    /// [`InvalidPosition`]: no message that was iterated over ends there. Nothing is released. Pass the position of a
    /// message of this batch that was iterated over. The same error comes if the writer has broken the protocol
    /// meanwhile: then the next call of the reader tells.
    ///
    /// # Crashes
    /// A crash before this returns releases all of these messages, or none.
    ///
    /// # Examples
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
    pub fn commit_through(self, position: u64) -> Result<(), InvalidPosition> {
        match self.consumer.release_through(&self.walk, Position::new(position)) {
            true => Ok(()),
            false => Err(InvalidPosition { given: position }),
        }
    }

    /// Iterates over the messages of the batch that were not iterated over yet.
    ///
    /// They come in order, oldest first. Never blocks.
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
    #[inline]
    pub fn messages(&mut self) -> Messages<'_> {
        Messages { consumer: self.consumer, walk: &mut self.walk }
    }
}

impl<'b> IntoIterator for &'b mut ReadBatch<'_> {
    type Item = Message<'b>;
    type IntoIter = Messages<'b>;

    #[inline]
    fn into_iter(self) -> Messages<'b> {
        self.messages()
    }
}

/// An iterator over the messages of a [`ReadBatch`], in order. Releases none of them.
///
/// It ends after the last message of the batch. It also ends if the writer broke the protocol: then the next call of
/// the reader tells. For a reader that [stops at ends](crate::RingOptions::reader_stops_at_ends) it ends where a stream
/// does.
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
        // SAFETY: I3 and I4 (the batch is borrowed for all of `'b`, and only calls that consume it release what it
        // passed).
        unsafe { self.consumer.pass(self.walk) }.map(Message::of)
    }
}
