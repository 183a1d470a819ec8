//! The writer's handle: what each call promises. The steps are `protocol/producer.rs`.

use core::fmt;
use core::time::Duration;
use std::path::Path;

use super::batch::WriteBatch;
use super::grant::{Grant, Publication};
use super::plan::Plan;
use crate::file::{CreateError, CreateOrAttachError, OpenError};
use crate::protocol::{push_at_once, CountError, Producer, PushError, RingId, TryPushError};

/// Pushes messages into a ring, and ends their stream when it is dropped.
///
/// **Dropping it ends the stream, by `?` too**: the reader gets what is left, then
/// [`PopError::Closed`](crate::PopError::Closed), and takes what it has got for the whole. Where that is not so, on an
/// error path, [`abandon`](Self::abandon) it: the reader gets what is left, then
/// [`PopError::PeerGone`](crate::PopError::PeerGone), as where the writer's process has died. So it is where a panic
/// drops it: **while its thread panics, no drop ends a stream**, whoever drops it and whenever it was made.
/// [`finish`](Self::finish) ends the stream in any case. However a writer has gone, another one can
/// [attach](RingWriter::attach) and go on.
///
/// A ring has one writer at a time, over all processes. The handle may move to another thread, but it cannot be
/// shared between threads, and it cannot be cloned:
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<ipc_ring::RingWriter>();
/// ```
/// ```compile_fail,E0277
/// fn cloned<T: Clone>() {}
/// cloned::<ipc_ring::RingWriter>();
/// ```
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::RingWriter;
///
/// // A program that can be restarted goes on where it stood.
/// let mut writer = RingWriter::create_or_attach(&path, 4096)?;
/// writer.push(b"data", None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias("Sender", "Producer"))]
pub struct RingWriter {
    producer: Producer,
}

impl RingWriter {
    /// Creates a ring of `capacity` bytes at `path` and becomes its writer, with the default
    /// [`RingOptions`](crate::RingOptions).
    ///
    /// The capacity is a power of two from 64 to 2^31 (2 GiB). The file takes two pages more; its space is
    /// allocated now, so that it cannot run out later. The file appears at `path` when it is complete, never before, so
    /// a reader that waits for it may open it as soon as it is there. It stays until somebody removes it.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{CreateError, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// let again = RingWriter::create(&path, 4096);
    /// assert!(matches!(again, Err(CreateError::AlreadyExists { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Nothing is left behind.
    ///
    /// - [`InvalidCapacity`](CreateError::InvalidCapacity): pass one that it names.
    /// - [`AlreadyExists`](CreateError::AlreadyExists): something is at `path`; it is untouched.
    /// - [`UnsuitableFilesystem`](CreateError::UnsuitableFilesystem): what is allocated at `path` is not known to be
    ///   kept; see [`Trust::any_filesystem`](crate::Trust::any_filesystem).
    /// - [`Io`](CreateError::Io): the system refused, for instance for want of space.
    pub fn create(path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        Plan::default().create(path.as_ref(), capacity).map(Self::of)
    }

    /// Becomes the writer of the ring at `path`; creates it, with `capacity` bytes, if nothing is there.
    ///
    /// What is there stays as it is: a ring of another capacity, too ([`capacity`](Self::capacity) tells). Of several
    /// processes that call this at once, one is the writer, whoever created the ring, and the others are told that it
    /// is [`Busy`](OpenError::Busy). It does not block, but for what [`attach`](Self::attach) says.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::RingWriter;
    ///
    /// for run in 1..=3 {
    ///     let mut writer = RingWriter::create_or_attach(&path, 4096)?; // goes on where the last one stood
    ///     writer.push(b"data", None)?;
    ///     assert_eq!(writer.message_count(), Ok(run));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What is at `path` is as it was; where nothing was there, nothing is.
    ///
    /// - [`Create`](CreateOrAttachError::Create): nothing was there, and no ring could be created, as with
    ///   [`create`](Self::create).
    /// - [`Attach`](CreateOrAttachError::Attach): something is there, and no writer could attach to it, as with
    ///   [`attach`](Self::attach).
    pub fn create_or_attach(path: impl AsRef<Path>, capacity: usize) -> Result<Self, CreateOrAttachError> {
        Plan::default().create_or_attach(path.as_ref(), capacity).map(Self::of)
    }

