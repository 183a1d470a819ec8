//! The writer's handle: what each call promises. `protocol/producer.rs` has the steps.

use core::fmt;
use core::time::Duration;
use std::path::Path;

use super::batch::WriteBatch;
use super::grant::{Grant, Publication};
use super::plan::Plan;
use crate::file::{CreateError, CreateOrAttachError, OpenError};
use crate::protocol::{push_at_once, CountError, Producer, PushError, RingId, TryPushError};

/// A writer's handle: pushes messages into a ring.
///
/// **Dropping the handle ends the stream, also when `?` drops it.** The reader gets the messages that are left, then
/// [`PopError::Closed`](crate::PopError::Closed). It takes what it got for the whole stream. There are two other ways
/// to leave:
///
/// - [`finish`](Self::finish) ends the stream in any case.
/// - [`abandon`](Self::abandon) leaves the stream without an end: call it on an error path. The reader gets the
///   messages that are left, then [`PopError::PeerGone`](crate::PopError::PeerGone), as after the death of the writer's
///   process.
///
/// **A drop while the thread panics abandons the stream**, unless [`finish`](Self::finish) makes that drop. In each
/// case another writer can [attach](RingWriter::attach) and go on.
///
/// A ring has one writer at a time, over all processes. The handle can move to another thread. It cannot be shared
/// between threads or cloned:
///
/// ```compile_fail,E0277
/// fn shared<T: Sync>() {}
/// shared::<ipc_ring::RingWriter>();
/// ```
///
/// ```compile_fail,E0277
/// fn cloned<T: Clone>() {}
/// cloned::<ipc_ring::RingWriter>();
/// ```
///
/// [`RingOptions`](crate::RingOptions) creates and attaches with options of your own.
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
    pub(super) producer: Producer,
}

impl RingWriter {
    /// Creates a ring of `capacity` bytes at `path` and becomes its writer.
    ///
    /// The capacity is a power of two from 64 to 2^31 (2 GiB). The file takes two pages more. Its space is allocated
    /// now, so that it cannot run out later. The file appears at `path` only when it is complete, so a reader that
    /// waits for it can open it at once. The ring stays until somebody removes it. Does not wait for a reader.
    ///
    /// # Errors
    /// Each leaves the filesystem as it was. A crash leaves a whole ring at `path`, or nothing there.
    ///
    /// - [`CreateError::InvalidCapacity`]: pass a power of two from 64 to 2^31.
    /// - [`CreateError::AlreadyExists`]: something is at `path`. Attach to it if it is a ring, or choose another path.
    /// - [`CreateError::UnsuitableFilesystem`]: this filesystem is not known to keep the space that it allocates.
    ///   Choose another path, or allow `Trust::any_filesystem`.
    /// - [`CreateError::Io`]: the system refused a step, which the error names.
    ///
    /// # Examples
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
    pub fn create(path: impl AsRef<Path>, capacity: usize) -> Result<RingWriter, CreateError> {
        Plan::default().create(path.as_ref(), capacity).map(Self::of)
    }

    /// Becomes the writer of the ring at `path`, creating it if nothing is there.
    ///
    /// A ring that is there stays as it is, also one of another capacity: [`capacity`](Self::capacity) tells. If
    /// several processes call this at once, one of them becomes the writer. The others get [`OpenError::Busy`]. Waits
    /// no longer than [`attach`](Self::attach) does, and a crash leaves no more.
    ///
    /// # Errors
    /// Each leaves `path` as it was.
    ///
    /// - [`CreateOrAttachError::Create`]: nothing was there and no ring could be created, as with
    ///   [`create`](Self::create).
    /// - [`CreateOrAttachError::Attach`]: something is there and this process could not become its writer, as with
    ///   [`attach`](Self::attach).
    ///
    /// # Examples
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
    pub fn create_or_attach(path: impl AsRef<Path>, capacity: usize) -> Result<Self, CreateOrAttachError> {
        Plan::default().create_or_attach(path.as_ref(), capacity).map(Self::of)
    }

