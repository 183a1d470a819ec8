//! The reader's handle: what each call promises. The steps are `protocol/consumer.rs`.

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

/// Pops messages from a ring, and closes its end when it is dropped.
///
/// A ring has one reader at a time, over all processes. The handle may move to another thread, but it cannot be
/// shared between threads, and it cannot be cloned:
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<ipc_ring::RingReader>();
/// ```
/// ```compile_fail,E0277
/// fn cloned<T: Clone>() {}
/// cloned::<ipc_ring::RingReader>();
/// ```
///
/// Dropping it closes its end: the writer's pushes return [`PushError::Closed`](crate::PushError::Closed) until
/// another reader [opens](RingReader::open) the ring, which goes on where this one stopped.
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
    consumer: Consumer,
}

impl RingReader {
    /// Becomes the reader of the ring at `path` and goes on where its last reader stood, however that one ended, with
    /// the default [`RingOptions`](crate::RingOptions).
    ///
    /// It does not block, but that it waits where the ring is just being removed, for at most a tenth of a second. The
    /// first message is the oldest one that was not popped; the one that a reader was popping when it died
    /// may come again.
    ///
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
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`NotFound`](OpenError::NotFound): nothing is at `path`; a writer has to create the ring.
    /// - [`NotARing`](OpenError::NotARing), [`Incompatible`](OpenError::Incompatible),
    ///   [`Corrupt`](OpenError::Corrupt): what is there cannot be used.
    /// - [`AnotherBoot`](OpenError::AnotherBoot): it was created before the system was last started; see
    ///   [`Trust::any_boot`](crate::Trust::any_boot).
    /// - [`Busy`](OpenError::Busy): a living reader holds the ring, in this process or another.
    /// - [`Untrusted`](OpenError::Untrusted): others may have made the file or may change it; see
    ///   [`Trust::any_owner`](crate::Trust::any_owner).
    /// - [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem): what was allocated for it is not known to be kept;
    ///   see [`Trust::any_filesystem`](crate::Trust::any_filesystem).
    /// - [`Replaced`](OpenError::Replaced): the file was replaced during the call; try again.
    /// - [`FencesUnavailable`](OpenError::FencesUnavailable): a sandbox refuses this process what the ring was created
    ///   with; create it with [`FenceMode::Symmetric`](crate::FenceMode::Symmetric).
    /// - [`Io`](OpenError::Io): the system refused.
    pub fn open(path: impl AsRef<Path>) -> Result<RingReader, OpenError> {
        Plan::default().open(path.as_ref()).map(Self::of)
    }

    /// As [`open`](Self::open), and where nothing is at `path` yet, waits for a writer to create the ring, so that the
    /// reader may be started first.
    ///
    /// `None` waits as long as it takes; `Some(d)` is a deadline for the whole call, on the monotonic clock. It looks
    /// at least every 20 ms, and sleeps between. Only the file is waited for: what is at `path` and is no ring, or a
    /// ring whose reader lives, is an error at once.
    ///
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
    ///
    /// # Errors
    /// As [`open`](Self::open); [`NotFound`](OpenError::NotFound) at the deadline.
    pub fn open_wait(path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingReader, OpenError> {
        Plan::default().open_wait(path.as_ref(), timeout).map(Self::of)
    }

    /// Pops the oldest message, at most once, into `buffer`, waiting for one as long as `timeout` says. Returns its
    /// length in bytes.
    ///
    /// What was in the buffer is replaced; its allocation is kept, and grown to the message's length where it
    /// is smaller. An empty message is a message, of length 0.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock;
    /// `Some(Duration::ZERO)` tries once. While it waits, the call first spins, then sleeps in the kernel, as the
    /// [`WaitStrategy`](crate::WaitStrategy) says. It makes no system call while there is a message and the writer is
    /// awake.
    ///
    /// At most once: the message is released to the writer before this returns. Should this process crash after that
    /// and before it has dealt with the message, the message is lost. A crash before that delivers it again. What must
    /// not be lost is read by [`batch`](Self::batch).
    ///
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
    ///
    /// # Errors
    /// The buffer is as it was.
    ///
    /// - [`TimedOut`](PopError::TimedOut): no message came until the deadline.
    /// - [`Closed`](PopError::Closed): the writer ended the stream, and everything was popped. A reader that
    ///   [stops at ends](crate::RingOptions::reader_stops_at_ends) is told of each until it [takes](Self::take_end) it.
    /// - [`PeerGone`](PopError::PeerGone): the writer's process died, and everything was popped; within 60 ms of
    ///   the end of its process. A time-out of zero does not ask.
    /// - [`Removed`](PopError::Removed), [`Replaced`](PopError::Replaced): everything was popped, no writer lives, one
    ///   that is to come would be waited for, and none can find the ring; within 60 ms, too.
    /// - [`Corrupt`](PopError::Corrupt): the writer broke the protocol.
    #[inline(always)]
    #[doc(alias("recv", "receive"))]
    pub fn pop(&mut self, buffer: &mut Vec<u8>, timeout: Option<Duration>) -> Result<usize, PopError> {
        self.consumer.pop(buffer, timeout)
    }

    /// Pops the oldest message, at most once, into `buffer` and returns its length in bytes, or `None` if there is no
    /// message now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// let mut buffer = Vec::new();
    /// assert_eq!(reader.try_pop(&mut buffer)?, None);
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.try_pop(&mut buffer)?, Some(4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`pop`](Self::pop), but where that would wait this returns `Ok(None)`, and it does not ask whether the
    /// writer's process lives.
    #[inline]
    #[doc(alias = "try_recv")]
    pub fn try_pop(&mut self, buffer: &mut Vec<u8>) -> Result<Option<usize>, TryPopError> {
        pop_at_once(|timeout| self.pop(buffer, timeout))
    }

    /// Pops the oldest message, at most once, into a buffer of a fixed length, waiting for one as [`pop`](Self::pop)
    /// does. Returns its length in bytes; the rest of the buffer is as it was.
    ///
    /// Allocates nothing.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// let mut buffer = [0; 100];
    /// let length = reader.pop_into(&mut buffer, None)?;
    /// assert_eq!(&buffer[..length], b"data");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The buffer is as it was, and so is the ring.
    ///
    /// - [`BufferTooSmall`](PopIntoError::BufferTooSmall): the message is longer. It is still there: pop it again.
    /// - [`Pop`](PopIntoError::Pop): as with [`pop`](Self::pop).
    pub fn pop_into(&mut self, buffer: &mut [u8], timeout: Option<Duration>) -> Result<usize, PopIntoError> {
        self.consumer.pop_with(timeout, |payload| Ok(copy_to_slice(&payload, buffer).map(drop)?))
    }

    /// Pops the messages that are there, `max` at most and each at most once, into `messages`, a vector or whatever
    /// else can be extended.
    ///
    /// It waits for the first as [`pop`](Self::pop) does. Returns how many there were: at least one, unless `max` is 0,
    /// which returns 0 at once.
    ///
    /// It does not wait for a second message. What is there is what the reader had seen of the ring, as with
    /// [`batch`](Self::batch), which may be less than there is by now; the next call has the rest.
    ///
    /// The messages are released to the writer together, before this returns: should this process die after that and
    /// before it has dealt with them, they are lost; should it die before, all of them come again. Where they must not
    /// be lost, use [`batch`](Self::batch), which releases them when it is committed.
    ///
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
    ///
    /// # Errors
    /// As [`pop`](Self::pop). `messages` is as it was.
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
            // A batch that has begun has a message, unless its writer breaks the protocol at that moment: look again.
            timeout = timeout.map(|_| Duration::ZERO);
        }
    }

    /// Iterates over the messages, each popped at most once, when it is asked for, until the writer closes its end.
    ///
    /// For each it waits as [`pop`](Self::pop) does, as long as `timeout` says.
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
    ///
    /// # Errors
    /// Each is an item: see [`Iter`].
    pub fn iter(&mut self, timeout: Option<Duration>) -> Iter<'_> {
        Iter::new(&mut self.consumer, timeout)
    }

    /// Looks at the oldest message without taking it, waiting for one as [`pop`](Self::pop) does: the next call finds
    /// it again.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.peek(None)?.len(), 4);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4); // it is still there
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`pop`](Self::pop).
    pub fn peek(&mut self, timeout: Option<Duration>) -> Result<Message<'_>, PopError> {
        self.consumer.peek(timeout).map(Message::of)
    }

    /// Looks at the oldest message without taking it; `None` if there is no message now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// assert!(reader.try_peek()?.is_none());
    /// writer.push(b"data", None)?;
    /// assert!(reader.try_peek()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`try_pop`](Self::try_pop).
    pub fn try_peek(&mut self) -> Result<Option<Message<'_>>, TryPopError> {
        pop_at_once(move |timeout| self.peek(timeout))
    }

    /// Begins a batch of at most `max` messages, at least once each: they are read where they stand, and released when
    /// the batch is committed.
    ///
    /// A batch that is not [committed](ReadBatch::commit) releases nothing, and keeps the writer waiting: see
    /// [`ReadBatch`]. It waits for the first message as [`pop`](Self::pop) does, and for no other.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// let mut batch = reader.batch(100, None)?;
    /// assert_eq!(batch.messages().count(), 1);
    /// batch.commit();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`pop`](Self::pop).
    pub fn batch(&mut self, max: usize, timeout: Option<Duration>) -> Result<ReadBatch<'_>, PopError> {
        self.consumer.next(timeout)?;
        Ok(ReadBatch::new(&mut self.consumer, max))
    }

    /// Begins a batch of at most `max` of the messages that there are, at least once each; `None` if there is none now.
    /// Never blocks. As with [`batch`](Self::batch), only a commit releases them.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// assert!(reader.try_batch(100)?.is_none());
    /// writer.push(b"data", None)?;
    /// let mut batch = reader.try_batch(100)?.expect("a message is there");
    /// assert_eq!(batch.messages().count(), 1);
    /// batch.commit();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`try_pop`](Self::try_pop).
    pub fn try_batch(&mut self, max: usize) -> Result<Option<ReadBatch<'_>>, TryPopError> {
        pop_at_once(move |timeout| self.batch(max, timeout))
    }

    /// Takes the end of a stream, where that is what comes next, as [`Closed`](PopError::Closed) has told a reader that
    /// [stops at ends](crate::RingOptions::reader_stops_at_ends). What comes after it is of another stream. Whether
    /// there was an end: else nothing is done. Never blocks.
    ///
    /// An end is taken once. A crash before this returns leaves it, or has taken it; a reader that never calls this
    /// finds it again, as the next reader does.
    ///
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

    /// The size of the ring in bytes. Each message takes 8 bytes more than its length, rounded up to a multiple of 8,
    /// and 8 bytes are kept for the end of the stream: messages have the capacity less 8.
    ///
    /// ```
    /// # let (_writer, reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(reader.capacity(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.consumer.endpoint().capacity().bytes() as usize
    }

    /// The most bytes a message may have: the capacity less 16, its header's and those kept for the end of the stream.
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

    /// Whether there is no message to pop now. Changes nothing, and wakes nobody: a ring that holds only padding or
    /// ends of streams is empty, though it has used bytes. A ring whose writer broke the protocol is not empty: the
    /// next pop says so.
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

    /// The bytes of the ring that hold messages not yet popped, their headers, padding and ends of streams included.
    /// The writer may be raising the figure at this moment.
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

    /// The bytes of the ring that are free: the capacity less the used ones.
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

    /// The bytes that were ever popped from this ring, modulo 2^64, headers, padding and ends of streams included:
    /// where the next record is looked for. After a pop it is where that message ended, which is so for no other one:
    /// a consumer that notes it can tell a repeat.
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

    /// Counts the messages that were ever popped from this ring, by this reader and by those before it, also where
    /// these were killed at any instant. Those of a batch count when they are committed.
    ///
    /// It counts anew at each call, which takes as long as to read a header for each message that the ring can hold, at
    /// most.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert_eq!(reader.message_count(), Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// - [`Damaged`](CountError::Damaged): what the ring's file says of it makes no sense. Nobody can tell any more.
    /// - [`Outrun`](CountError::Outrun): the writer was faster than the count. Ask again.
    pub fn message_count(&self) -> Result<u64, CountError> {
        self.consumer.endpoint().messages_ever()
    }

    /// Tells this ring from every other, also from one that has its path before or after it: see [`RingId`].
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

    /// Which of the ring's readers this is: 1 for the first that opened it, and one more for each after it.
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

    /// Which of the ring's writers the last one is, alive or not, counted from 1. Where it has changed, another writer
    /// has gone on from where the last one stood.
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

    /// Whether the ring's file still has the name by which this handle has it, so that a writer that is to come can
    /// find it. It has lost it where the file was removed, by `rm`, by a clean-up of temporary files or at a log-out
    /// (`RemoveIPC=`), or renamed, or where another file or link took its place; and it can get it back. A ring without
    /// a name goes on between those who hold it, and is gone with the last of them.
    ///
    /// Makes one system call, and does not block. A look that fails says nothing, so this is `true` then. It stays
    /// `true` where the directory was moved as a whole, and for a ring of sealed memory, which never had a name.
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