    /// Becomes the writer of the ring at `path` and goes on where its last writer stood, however that one ended, with
    /// the default [`RingOptions`](crate::RingOptions).
    ///
    /// It does not block, but that it waits where the ring is just being removed, for at most a tenth of a second.
    /// Where the last stream has ended, another one begins; where it has not, it goes on. A message that the last
    /// writer was pushing when it died is in the ring wholly or not at all.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{OpenError, RingWriter, Side};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// let second = RingWriter::attach(&path);
    /// assert!(matches!(second, Err(OpenError::Busy { side: Side::Writer, .. })));
    /// drop(writer);
    /// let successor = RingWriter::attach(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The ring is as it was.
    ///
    /// - [`NotFound`](OpenError::NotFound): nothing is at `path`; create the ring.
    /// - [`NotARing`](OpenError::NotARing), [`Incompatible`](OpenError::Incompatible),
    ///   [`Corrupt`](OpenError::Corrupt): what is there cannot be used.
    /// - [`AnotherBoot`](OpenError::AnotherBoot): it was created before the system was last started; see
    ///   [`Trust::any_boot`](crate::Trust::any_boot).
    /// - [`AnotherOwner`](OpenError::AnotherOwner): it was created with an owner's tag; see
    ///   [`RingOptions::owner_tag`](crate::RingOptions::owner_tag).
    /// - [`Busy`](OpenError::Busy): a living writer holds the ring, in this process or another.
    /// - [`Full`](OpenError::Full): there is no room for the end of another stream, 8 bytes, until a reader makes some;
    ///   [`attach_wait`](Self::attach_wait) waits for that.
    /// - [`Untrusted`](OpenError::Untrusted): others may have made the file or may change it; see
    ///   [`Trust::any_owner`](crate::Trust::any_owner).
    /// - [`UnsuitableFilesystem`](OpenError::UnsuitableFilesystem): what was allocated for it is not known to be kept;
    ///   see [`Trust::any_filesystem`](crate::Trust::any_filesystem).
    /// - [`Replaced`](OpenError::Replaced): the file was replaced during the call; try again.
    /// - [`FencesUnavailable`](OpenError::FencesUnavailable): a sandbox refuses this process what the ring was created
    ///   with; create it with [`FenceMode::Symmetric`](crate::FenceMode::Symmetric).
    /// - [`Io`](OpenError::Io): the system refused.
    pub fn attach(path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        Plan::default().attach(path.as_ref(), Some(Duration::ZERO)).map(Self::of)
    }

    /// As [`attach`](Self::attach), and where there is no room in the ring for the end of another stream, waits for a
    /// reader to make it. That is so only where the ring is full to the last byte, the end of the last stream included.
    ///
    /// `None` waits as long as it takes; `Some(d)` is a deadline for the wait, on the monotonic clock. This holds the
    /// writer's side meanwhile. It gives up sooner where the last reader left or died, unless
    /// [successors are awaited](crate::RingOptions::await_successors), and where no reader can find the ring any more.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use std::time::Duration;
    /// use ipc_ring::{OpenError, RingReader, RingWriter};
    ///
    /// drop(RingWriter::create(&path, 64)?);
    /// for _ in 1..8 {
    ///     drop(RingWriter::attach(&path)?); // an end takes 8 bytes
    /// }
    /// let full = RingWriter::attach_wait(&path, Some(Duration::from_millis(1)));
    /// assert!(matches!(full, Err(OpenError::Full { .. })));
    /// RingReader::open(&path)?.try_pop(&mut Vec::new()).unwrap_err(); // Closed: it came to all the ends
    /// RingWriter::attach_wait(&path, None)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`attach`](Self::attach); [`Full`](OpenError::Full) where nobody made room until the deadline, or the last
    /// reader left or died; [`NotFound`](OpenError::NotFound) or [`Replaced`](OpenError::Replaced) where no reader
    /// lives and the ring was removed or replaced meanwhile.
    pub fn attach_wait(path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingWriter, OpenError> {
        Plan::default().attach(path.as_ref(), timeout).map(Self::of)
    }

    /// Pushes a message, waiting for space as long as `timeout` says.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock;
    /// `Some(Duration::ZERO)` tries once. While it waits, the call first spins, then sleeps in the kernel, as the
    /// [`WaitStrategy`](crate::WaitStrategy) says. It makes no system call while there is space and the reader is
    /// awake.
    ///
    /// Once this returns `Ok`, the message is in the ring and survives the death of any process, this one
    /// included. A crash before that leaves the message in the ring wholly or not at all.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// use std::time::Duration;
    /// use ipc_ring::PushError;
    ///
    /// writer.push(b"data", None)?;
    /// let large = vec![0; writer.max_message_len()];
    /// let full = writer.push(&large, Some(Duration::from_millis(1)));
    /// assert_eq!(full, Err(PushError::TimedOut));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The message is not in the ring, and nothing is left behind but, for a message that together with the
    /// padding before it exceeds the capacity, that padding.
    ///
    /// - [`TooLarge`](PushError::TooLarge), at once: it can never fit.
    /// - [`TimedOut`](PushError::TimedOut): there was no space until the deadline.
    /// - [`Closed`](PushError::Closed): the reader closed its end, before or during the call.
    /// - [`PeerGone`](PushError::PeerGone): there is no space and the reader's process died; within 60 ms of
    ///   the end of its process. A time-out of zero does not ask.
    /// - [`Removed`](PushError::Removed), [`Replaced`](PushError::Replaced): there is no space, no reader lives, one
    ///   that is to come would be waited for, and none can find the ring; within 60 ms, too. Not where there is space:
    ///   ask [`still_named`](Self::still_named) if that matters.
    /// - [`Corrupt`](PushError::Corrupt): the reader broke the protocol.
    #[inline(always)]
    #[doc(alias = "send")]
    pub fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        self.producer.push(message, timeout)
    }