    /// Becomes the writer of the ring at `path`, and goes on after its last writer.
    ///
    /// Position and [count](Self::message_count) go on where they stood, however the last writer left. If it ended its
    /// stream, this one begins another stream; else this one continues that stream. A message that it was pushing when
    /// it died is in the ring as a whole, or not at all.
    ///
    /// Does not wait, except for a process that is just removing the ring: for at most 0.1 seconds.
    ///
    /// Takes longer the larger the ring is: it makes all pages present, unless
    /// [`prefault`](crate::RingOptions::prefault) is off, and reads the headers of up to a lap of messages to count
    /// them. Where we measured it, attaching to a full ring of 1 GiB took 250 ms with messages of 256 bytes, and 360 ms
    /// with messages of 8 bytes.
    ///
    /// # Errors
    /// Each leaves the ring as it was. A crash leaves it to the next writer.
    ///
    /// - [`OpenError::NotFound`]: nothing is at `path`. Create the ring.
    /// - [`OpenError::NotARing`], [`OpenError::Incompatible`], [`OpenError::Corrupt`]: this file cannot be used. Choose
    ///   another path, or remove the file.
    /// - [`OpenError::AnotherBoot`]: the ring is older than the last start of the system. Remove it, or allow
    ///   `Trust::any_boot`.
    /// - [`OpenError::AnotherOwner`]: the ring has an owner's tag. Pass it to `RingOptions::owner_tag`.
    /// - [`OpenError::Busy`]: the ring has a living writer, in this process or in another. Stop that one first.
    /// - [`OpenError::Full`]: the ring lacks the 8 bytes for the end of another stream. Wait for a reader to make room,
    ///   with [`attach_wait`](Self::attach_wait).
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
    /// use ipc_ring::{OpenError, RingWriter, Side};
    ///
    /// let writer = RingWriter::create(&path, 4096)?;
    /// let second = RingWriter::attach(&path);
    /// assert!(matches!(second, Err(OpenError::Busy { side: Side::Writer, .. })));
    /// drop(writer);
    /// let successor = RingWriter::attach(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attach(path: impl AsRef<Path>) -> Result<RingWriter, OpenError> {
        Plan::default().attach(path.as_ref(), Some(Duration::ZERO)).map(Self::of)
    }

    /// Becomes the writer like [`attach`](Self::attach), waiting while the ring is full.
    ///
    /// Only a ring that is full to its last byte makes this wait: the end of this writer's stream needs 8 bytes. A
    /// reader makes room when it goes on.
    ///
    /// `None` waits as long as it takes. `Some(d)` limits the wait to `d`, on the monotonic clock. This process holds
    /// the writer's side during the wait.
    ///
    /// # Errors
    /// As [`attach`](Self::attach), and:
    ///
    /// - [`OpenError::Full`]: nobody made room before the deadline. Or the last reader left or died: this ends the wait
    ///   early, unless the options ask to [await successors](crate::RingOptions::await_successors).
    /// - [`OpenError::NotFound`], [`OpenError::Replaced`]: the file was removed or replaced and no reader lives, so no
    ///   reader can come.
    ///
    /// # Examples
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
    /// RingReader::open(&path)?.try_pop(&mut Vec::new()).unwrap_err(); // Closed: it passed all the ends
    /// RingWriter::attach_wait(&path, None)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn attach_wait(path: impl AsRef<Path>, timeout: Option<Duration>) -> Result<RingWriter, OpenError> {
        Plan::default().attach(path.as_ref(), timeout).map(Self::of)
    }

    /// Pushes a message, waiting for space if there is none.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock.
    /// `Some(Duration::ZERO)` tries once. A call that waits first stays awake, then sleeps in the kernel, as the
    /// [`WaitStrategy`](crate::WaitStrategy) says. Makes no system call while there is space and the reader is awake.
    ///
    /// # Errors
    /// The message is not in the ring. (A message that does not fit the ring together with the padding before it may
    /// leave that padding.)
    ///
    /// - [`PushError::TooLarge`], at once: the message can never fit. Split it, or create a larger ring.
    /// - [`PushError::TimedOut`]: no space came before the deadline. Push again.
    /// - [`PushError::Closed`]: the reader left, before or during the call. Push again once another reader has come.
    /// - [`PushError::PeerGone`]: there is no space, and the reader died. Push again once another reader has come.
    /// - [`PushError::Removed`], [`PushError::Replaced`]: there is no space, and no reader lives. The call would wait
    ///   for another one, but the file has lost its name. Create the ring anew, or attach to the other file. While
    ///   there is space, only [`still_named`](Self::still_named) tells.
    /// - [`PushError::Corrupt`]: the reader broke the protocol. Drop the handle.
    /// - [`PushError::Forked`]: the handle belongs to this process's parent. Use it there.
    ///
    /// A call that waits learns of a death or of a lost name within 60 ms. With a time-out of zero it does not ask.
    ///
    /// # Crashes
    /// Once this returns `Ok`, the message survives the death of any process, this one included. A crash before that
    /// leaves the message in the ring as a whole, or not at all.
    ///
    /// # Examples
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
    #[inline(always)]
    #[doc(alias = "send")]
    pub fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        self.producer.push(message, timeout)
    }

    /// Pushes a message if there is space for it now. Never blocks.
    ///
    /// # Errors
    /// As [`push`](Self::push). In place of `TimedOut`, `PeerGone`, `Removed` and `Replaced` this returns
    /// [`TryPushError::Full`]: there is no space now. Try again, or give the message up.
    ///
    /// # Examples
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
    #[inline]
    #[doc(alias = "try_send")]
    pub fn try_push(&mut self, message: &[u8]) -> Result<(), TryPushError> {
        push_at_once(|timeout| self.push(message, timeout))
    }

    /// Begins a batch of messages, which are published together: see [`WriteBatch`]. Never blocks.
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
    #[inline]
    pub fn batch(&mut self) -> WriteBatch<'_> {
        WriteBatch::new(&mut self.producer)
    }

    /// Reserves space for a message, waiting if there is none.
    ///
    /// The message can have up to `len` bytes. Write them into the [`Grant`], then commit it. Waits like
    /// [`push`](Self::push). A crash before the commit leaves nothing of the message in the ring.
    ///
    /// # Errors
    /// As [`push`](Self::push), for a message of `len` bytes.
    ///
    /// # Examples
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
    #[inline]
    pub fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        // Publish what a forgotten batch left: a dropped grant then takes back its own padding alone.
        self.producer.publish();
        Grant::of(&mut self.producer, len, timeout, Publication::AtOnce)
    }

    /// Reserves space for a message if there is space now. Never blocks.
    ///
    /// # Errors
    /// As [`try_push`](Self::try_push), for a message of `len` bytes.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// use ipc_ring::TryPushError;
    ///
    /// writer.push(&[0; 4080], None)?;
    /// assert_eq!(writer.try_reserve(0).unwrap_err(), TryPushError::Full);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_reserve(&mut self, len: usize) -> Result<Grant<'_>, TryPushError> {
        push_at_once(move |timeout| self.reserve(len, timeout))
    }

    /// Ends the stream and leaves the ring. Never blocks.
    ///
    /// An ordinary drop does the same. This call says that you mean it, and ends the stream also while the thread
    /// panics. The reader gets the messages that are left, then `PopError::Closed`.
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

    /// Leaves the ring without ending the stream: for error paths. Never blocks.
    ///
    /// The reader gets the messages that are left, then `PopError::PeerGone`, within 60 ms if it waits, as after the
    /// death of the writer's process. A reader that [awaits successors](crate::RingOptions::await_successors) gets no
    /// error: it waits for the next writer, which can [attach](Self::attach) at once.
    ///
    /// ```
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
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn abandon(mut self) {
        self.producer.ends_the_stream(false);
    }

    /// Returns the size of the ring in bytes.
    ///
    /// A message takes 8 bytes more than its length, rounded up to a multiple of 8. The writer keeps 8 bytes free for
    /// the end of the stream, so messages have the capacity less 8.
    ///
    /// ```
    /// # let (writer, _reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(writer.capacity(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capacity(&self) -> usize {
        self.producer.endpoint().capacity().bytes() as usize
    }

    /// Returns the length of the longest message: the capacity less 16 bytes.
    ///
    /// These are the 8 bytes of its header, and the 8 bytes kept for the end of the stream.
    ///
    /// ```
    /// # let (writer, _reader) = ipc_ring::pair(4096)?;
    /// assert_eq!(writer.max_message_len(), 4080);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_message_len(&self) -> usize {
        self.producer.endpoint().capacity().max_message_len()
    }

    /// Tells whether the reader has released everything: messages, padding and ends of streams.
    ///
    /// A ring without messages is not empty while the end of a stream waits in it.
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

    /// Returns the number of bytes in use: messages not yet popped, headers, padding, ends.
    ///
    /// The reader may be releasing some of them.
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

    /// Returns the number of free bytes: the capacity less the used bytes.
    ///
    /// The writer keeps 8 of them for the end of the stream. A message that would cross the end of the ring also needs
    /// padding, at most as much as its own size.
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

    /// Returns the writer's position: the bytes ever written to this ring, modulo 2^64.
    ///
    /// Headers, padding and ends of streams count. The next record goes here. A position that was noted before a push
    /// and is the same after a crash tells that the push did not get in.
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

    /// Returns the number of messages ever pushed into this ring, by all its writers.
    ///
    /// The count is exact, also after a kill at any instant. Messages of a batch count from the push. If the writer
    /// dies before it publishes them, they are gone, and its successor does not count them. Costs nothing.
    ///
    /// A writer that attached and gets the same messages from the start again has to skip this many.
    ///
    /// # Errors
    /// [`CountError::Damaged`]: the counts in the ring's file made no sense when this writer attached. They stay
    /// damaged, for successors too: go by positions.
    ///
    /// # Examples
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
    /// writer.push(b"one", None)?;
    /// writer.push(b"two", None)?;
    /// assert_eq!(writer.message_count(), Ok(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn message_count(&self) -> Result<u64, CountError> {
        self.producer.endpoint().messages()
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
        self.producer.endpoint().id()
    }

    /// Counts messages that this program gave up instead of pushing them. Never blocks.
    ///
    /// Call it when the ring was full, for instance. The count adds up over all writers of the ring, modulo 2^64, and
    /// survives a crash. An onlooker finds it in [`SideView::dropped`](crate::SideView::dropped). The reader is not
    /// told.
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

    /// Returns the number of messages that were [given up](Self::count_dropped), by all writers.
    ///
    /// Modulo 2^64. A writer that gets the same messages from the start again has to skip these too.
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

    /// Counts messages that this program pushes again. Never blocks.
    ///
    /// Call it when the last message was incomplete at its first push, for instance. The count is kept like that of
    /// [`count_dropped`](Self::count_dropped); an onlooker finds it in
    /// [`SideView::repeated`](crate::SideView::repeated).
    ///
    /// A writer that gets the same messages from the start again skips [`message_count`](Self::message_count) +
    /// [`dropped`](Self::dropped) - [`repeated`](Self::repeated) of them.
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

    /// Returns the number of messages that were [pushed again](Self::count_repeated), by all writers.
    ///
    /// Modulo 2^64.
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

    /// Returns a copy of the message that was pushed last, by any writer.
    ///
    /// It is there also after it was popped, until other bytes overwrite it. So a writer that attached can check that
    /// it goes on where its predecessor stopped. Messages of a batch count from the push. Never blocks; at worst it
    /// reads a word for each 8 bytes of the ring.
    ///
    /// Returns `None`:
    ///
    /// - if no message was ever pushed, or the ring's file was damaged;
    /// - if a writer has begun the next lap since, and no message of that lap was published. The end of a stream stands
    ///   there, or the writer died there in a push, a batch or a grant, or dropped a grant, or its push failed. With a
    ///   ring of 1 MiB, one end in 131,072 begins a lap.
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

    /// Tells whether the end of a stream is the last record that was written.
    ///
    /// If so, the last writer before this one ended its stream; it did not die in the middle of it. The answer stays
    /// the same after the reader has taken the end. Never blocks; at worst it reads a word for each 8 bytes of the
    /// ring.
    ///
    /// Only a message whose last 8 bytes are those of an end (as a little-endian `u64`, 3 << 32) may be mistaken for
    /// one. It is mistaken if a writer began the next lap after it and published nothing of it, as with
    /// [`last_message`](Self::last_message), or if the counts are damaged.
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

    /// Returns this writer's number among the ring's writers.
    ///
    /// The writer that created the ring is number 1; each that attaches has the next number.
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

    /// Returns the number of the ring's last reader, whether it lives or not.
    ///
    /// Readers are counted from 1; 0 means that none has come yet. When the number changes, another reader has gone on
    /// where the last one stood.
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

    /// Tells whether the ring's file still has its name.
    ///
    /// A reader can find the ring only by that name.
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
    /// use ipc_ring::RingWriter;
    ///
    /// // A log that writes a line a minute, and never waits: can a reader still find it?
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

    pub(crate) fn is_forked(&self) -> bool {
        self.producer.is_forked()
    }

    /// Sets whether the drop ends the stream. By default it does, unless the thread panics.
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
