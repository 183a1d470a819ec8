//! The reader's handle: what each call promises. `protocol/consumer.rs` has the steps.

use core::fmt;
use core::iter;
use core::time::Duration;
use std::path::Path;

use super::batch::ReadBatch;
use super::iter::Iter;
use super::message::{copy_to_slice, Message};
use super::plan::Plan;
use crate::file::OpenError;
use crate::protocol::{pop_at_once, Consumer, CountError, PopError, PopIntoError, RingId, TryPopError};

/// A reader's handle: pops messages from a ring.
///
/// Dropping the handle leaves the ring: the writer's pushes return [`PushError::Closed`](crate::PushError::Closed)
/// until another reader [opens](RingReader::open) it. That one goes on where this one stopped.
///
/// A ring has one reader at a time, over all processes. The handle can move to another thread. It cannot be shared
/// between threads or cloned:
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<ipc_ring::RingReader>();
/// ```
///
/// ```compile_fail,E0277
/// fn cloned<T: Clone>() {}
/// cloned::<ipc_ring::RingReader>();
/// ```
///
/// [`RingOptions`](crate::RingOptions) opens with options of your own.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{PopError, RingReader, RingWriter};
///
/// let mut writer = RingWriter::create(&path, 4096)?;
/// writer.push(b"data", None)?;
/// drop(writer);
///
/// let (mut reader, mut buffer) = (RingReader::open(&path)?, Vec::new());
/// loop {
///     match reader.pop(&mut buffer, None) {
///         Ok(_) => println!("{}", String::from_utf8_lossy(&buffer)),
///         Err(PopError::Closed) => break,
///         Err(error) => return Err(error.into()),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("Receiver", "Consumer"))]
pub struct RingReader {
    pub(super) consumer: Consumer,
}