    /// Pushes a message if there is space for it now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// use ipc_ring::TryPushError;
    ///
    /// writer.try_push(&[0; 4080])?;
    /// assert_eq!(writer.try_push(b"data"), Err(TryPushError::Full));
    /// reader.pop(&mut Vec::new(), None)?;
    /// writer.try_push(b"data")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`push`](Self::push), but where that would wait this returns [`Full`](TryPushError::Full), and it does
    /// not ask whether the reader's process lives.
    #[inline]
    #[doc(alias = "try_send")]
    pub fn try_push(&mut self, message: &[u8]) -> Result<(), TryPushError> {
        push_at_once(|timeout| self.push(message, timeout))
    }

    /// Begins a batch: messages that are pushed into it go to the reader together, by one publication. See
    /// [`WriteBatch`].
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// let mut batch = writer.batch();
    /// batch.push(b"one", None)?;
    /// batch.push(b"two", None)?;
    /// drop(batch); // publishes
    /// assert_eq!(writer.used_bytes(), 32);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch(&mut self) -> WriteBatch<'_> {
        WriteBatch::new(&mut self.producer)
    }

    /// Reserves space for a message of up to `len` bytes, which is then filled in place and committed: see [`Grant`].
    /// It waits for space as [`push`](Self::push) does.
    ///
    /// A crash before the grant is committed leaves nothing of the message in the ring.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// use std::io::Write;
    ///
    /// let mut grant = writer.reserve(100, None)?; // at most 100 bytes
    /// write!(grant, "pi is {}", 3.14)?;
    /// grant.commit();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`push`](Self::push), for a message of `len` bytes.
    pub fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        // Publishes what a forgotten batch left, so that a grant that is dropped takes back no more than its own.
        self.producer.publish();
        Grant::of(&mut self.producer, len, timeout, Publication::AtOnce)
    }

    /// Reserves space for a message of up to `len` bytes, if there is space for it now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// use ipc_ring::TryPushError;
    ///
    /// writer.push(&[0; 4080], None)?;
    /// assert_eq!(writer.try_reserve(0).unwrap_err(), TryPushError::Full);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`reserve`](Self::reserve), but where that would wait this returns [`Full`](TryPushError::Full).
    pub fn try_reserve(&mut self, len: usize) -> Result<Grant<'_>, TryPushError> {
        push_at_once(move |timeout| self.reserve(len, timeout))
    }

    /// Ends the stream: the reader gets what is left, then [`PopError::Closed`](crate::PopError::Closed). Never blocks,
    /// and does not wait for the reader.
    ///
    /// An ordinary drop does the same. This says that the end is meant, and does it also while the thread panics.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// use ipc_ring::PopError;
    ///
    /// writer.push(b"the last", None)?;
    /// writer.finish();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 8);
    /// assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::Closed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(mut self) {
        self.producer.ends_the_stream(true);
    }

    /// Lets the ring go without ending the stream: for error paths. Never blocks.
    ///
    /// What was pushed stays in the ring. The reader is told what a death tells: it gets what is left, then
    /// [`PopError::PeerGone`](crate::PopError::PeerGone), within 60 ms where it waits. One that awaits successors is
    /// told nothing and waits for the next writer, which can [attach](Self::attach) at once.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
    /// # let mut reader = ipc_ring::RingReader::open(&path)?;
    /// # let input = ["1", "2", "three"];
    /// use ipc_ring::{PopError, RingWriter};
    ///
    /// fn send(input: &[&str], writer: &mut RingWriter) -> Result<(), Box<dyn std::error::Error>> {
    ///     for line in input {
    ///         writer.push(&line.parse::<u64>()?.to_le_bytes(), None)?;
    ///     }
    ///     Ok(())
    /// }
    ///
    /// match send(&input, &mut writer) {
    ///     Ok(()) => writer.finish(),
    ///     Err(error) => {
    ///         eprintln!("{error}");
    ///         writer.abandon(); // two messages are not the whole input
    ///     }
    /// }
    /// assert_eq!(reader.iter(None).take(2).count(), 2);
    /// assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::PeerGone));
    /// # Ok(())
    /// # }
    /// ```
    pub fn abandon(mut self) {
        self.producer.ends_the_stream(false);
    }

    /// The size of the ring in bytes. Each message takes 8 bytes more than its length, rounded up to a multiple of 8,
    /// and 8 bytes are kept for the end of the stream: messages have the capacity less 8.
    ///
    /// ```
    /// # let (writer, _reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(writer.capacity(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.producer.endpoint().capacity().bytes() as usize
    }

    /// The most bytes a message may have: the capacity less 16, its header's and those kept for the end of the stream.
    ///
    /// ```
    /// # let (writer, _reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(writer.max_message_len(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_message_len(&self) -> usize {
        self.producer.endpoint().capacity().max_message_len()
    }

    /// Whether the reader has gone past everything that was written: messages, padding and ends of streams. Ends that
    /// no reader has come to are there.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert!(!writer.is_empty());
    /// reader.pop(&mut Vec::new(), None)?;
    /// assert!(writer.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.used_bytes() == 0
    }

    /// The bytes of the ring that hold messages not yet popped, their headers, padding and ends of streams included.
    /// The reader may be lowering the figure at this moment.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(writer.used_bytes(), 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn used_bytes(&self) -> usize {
        self.producer.endpoint().distance() as usize
    }

    /// The bytes of the ring that are free: the capacity less the used ones. Of these, 8 are kept for the end of the
    /// stream. A message may need up to its own size in padding on top of it, where it would cross the end of the ring.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// assert_eq!(writer.free_bytes(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn free_bytes(&self) -> usize {
        self.capacity() - self.used_bytes()
    }

    /// The bytes that were ever pushed through this ring, modulo 2^64, headers, padding and ends of streams included:
    /// where the next record goes. A writer that attached learns from it whether its predecessor's last push got in:
    /// that one, had it noted where it stood before it pushed, stood here if it did not.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// let before = writer.position(); // note this where it survives a crash
    /// writer.push(b"data", None)?;
    /// assert_eq!(writer.position(), before + 16);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn position(&self) -> u64 {
        self.producer.endpoint().position().get()
    }

    /// Counts the messages that were ever pushed into this ring, by this writer and by those before it, also where
    /// these were killed at any instant. Those of a batch count when they are pushed into it. Costs nothing.
    ///
    /// A writer that attached, and that is given the same messages from the start again, has to skip this many.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// assert_eq!(writer.message_count(), Ok(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Damaged`](CountError::Damaged): what the ring's file says of it made no sense when this writer came. Nobody
    /// can tell any more, nor will a successor.
    pub fn message_count(&self) -> Result<u64, CountError> {
        self.producer.endpoint().messages()
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
        self.producer.endpoint().id()
    }

    /// Counts `messages` that this program has given up instead of pushing them, for instance because the ring was
    /// full. They are added to those that it and the writers before it gave up, modulo 2^64, where whoever looks at the
    /// ring finds them ([`SideView::dropped`](crate::SideView::dropped)), also after a crash. The reader is not told.
    /// Never blocks.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingView, RingWriter, TryPushError};
    ///
    /// let mut writer = RingWriter::create(&path, 64)?;
    /// for line in ["fits", "fits", "fits", "does not"] {
    ///     match writer.try_push(line.as_bytes()) {
    ///         Err(TryPushError::Full) => writer.count_dropped(1),
    ///         pushed => pushed?,
    ///     }
    /// }
    /// assert_eq!(RingView::open(&path)?.snapshot().writer.dropped, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_dropped(&mut self, messages: u64) {
        self.producer.endpoint().figures().dropped.add(messages);
    }

    /// The messages that this writer and those before it [gave up](Self::count_dropped), modulo 2^64. A writer that is
    /// given the same messages from the start again has been through as many of them, besides those that it
    /// [pushed](Self::message_count).
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"data", None)?;
    /// writer.count_dropped(2);
    /// assert_eq!((writer.message_count(), writer.dropped()), (Ok(1), 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dropped(&self) -> u64 {
        self.producer.endpoint().figures().dropped.get()
    }

    /// Counts `messages` that this program pushes though the ring has had them, for instance because the last one was
    /// not whole when it was pushed first. They are added to those of the writers before it, modulo 2^64, where
    /// whoever looks at the ring finds them ([`SideView::repeated`](crate::SideView::repeated)), also after a crash.
    /// The reader is not told. Never blocks.
    ///
    /// A writer that is given the same messages from the start again skips
    /// [`message_count`](Self::message_count) + [`dropped`](Self::dropped) - [`repeated`](Self::repeated) of them.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"half a li", None)?;
    /// writer.count_repeated(1);
    /// writer.push(b"half a line", None)?; // by now it is whole
    /// let had = writer.message_count()? + writer.dropped() - writer.repeated();
    /// assert_eq!(had, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_repeated(&mut self, messages: u64) {
        self.producer.endpoint().figures().repeated.add(messages);
    }

    /// The messages that this writer and those before it [pushed again](Self::count_repeated), modulo 2^64.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(writer.repeated(), 0);
    /// writer.count_repeated(2);
    /// assert_eq!(writer.repeated(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn repeated(&self) -> u64 {
        self.producer.endpoint().figures().repeated.get()
    }

    /// A copy of the message that was pushed last, by this writer or by those before it, also where it was popped: its
    /// bytes stay in the ring until others take their place. So a writer that attached can see whether what it is about
    /// to go on with is what its predecessor stopped at. Those of a batch count when they are pushed into it.
    ///
    /// `None` where no message was ever pushed, where the ring's file was damaged, and where it cannot be told: the
    /// last writer died, and had pushed into a batch, without publishing it, what may stand in the message's place;
    /// or the message ended just where the ring does, and what follows leaves it open where it began. It reads the
    /// headers of up to all messages that the ring can hold.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(writer.last_message(), None);
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// drop(writer);
    /// RingReader::open(&path)?.iter(None).take(2).for_each(drop);
    /// assert_eq!(RingWriter::attach(&path)?.last_message(), Some(b"two".to_vec()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn last_message(&self) -> Option<Vec<u8>> {
        self.producer.last_message()
    }

    /// Whether the end of a stream is the last thing in the ring, or was before it was taken: its last writer, if it
    /// was not this one, has ended its stream, and not been killed in the midst of it.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::RingWriter;
    ///
    /// RingWriter::create(&path, 4096)?.push(b"one", None)?; // and the drop ends the stream
    /// let mut writer = RingWriter::attach(&path)?;
    /// assert!(writer.follows_an_end());
    /// writer.push(b"two", None)?;
    /// assert!(!writer.follows_an_end());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follows_an_end(&self) -> bool {
        self.producer.follows_an_end()
    }

    /// Which of the ring's writers this is: 1 for the one that created it, and one more for each that attached.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::RingWriter;
    ///
    /// assert_eq!(RingWriter::create(&path, 4096)?.epoch(), 1);
    /// assert_eq!(RingWriter::attach(&path)?.epoch(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn epoch(&self) -> u64 {
        self.producer.endpoint().epoch()
    }

    /// Which of the ring's readers the last one is, alive or not, counted from 1; 0 if none has come yet. Where it has
    /// changed, another reader has gone on from where the last one stood.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{RingReader, RingWriter};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// assert_eq!(writer.peer_epoch(), 0); // no reader has come yet
    /// let reader = RingReader::open(&path)?;
    /// assert_eq!(writer.peer_epoch(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn peer_epoch(&self) -> u64 {
        self.producer.endpoint().peer_epoch()
    }

    /// Whether the ring's file still has the name by which this handle has it, so that a reader that is to come can
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
    /// use ipc_ring::RingWriter;
    ///
    /// // A log that writes a line a minute, and never waits: does anybody find it still?
    /// let mut writer = RingWriter::create(&path, 4096)?;
    /// writer.push(b"a line", None)?;
    /// assert!(writer.still_named());
    /// std::fs::remove_file(&path)?; // somebody cleans up
    /// if !writer.still_named() {
    ///     writer = RingWriter::create(&path, 4096)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn still_named(&self) -> bool {
        self.producer.endpoint().still_named()
    }

    pub(crate) fn of(producer: Producer) -> Self {
        Self { producer }
    }

    /// Has a drop end the stream, or leave it without an end, for it is not whole.
    pub(crate) fn ends_the_stream(&mut self, ends: bool) {
        self.producer.ends_the_stream(ends);
    }
}

impl fmt::Debug for RingWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RingWriter")
            .field("capacity", &self.capacity())
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
