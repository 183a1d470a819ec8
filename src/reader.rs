//! The reader's side: find the next record, copy, release.
//!
//! Knows records and how to doubt them. What it does not know: how a cursor travels (`endpoint.rs`), how one
//! waits (`wait.rs`), where the memory comes from (`src/file`). A message where it stands is `message.rs`, messages
//! that are released together are `batch.rs`: both are made of the steps here.

mod state;

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use crate::atomics::order::Reading;
use crate::atomics::Span;
use crate::batch::ReadBatch;
use crate::endpoint::Endpoint;
use crate::error::{Check, Loss, PopError};
use crate::header::Ring;
use crate::index::Position;
use crate::message::Message;
use crate::record::{Record, GRANULE, HEADER};
use crate::wait::{GaveUp, WaitStrategy};

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
pub struct RingReader {
    end: Endpoint<Reading>,
    strategy: WaitStrategy,
    not_sync: PhantomData<Cell<()>>,
}

/// How far a batch has come over what its reader had seen. Its reader stays where it is.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Where the next record stands.
    position: Position,
    /// How far the walk may go on without another thought, as a side's window has it.
    window: Position,
    /// The messages passed.
    passed: u64,
    /// The most messages that it may pass.
    max: u64,
}

impl RingReader {
    pub(crate) fn take(ring: Ring, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self { end: Endpoint::attach(ring)?, strategy, not_sync: PhantomData })
    }

    /// Pops the oldest message, at most once, into `buffer`, waiting for one as long as `timeout` says. Returns its
    /// length in bytes.
    ///
    /// What was in the buffer is replaced; its allocation is kept, and grown to the message's length where it
    /// is smaller. An empty message is a message, of length 0.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock;
    /// `Some(Duration::ZERO)` tries once. While it waits, the call first spins, then sleeps in the kernel, as the
    /// [`WaitStrategy`] says. It makes no system call while there is a message and the writer is awake.
    ///
    /// At most once: the message is released to the writer before this returns. Should this process crash after that
    /// and before it has dealt with the message, the message is lost. A crash before that delivers it again. What must
    /// not be lost is read by [`batch`](Self::batch).
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
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
    ///   [stops at ends](crate::RingOptions::stop_at_ends) is told of each until it [takes](Self::take_end) it.
    /// - [`PeerGone`](PopError::PeerGone): the writer's process died, and everything was popped; within 60 ms of
    ///   the end of its process. A time-out of zero does not ask.
    /// - [`Removed`](PopError::Removed), [`Replaced`](PopError::Replaced): everything was popped, no writer lives, one
    ///   that is to come would be waited for, and none can find the ring; within 60 ms, too.
    /// - [`Corrupt`](PopError::Corrupt): the writer broke the protocol.
    #[inline(always)] // As `push`.
    pub fn pop(&mut self, buffer: &mut Vec<u8>, timeout: Option<Duration>) -> Result<usize, PopError> {
        let record = self.next(timeout)?;
        // SAFETY: I3 (`next` returned the record, which is released only below).
        unsafe { self.payload(record, self.end.position()) }.copy_to(buffer);
        self.end.move_to(self.end.position().after(record.size()));
        self.end.publish();
        Ok(record.length())
    }

    /// Pops the oldest message, at most once, into `buffer` and returns its length in bytes, or `None` if there is no
    /// message now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
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
    pub fn try_pop(&mut self, buffer: &mut Vec<u8>) -> Result<Option<usize>, PopError> {
        at_once(|timeout| self.pop(buffer, timeout))
    }

    /// Looks at the oldest message without taking it, waiting for one as [`pop`](Self::pop) does: the next call finds
    /// it again.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// writer.push(b"data", None)?;
    /// assert_eq!(reader.peek(None)?.len(), 4);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4); // it is still there
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`pop`](Self::pop).
    pub fn peek(&mut self, timeout: Option<Duration>) -> Result<Message<'_>, PopError> {
        let record = self.next(timeout)?;
        // SAFETY: I3 and I4 (the message borrows this handle, without which nothing is released).
        Ok(unsafe { self.message(record, self.end.position()) })
    }

    /// Looks at the oldest message without taking it; `None` if there is no message now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// assert!(reader.try_peek()?.is_none());
    /// writer.push(b"data", None)?;
    /// assert!(reader.try_peek()?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`try_pop`](Self::try_pop).
    pub fn try_peek(&mut self) -> Result<Option<Message<'_>>, PopError> {
        at_once(move |timeout| self.peek(timeout))
    }

    /// Begins a batch of at most `max` messages, at least once each: they are read where they stand, and released when
    /// the batch is committed.
    ///
    /// A batch that is not [committed](ReadBatch::commit) releases nothing, and keeps the writer waiting: see
    /// [`ReadBatch`]. It waits for the first message as [`pop`](Self::pop) does, and for no other.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
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
        self.next(timeout)?;
        Ok(ReadBatch::new(self, max))
    }

    /// Begins a batch of at most `max` of the messages that there are, at least once each; `None` if there is none now.
    /// Never blocks. As with [`batch`](Self::batch), only a commit releases them.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
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
    pub fn try_batch(&mut self, max: usize) -> Result<Option<ReadBatch<'_>>, PopError> {
        at_once(move |timeout| self.batch(max, timeout))
    }

    /// Takes the end of a stream, where that is what comes next, as [`Closed`](PopError::Closed) has told a reader that
    /// [stops at ends](crate::RingOptions::stop_at_ends). What comes after it is of another stream. Whether there was
    /// an end: else nothing is done. Never blocks.
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
    /// let mut reader = RingOptions::new().stop_at_ends(true).open(&path)?;
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
        let position = self.end.position();
        let is_seen = self.end.room() > 0 || self.sees_another_lap();
        let is_an_end = is_seen && self.header(position) == Record::END.to_word();
        if is_an_end {
            self.end.begin_stream(position.after(Record::END.size()));
            self.end.publish();
        }
        is_an_end
    }

    /// A walk over at most `max` of the messages that were seen.
    pub(crate) fn walk(&self, max: u64) -> Walk {
        Walk { position: self.end.position(), window: self.end.window(), passed: 0, max }
    }

    /// The next message of `walk`, which moves on past it; `None` after the last. Nothing is released by that.
    ///
    /// # Safety
    /// I3: nothing is released in all of `'a`. I4: this handle outlives `'a`.
    #[inline]
    pub(crate) unsafe fn pass<'a>(&mut self, walk: &mut Walk) -> Option<Message<'a>> {
        let (record, position) = self.step(walk)?;
        // SAFETY: the caller's promise.
        Some(unsafe { self.message(record, position) })
    }

    /// The next record of a message that `walk` comes to, and where it stands. Padding and ends before it are passed
    /// with it (I14).
    #[inline]
    fn step(&mut self, walk: &mut Walk) -> Option<(Record, Position)> {
        while walk.passed < walk.max {
            let position = walk.position;
            let room = walk.window.since(position);
            if room == 0 {
                walk.window = self.end.window_from(position);
                if walk.window == position {
                    break;
                }
                continue;
            }
            match self.message_record(position, room) {
                Ok(record) => {
                    walk.position = position.after(record.size());
                    walk.passed += 1;
                    return Some((record, position));
                }
                Err(word) => self.walk_by(walk, word)?,
            }
        }
        None
    }

    /// Has `walk` pass the record where it stands, whose header is `word`, and which must be padding or an end. Where
    /// it is neither the walk ends for good: the check that failed stays, and the next look tells it.
    #[cold]
    fn walk_by(&mut self, walk: &mut Walk, word: u64) -> Option<()> {
        match self.padding_or_end(word, walk.position, walk.window.since(walk.position)) {
            Ok(record) if self.stops_at(record) => None,
            Ok(record) => {
                walk.position = walk.position.after(record.size());
                Some(())
            }
            Err(check) => {
                self.end.fail(check);
                (walk.max, walk.window) = (walk.passed, walk.position);
                None
            }
        }
    }

    /// Gives all that `walk` passed back to the writer, by one store (I14).
    pub(crate) fn release(&mut self, walk: &Walk) {
        self.end.move_by(walk.passed, walk.position, walk.window);
        if self.end.is_ahead() {
            self.end.publish();
        }
    }

    /// Gives back what `walk` passed up to the message that ends at `position`. Whether there is one: else nothing is
    /// given back. It takes a second pass, which doubts what it reads as the first did.
    pub(crate) fn release_through(&mut self, walk: &Walk, position: Position) -> bool {
        let mut again = self.walk(walk.passed);
        let start = again.position;
        let is_short = |at: Position| at.since(start) < position.since(start);
        if is_short(walk.position) {
            return false;
        }
        while is_short(again.position) {
            if self.step(&mut again).is_none() {
                return false;
            }
        }
        let is_an_end = again.passed > 0 && again.position == position;
        if is_an_end {
            self.release(&again);
        }
        is_an_end
    }

    /// The record of the next message, at the own position, waiting for it.
    #[inline]
    fn next(&mut self, timeout: Option<Duration>) -> Result<Record, PopError> {
        match self.next_seen()? {
            Some(record) => Ok(record),
            None => self.wait_for_a_record(timeout),
        }
    }

    /// As `next`, where there is none as far as was seen.
    #[cold]
    fn wait_for_a_record(&mut self, timeout: Option<Duration>) -> Result<Record, PopError> {
        let mut wait = self.end.begin_wait(self.strategy, timeout);
        loop {
            self.end.look()?;
            if let Some(record) = self.next_seen()? {
                return Ok(record);
            }
            if self.end.saw_the_end() {
                return Err(PopError::Closed);
            }
            self.end.wait(&mut wait, self.end.position().after(GRANULE))?;
        }
    }

    /// The record of the next message, at the own position, if it was seen. An error at the end of a stream, for a
    /// reader that stops there.
    #[inline]
    fn next_seen(&mut self) -> Result<Option<Record>, PopError> {
        loop {
            let room = self.end.room();
            if room == 0 {
                if !self.sees_another_lap() {
                    return Ok(None);
                }
                continue;
            }
            let position = self.end.position();
            match self.message_record(position, room) {
                Ok(record) => return Ok(Some(record)),
                Err(word) => self.pass_by(word)?,
            }
        }
    }

    /// Moves on past the record at the own position, whose header is `word`, and which must be padding or an end. It is
    /// released at once, since the writer may be waiting for just that (I12, I18). A reader that stops at ends stays.
    #[cold]
    fn pass_by(&mut self, word: u64) -> Result<(), PopError> {
        let (position, room) = (self.end.position(), self.end.room());
        let record = self.padding_or_end(word, position, room).map_err(|check| self.end.fail(check))?;
        if self.stops_at(record) {
            return Err(PopError::Closed);
        }
        self.end.skip_to(position.after(record.size()));
        self.end.publish();
        Ok(())
    }

    /// Whether this reader stops at the record.
    fn stops_at(&self, record: Record) -> bool {
        record == Record::END && self.end.ring().stops_at_ends
    }

    /// Opens the window on the next lap. Whether there is anything in it, as far as was seen.
    #[cold]
    fn sees_another_lap(&mut self) -> bool {
        self.end.open_window();
        self.end.room() > 0
    }

    /// The record at `position`, if it is a message's, and else the word in the place of its header. Of the record, and
    /// of what follows it in its lap, `room` bytes were seen, at least a granule.
    #[inline]
    fn message_record(&self, position: Position, room: u64) -> Result<Record, u64> {
        let word = self.header(position);
        let length = Record::length_if_data(word);
        // The room is a whole number of granules: what the payload leaves of it is enough to round it up.
        if length <= room - HEADER {
            Ok(Record::data(length as usize))
        } else {
            Err(word)
        }
    }

    /// The record whose header is `word`, if it is an end, or padding that may stand at `position`, and else what is
    /// wrong. Padding ends a lap, and none may begin one, so no padding follows it.
    fn padding_or_end(&self, word: u64, position: Position, room: u64) -> Result<Record, Check> {
        let record = Record::from_word(word).ok_or(Check::RecordKind)?;
        let capacity = self.end.ring().capacity;
        let (index, to_end) = (capacity.index(position), capacity.to_end(position));
        if record.size() > room {
            Err(Check::RecordLength)
        } else if record == Record::END {
            Ok(record)
        } else if index == 0 || record.size() != to_end {
            Err(Check::RecordPadding)
        } else {
            Ok(record)
        }
    }

    /// The header at `position`, where at least a granule is published: loaded once. What it means, and whether the
    /// rest of the record was published, is for the caller to see.
    #[inline]
    fn header(&self, position: Position) -> u64 {
        let ring = self.end.ring();
        let index = ring.capacity.index(position);
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (it was seen published).
        unsafe { ring.bytes.read_word(index) }
    }

    /// The message of `record`, which is at `position`.
    ///
    /// # Safety
    /// As [`payload`](Self::payload).
    #[inline]
    unsafe fn message<'a>(&self, record: Record, position: Position) -> Message<'a> {
        // SAFETY: the caller's promise.
        let payload = unsafe { self.payload(record, position) };
        Message::new(payload, position.after(record.size()))
    }

    /// The payload of `record`, which is at `position`, where it stands.
    ///
    /// # Safety
    /// I3: [`message_record`](Self::message_record) returned the record, and it is not released in all of `'a`. I4:
    /// this handle outlives `'a`.
    #[inline]
    unsafe fn payload<'a>(&self, record: Record, position: Position) -> Span<'a> {
        let ring = self.end.ring();
        let index = ring.capacity.index(position) + HEADER as usize;
        // SAFETY: I2 and I3 (`message_record` checked that all of it is in the window), I4.
        unsafe { ring.bytes.span(index, record.length()) }
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

impl Drop for RingReader {
    fn drop(&mut self) {
        if !self.end.is_forked() {
            self.end.close();
        }
    }
}

/// What `pop` does without waiting. That there was no time is no news then: there was no message.
#[inline]
fn at_once<T>(pop: impl FnOnce(Option<Duration>) -> Result<T, PopError>) -> Result<Option<T>, PopError> {
    match pop(Some(Duration::ZERO)) {
        Ok(popped) => Ok(Some(popped)),
        Err(PopError::TimedOut) => Ok(None),
        Err(error) => Err(error),
    }
}

impl From<GaveUp> for PopError {
    fn from(gave_up: GaveUp) -> Self {
        match gave_up {
            GaveUp::TimedOut => PopError::TimedOut,
            GaveUp::PeerGone => PopError::PeerGone,
            GaveUp::Lost(Loss::Removed) => PopError::Removed,
            GaveUp::Lost(Loss::Replaced) => PopError::Replaced,
        }
    }
}