impl RingReader {
    /// Becomes the reader of the ring at `path`, and goes on after its last reader.
    ///
    /// Position and [count](Self::message_count) go on where they stood, however the last reader left. The first
    /// message is the oldest one that was not released. A message that the last reader was popping when it died may
    /// come again.
    ///
    /// Does not wait, except for a process that is just removing the ring: for at most 0.1 seconds.
    ///
    /// # Errors
    /// Each leaves the ring as it was. A crash leaves it to the next reader.
    ///
    /// - [`OpenError::NotFound`]: nothing is at `path`. A writer has to create the ring; [`open_wait`](Self::open_wait)
    ///   waits for that.
    /// - [`OpenError::NotARing`], [`OpenError::Incompatible`], [`OpenError::Corrupt`]: this file cannot be used. Choose
    ///   another path, or remove the file.
    /// - [`OpenError::AnotherBoot`]: the ring is older than the last start of the system. Remove it, or allow
    ///   `Trust::any_boot`.
    /// - [`OpenError::Busy`]: the ring has a living reader, in this process or in another. Stop that one first.
    /// - [`OpenError::Untrusted`]: others may have made the file, or may change it. Use a path of your own, or allow
    ///   `Trust::any_owner`.
    /// - [`OpenError::UnsuitableFilesystem`]: this filesystem is not known to keep the space that it allocates. Choose
    ///   another path, or allow `Trust::any_filesystem`.
    /// - [`OpenError::Replaced`]: another file took the path during the call. Try again.
    /// - [`OpenError::FencesUnavailable`]: a sandbox refuses this process the fences of this ring. Create the ring with
    ///   `FenceMode::Symmetric`.
    /// - [`OpenError::Io`]: the system refused a step, which the error names.
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"three", None)?;
    /// assert_eq!(RingReader::open(&path)?.pop(&mut Vec::new(), None)?, 3);
    /// assert_eq!(RingReader::open(&path)?.pop(&mut Vec::new(), None)?, 5); // goes on
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        Plan::default().open(path.as_ref()).map(Self::of)
    }

    /// Becomes the reader like [`open`](Self::open), waiting while no ring is there.
    ///
    /// So the reader can be started before the writer that creates the ring.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock. The call
    /// sleeps, and looks every 20 ms at least. It waits only for a file to appear: any other error ends the wait at
    /// once.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`OpenError::NotFound`] or [`OpenError::Replaced`] if no ring is there at the
    /// deadline.
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// # let created_at = path.clone();
    /// let creating = std::thread::spawn(move || RingWriter::create(created_at, 4096)); // in another process
    /// let reader = RingReader::open_wait(&path, None)?;
    /// # drop(creating);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_wait(path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingReader, OpenError> {
        Plan::default().open_wait(path.as_ref(), timeout).map(Self::of)
    }

    /// Pops the oldest message at most once, waiting for one if there is none.
    ///
    /// Replaces the contents of `buffer` by the message, and returns its length in bytes. The buffer grows if it is too
    /// small, and keeps its allocation. An empty message is a message, of length 0.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock.
    /// `Some(Duration::ZERO)` tries once. A call that waits first stays awake, then sleeps in the kernel, as the
    /// [`WaitStrategy`](crate::WaitStrategy) says. Makes no system call while there is a message and the writer is
    /// awake.
    ///
    /// # Errors
    /// The buffer is as it was.
    ///
    /// - [`PopError::TimedOut`]: no message came before the deadline. Pop again.
    /// - [`PopError::Closed`]: the writer ended the stream, and every message was popped. Stop, or pop again once
    ///   another writer has come. A reader that [stops at ends](crate::RingOptions::reader_stops_at_ends) gets this at
    ///   each end, until it [takes](Self::take_end) that end.
    /// - [`PopError::PeerGone`]: the writer died or abandoned the stream, and every message was popped. Pop again once
    ///   another writer has come.
    /// - [`PopError::Removed`], [`PopError::Replaced`]: every message was popped, and no writer lives. The call would
    ///   wait for another one, but the file has lost its name. Drop the handle, and open the ring that is created anew,
    ///   or the other file.
    /// - [`PopError::Corrupt`]: the writer broke the protocol. Drop the handle.
    /// - [`PopError::Forked`]: the handle belongs to this process's parent. Use it there.
    ///
    /// A call that waits learns of a death or of a lost name within 60 ms. With a time-out of zero it does not ask.
    ///
    /// # Crashes
    /// This releases the message before it returns. A crash before the release delivers the message again. A crash
    /// after it loses the message, unless you have dealt with it. Read messages that must not be lost with
    /// [`batch`](Self::batch).
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// use std::time::Duration;
    /// use ipc_ring::PopError;
    ///
    /// writer.push(b"data", None)?;
    /// let mut buffer = Vec::new();
    /// let length = reader.pop(&mut buffer, None)?;
    /// assert_eq!(&buffer[..length], b"data");
    ///
    /// let late = reader.pop(&mut buffer, Some(Duration::from_millis(1)));
    /// assert_eq!(late, Err(PopError::TimedOut));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    #[doc(alias("recv", "receive"))]
    pub fn pop(&mut self, buffer: &mut Vec<u8>, timeout: Option<Duration>) -> Result<usize, PopError> {
        self.consumer.pop(buffer, timeout)
    }

    /// Pops the oldest message at most once, if there is one now. Never blocks.
    ///
    /// Replaces the contents of `buffer` by the message, and returns its length in bytes. Returns `None` if there is no
    /// message now, whether the writer lives or not.
    ///
    /// # Errors
    /// As [`pop`](Self::pop). In place of `TimedOut`, `PeerGone`, `Removed` and `Replaced` this returns `Ok(None)`.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// let mut buffer = Vec::new();
    /// assert_eq!(reader.try_pop(&mut buffer)?, None);
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.try_pop(&mut buffer)?, Some(4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[doc(alias = "try_recv")]
    pub fn try_pop(&mut self, buffer: &mut Vec<u8>) -> Result<Option<usize>, TryPopError> {
        pop_at_once(|timeout| self.pop(buffer, timeout))
    }

    /// Pops the oldest message at most once into a slice, waiting if there is none.
    ///
    /// Copies the message to the beginning of `buffer` and returns its length in bytes. The rest of the buffer is as it
    /// was. Allocates nothing. Waits, and releases the message, like [`pop`](Self::pop).
    ///
    /// # Errors
    /// The buffer is as it was.
    ///
    /// - [`PopIntoError::BufferTooSmall`]: the message is longer than the buffer. It stays in the ring: pop it with a
    ///   larger one.
    /// - [`PopIntoError::Pop`]: as with [`pop`](Self::pop).
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// let mut buffer = [0; 100];
    /// let length = reader.pop_into(&mut buffer, None)?;
    /// assert_eq!(&buffer[..length], b"data");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn pop_into(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> Result<usize, PopIntoError> {
        self.consumer.pop_with(timeout, |payload| Ok(copy_to_slice(&payload, buffer).map(drop)?))
    }

    /// Pops up to `max` messages at most once each, waiting for the first.
    ///
    /// Adds the messages to `messages`, a vector or whatever else can be extended. Returns their number: at least 1, or
    /// 0 at once if `max` is 0.
    ///
    /// Waits for the first message like [`pop`](Self::pop), and for no other. Gives what the reader has seen of the
    /// ring, like [`batch`](Self::batch): there may be more by now, which the next call gives.
    ///
    /// # Errors
    /// As [`pop`](Self::pop). `messages` is as it was.
    ///
    /// # Crashes
    /// This releases all the messages together before it returns. A crash before the release delivers all of them
    /// again. A crash after it loses those that you have not dealt with. Read messages that must not be lost with
    /// [`batch`](Self::batch).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    ///
    /// let mut messages = Vec::new();
    /// assert_eq!(reader.pop_many(&mut messages, 100, None)?, 2);
    /// assert_eq!(messages, [b"one", b"two"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pop_many(
        &mut self,
        messages: &mut impl Extend<Vec<u8>>,
        max: usize,
        timeout: Option<Duration>,
    ) -> Result<usize, PopError> {
        if max == 0 {
            return Ok(0);
        }
        let mut timeout = timeout;
        loop {
            let mut batch = self.batch(max, timeout)?;
            let (mut popped, mut was_in_vain) = (0, false);
            let mut left = batch.messages();
            messages.extend(iter::from_fn(|| {
                let message = left.next();
                was_in_vain = message.is_none() && popped == 0;
                popped += usize::from(message.is_some());
                message.map(|message| message.to_vec())
            }));
            batch.commit();
            if !was_in_vain {
                return Ok(popped);
            }
            // A batch that began has a message, unless the writer broke the protocol since. Then the next look tells.
            timeout = timeout.map(|_| Duration::ZERO);
        }
    }

    /// Iterates over the messages, each popped at most once, until the stream ends.
    ///
    /// Each message is popped when the loop asks for it. Each step waits like [`pop`](Self::pop), for `timeout` at
    /// most. An error is an item: see [`Iter`].
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// drop(writer);
    ///
    /// let mut lengths = Vec::new();
    /// for message in reader.iter(None) {
    ///     lengths.push(message?.len());
    /// }
    /// assert_eq!(lengths, [3, 3]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn iter(&mut self, timeout: Option<Duration>) -> Iter<'_> {
        Iter::new(&mut self.consumer, timeout)
    }

    /// Looks at the oldest message without popping it, waiting if there is none.
    ///
    /// The message stays in the ring: the next call finds it again. Waits like [`pop`](Self::pop).
    ///
    /// # Errors
    /// As [`pop`](Self::pop).
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.peek(None)?.len(), 4);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4); // it is still there
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn peek(&mut self, timeout: Option<Duration>) -> Result<Message<'_>, PopError> {
        self.consumer.peek(timeout).map(Message::of)
    }

    /// Looks at the oldest message without popping it, if there is one now. Never blocks.
    ///
    /// # Errors
    /// As [`try_pop`](Self::try_pop).
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// assert!(reader.try_peek()?.is_none());
    /// writer.push(b"data", None)?;
    /// assert!(reader.try_peek()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_peek(&mut self) -> Result<Option<Message<'_>>, TryPopError> {
        pop_at_once(move |timeout| self.peek(timeout))
    }

    /// Begins a batch of messages, at least once each, waiting for the first.
    ///
    /// The batch has up to `max` messages. They are read where they stand. Only [`ReadBatch::commit`] and
    /// [`ReadBatch::commit_through`] release them: a batch that is not committed comes again, and its writer may have
    /// to wait for the space.
    ///
    /// Waits for the first message like [`pop`](Self::pop), and for no other.
    ///
    /// # Errors
    /// As [`pop`](Self::pop).
    ///
    /// # Crashes
    /// A crash before the commit delivers all the messages of the batch again.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// let mut batch = reader.batch(100, None)?;
    /// assert_eq!(batch.messages().count(), 1);
    /// batch.commit();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn batch(&mut self, max: usize, timeout: Option<Duration>) -> Result<ReadBatch<'_>, PopError> {
        self.consumer.next(timeout)?;
        Ok(ReadBatch::new(&mut self.consumer, max))
    }

    /// Begins a batch of messages, at least once each, if there is one now. Never blocks.
    ///
    /// Returns `None` if there is no message now. Like [`batch`](Self::batch), releases nothing without a commit.
    ///
    /// # Errors
    /// As [`try_pop`](Self::try_pop).
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// assert!(reader.try_batch(100)?.is_none());
    /// writer.push(b"data", None)?;
    /// let mut batch = reader.try_batch(100)?.expect("a message is there");
    /// assert_eq!(batch.messages().count(), 1);
    /// batch.commit();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_batch(&mut self, max: usize) -> Result<Option<ReadBatch<'_>>, TryPopError> {
        pop_at_once(move |timeout| self.batch(max, timeout))
    }

    /// Takes the end of a stream, if the reader stands at one. Never blocks.
    ///
    /// Call it after [`PopError::Closed`]: a reader that [stops at ends](crate::RingOptions::reader_stops_at_ends) then
    /// goes on with the next stream. Returns whether there was an end; if not, nothing changes. It does not look at the
    /// ring again: before a call has returned `Closed`, it may miss an end.
    ///
    /// # Crashes
    /// A crash before this returns leaves the end or takes it. An end that was not taken comes again, to the next
    /// reader too.
    ///
    /// # Examples
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{PopError, RingOptions, RingWriter};
    ///
    /// RingWriter::create(&path, 4096)?.push(b"Monday", None)?; // and the drop ends the stream
    /// RingWriter::attach(&path)?.push(b"Tuesday", None)?;
    ///
    /// let mut reader = RingOptions::new().reader_stops_at_ends(true).open(&path)?;
    /// let mut buffer = Vec::new();
    /// reader.pop(&mut buffer, None)?;
    /// assert_eq!(reader.pop(&mut buffer, None), Err(PopError::Closed));
    /// assert_eq!(buffer, b"Monday");
    /// assert!(reader.take_end());
    /// reader.pop(&mut buffer, None)?;
    /// assert_eq!(buffer, b"Tuesday");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take_end(&mut self) -> bool {
        self.consumer.take_end()
    }

    /// Returns the size of the ring in bytes.
    ///
    /// A message takes 8 bytes more than its length, rounded up to a multiple of 8. The writer keeps 8 bytes free for
    /// the end of the stream, so messages have the capacity less 8.
    ///
    /// ```
    /// # let (_writer, reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(reader.capacity(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.consumer.endpoint().capacity().bytes() as usize
    }

    /// Returns the length of the longest message: the capacity less 16 bytes.
    ///
    /// These are the 8 bytes of its header, and the 8 bytes kept for the end of the stream.
    ///
    /// ```
    /// # let (_writer, reader) = ipc_ring::pair(4096)?;
    /// let buffer: Vec<u8> = Vec::with_capacity(reader.max_message_len()); // never grows
    /// assert!(buffer.capacity() >= 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_message_len(&self) -> usize {
        self.consumer.endpoint().capacity().max_message_len()
    }

    /// Tells whether there is no message to pop now. Changes nothing and wakes nobody.
    ///
    /// Padding and ends of streams are no messages: the ring may be empty and still have used bytes. A reader that
    /// [stops at ends](crate::RingOptions::reader_stops_at_ends) does not look past an end. Returns `false` if the
    /// writer broke the protocol or the handle was forked: the next pop tells.
    ///
    /// ```
    /// # let (mut writer, reader) = ipc_ring::pair(4096)?;
    /// assert!(reader.is_empty());
    /// writer.push(b"", None)?;
    /// assert!(!reader.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.consumer.is_empty()
    }

    /// Returns the number of bytes in use: messages not yet popped, headers, padding, ends.
    ///
    /// The writer may be adding some at this moment.
    ///
    /// ```
    /// # let (mut writer, reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.used_bytes(), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn used_bytes(&self) -> usize {
        self.consumer.endpoint().distance() as usize
    }

    /// Returns the number of free bytes: the capacity less the used bytes.
    ///
    /// The writer keeps 8 of them for the end of the stream.
    ///
    /// ```
    /// # let (mut writer, reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.free_bytes(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn free_bytes(&self) -> usize {
        self.capacity() - self.used_bytes()
    }

    /// Returns the reader's position: the bytes ever released in this ring, modulo 2^64.
    ///
    /// Headers, padding and ends of streams count. The next record is looked for here. Right after a pop, this is where
    /// that message ended; no other message ends there. A program that notes it can tell a message that comes again.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert_eq!(reader.position(), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn position(&self) -> u64 {
        self.consumer.endpoint().position().get()
    }

    /// Returns the number of messages ever popped from this ring, by all its readers.
    ///
    /// The count is exact, also after a kill at any instant. Messages of a batch count from its commit. Each call
    /// counts anew: it reads at most the headers of a ring full of messages, and again if the writer gets in its way.
    ///
    /// # Errors
    /// - [`CountError::Damaged`]: the counts in the ring's file make no sense. They stay damaged: go by positions.
    /// - [`CountError::Outrun`]: the writer was faster than the count. Ask again.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert_eq!(reader.message_count(), Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn message_count(&self) -> Result<u64, CountError> {
        self.consumer.endpoint().messages_ever()
    }

    /// Returns the ring's id, which no other ring has: see [`RingId`].
    ///
    /// A ring that takes this one's path later has another id.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(writer.id(), RingReader::open(&path)?.id());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn id(&self) -> RingId {
        self.consumer.endpoint().id()
    }

    /// Returns this reader's number among the ring's readers.
    ///
    /// The first reader is number 1; each that opens the ring after it has the next number.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(RingReader::open(&path)?.epoch(), 1);
    /// assert_eq!(RingReader::open(&path)?.epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn epoch(&self) -> u64 {
        self.consumer.endpoint().epoch()
    }

    /// Returns the number of the ring's last writer, whether it lives or not.
    ///
    /// Writers are counted from 1. When the number changes, another writer has gone on where the last one stood.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// drop(RingWriter::create(&path, 4096)?);
    /// let reader = RingReader::open(&path)?;
    /// assert_eq!(reader.peer_epoch(), 1);
    /// let writer = RingWriter::attach(&path)?;
    /// assert_eq!(reader.peer_epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn peer_epoch(&self) -> u64 {
        self.consumer.endpoint().peer_epoch()
    }

    /// Tells whether the ring's file still has its name.
    ///
    /// A writer can find the ring only by that name.
    ///
    /// The file loses its name when it is renamed, replaced or removed: by `rm`, by a clean-up of temporary files, at a
    /// log-out (`RemoveIPC=`). It can get the name back. A ring without a name works for those who hold it, and goes
    /// with the last of them.
    ///
    /// Makes one system call and does not block. Returns `true` also when the system call fails, or when the directory
    /// was moved as a whole. So it does for a ring of sealed memory, which never had a name.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// let reader = RingReader::open(&path)?;
    /// assert!(reader.still_named());
    /// std::fs::rename(&path, path.with_extension("old"))?;
    /// assert!(!reader.still_named());
    /// std::fs::rename(path.with_extension("old"), &path)?;
    /// assert!(reader.still_named());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn still_named(&self) -> bool {
        self.consumer.endpoint().still_named()
    }

    pub(crate) fn of(consumer: Consumer) -> Self {
        Self { consumer }
    }
}

impl fmt::Debug for RingReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingReader")
            .field("capacity", &self.capacity())
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
