//! The writer's side: find a place, copy, commit, publish.
//!
//! Knows records and space. What it does not know: how a cursor travels (`endpoint.rs`), how one waits
//! (`wait.rs`), where the memory comes from (`src/file`). A message that is filled in place is `grant.rs`, messages
//! that are published together are `batch.rs`: both are made of the steps here.

mod state;

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use crate::atomics::order::{Writing, REUSE};
use crate::atomics::{fence, panicking, SpanMut};
use crate::batch::WriteBatch;
use crate::endpoint::Endpoint;
use crate::error::{Check, Failure, Loss, PushError};
use crate::grant::{Grant, Publication};
use crate::header::Ring;
use crate::index::Position;
use crate::record::{Record, HEADER};
use crate::wait::{GaveUp, WaitStrategy};

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
/// use ipc_ring::{CreateError, RingWriter};
///
/// // A program that can be restarted goes on where it stood.
/// let mut writer = match RingWriter::create(&path, 4096) {
///     Err(CreateError::AlreadyExists { .. }) => RingWriter::attach(&path)?,
///     created => created?,
/// };
/// writer.push(b"data", None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RingWriter {
    end: Endpoint<Writing>,
    strategy: WaitStrategy,
    /// Whether the stream ends with this handle, once somebody has said so.
    ends: Option<bool>,
    not_sync: PhantomData<Cell<()>>,
}

impl RingWriter {
    /// Takes the writer's side of a ring that is new.
    pub(crate) fn take_new(ring: Ring, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self::of(Endpoint::attach(ring)?, strategy))
    }

    fn of(end: Endpoint<Writing>, strategy: WaitStrategy) -> Self {
        Self { end, strategy, ends: None, not_sync: PhantomData }
    }

    /// Takes the writer's side, once there is room for the end of its stream (I18), waiting for that as `timeout` says.
    pub(crate) fn take(ring: Ring, strategy: WaitStrategy, timeout: Option<Duration>) -> Result<Self, NotTaken> {
        let mut end = Endpoint::resume(ring)?;
        let target = end.position().after(Record::END.size()).before(end.ring().capacity.bytes());
        if !end.sees(target) {
            let mut wait = end.begin_wait(strategy, timeout);
            while !end.sees(target) {
                if end.saw_the_end() {
                    return Err(NotTaken::Full);
                }
                end.wait(&mut wait, target)?;
                end.look_only()?;
            }
        }
        end.enter();
        Ok(Self::of(end, strategy))
    }

    /// Pushes a message, waiting for space as long as `timeout` says.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock;
    /// `Some(Duration::ZERO)` tries once. While it waits, the call first spins, then sleeps in the kernel, as the
    /// [`WaitStrategy`] says. It makes no system call while there is space and the reader is awake.
    ///
    /// Once this returns `Ok`, the message is in the ring and survives the death of any process, this one
    /// included. A crash before that leaves the message in the ring wholly or not at all.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
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
    #[inline(always)] // What is hot of it is short, and best where the caller's loop can share in it.
    pub fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        self.append(message, timeout)?;
        self.end.publish();
        Ok(())
    }

    /// Pushes a message if there is space for it now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// use ipc_ring::PushError;
    ///
    /// writer.try_push(&[0; 4080])?;
    /// assert_eq!(writer.try_push(b"data"), Err(PushError::Full));
    /// reader.pop(&mut Vec::new(), None)?;
    /// writer.try_push(b"data")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`push`](Self::push), but where that would wait this returns [`Full`](PushError::Full), and it does
    /// not ask whether the reader's process lives.
    #[inline]
    pub fn try_push(&mut self, message: &[u8]) -> Result<(), PushError> {
        at_once(|timeout| self.push(message, timeout))
    }

    /// Begins a batch: messages that are pushed into it go to the reader together, by one publication. See
    /// [`WriteBatch`].
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// let mut batch = writer.batch();
    /// batch.push(b"one", None)?;
    /// batch.push(b"two", None)?;
    /// drop(batch); // publishes
    /// assert_eq!(writer.used_bytes(), 32);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch(&mut self) -> WriteBatch<'_> {
        WriteBatch::new(self)
    }

    /// Reserves space for a message of up to `len` bytes, which is then filled in place and committed: see [`Grant`].
    /// It waits for space as [`push`](Self::push) does.
    ///
    /// A crash before the grant is committed leaves nothing of the message in the ring.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// use std::io::Write;
    ///
    /// let mut grant = writer.reserve(100, None)?; // at most 100 bytes
    /// write!(grant, "pi is {}", 3.14)?;
    /// let used = grant.filled();
    /// grant.commit(used);
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`push`](Self::push), for a message of `len` bytes.
    pub fn reserve(&mut self, len: usize, timeout: Option<Duration>) -> Result<Grant<'_>, PushError> {
        // What a batch left that was forgotten, so that a grant that is dropped takes back no more than its own.
        self.publish();
        Grant::of(self, len, timeout, Publication::AtOnce)
    }

    /// Reserves space for a message of up to `len` bytes, if there is space for it now. Never blocks.
    ///
    /// ```
    /// # let (mut writer, _reader) = ipc_ring::model::example_ring();
    /// use ipc_ring::PushError;
    ///
    /// writer.push(&[0; 4080], None)?;
    /// assert_eq!(writer.try_reserve(0).unwrap_err(), PushError::Full);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`reserve`](Self::reserve), but where that would wait this returns [`Full`](PushError::Full).
    pub fn try_reserve(&mut self, len: usize) -> Result<Grant<'_>, PushError> {
        at_once(move |timeout| self.reserve(len, timeout))
    }

    /// Ends the stream: the reader gets what is left, then [`PopError::Closed`](crate::PopError::Closed). Never blocks,
    /// and does not wait for the reader.
    ///
    /// An ordinary drop does the same. This says that the end is meant, and does it also while the thread panics.
    ///
    /// ```
    /// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
    /// use ipc_ring::PopError;
    ///
    /// writer.push(b"the last", None)?;
    /// writer.finish();
    /// assert_eq!(reader.pop(&mut Vec::new(), None)?, 8);
    /// assert_eq!(reader.pop(&mut Vec::new(), None), Err(PopError::Closed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish(mut self) {
        self.ends_the_stream();
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
        self.does_not_end_the_stream();
    }

    /// Has a drop end the stream.
    pub(crate) fn ends_the_stream(&mut self) {
        self.ends = Some(true);
    }

    /// Has a drop leave the stream without an end, for it is not whole.
    pub(crate) fn does_not_end_the_stream(&mut self) {
        self.ends = Some(false);
    }

    /// Writes a message behind the last one, waiting for space. The reader learns of it when it is
    /// [published](Self::publish).
    #[inline(always)]
    pub(crate) fn append(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        let record = Record::data(message.len());
        self.reserve_record(record, timeout)?;
        // SAFETY: I3 (it is reserved, and the position moves on only below).
        let mut payload = unsafe { self.payload(record) };
        self.write_header(record);
        // SAFETY: I2 (the record's payload is as long as the message).
        unsafe { payload.write(0, message) };
        self.end.move_to(self.end.position().after(record.size()));
        Ok(())
    }

    /// Makes sure that `record` can be written at the own position, waiting for space.
    #[inline]
    pub(crate) fn reserve_record(&mut self, record: Record, timeout: Option<Duration>) -> Result<(), PushError> {
        if self.end.peer_has_left() || record.size() > self.end.room() {
            return self.make_room(record, timeout);
        }
        Ok(())
    }

    /// As `reserve_record`, where there is no room as far as was seen, or the reader has left.
    #[cold]
    fn make_room(&mut self, record: Record, timeout: Option<Duration>) -> Result<(), PushError> {
        let (len, max) = (record.length(), self.max_message_len());
        if len > max {
            return Err(PushError::TooLarge { len, max });
        }
        if self.short_of(record)?.is_none() {
            return Ok(());
        }
        // What a batch holds back may be what the reader waits for (I13): messages, or padding of a grant that was
        // dropped in it (I12).
        self.publish();
        let mut wait = self.end.begin_wait(self.strategy, timeout);
        loop {
            self.end.look()?;
            let Some(target) = self.short_of(record)? else { return Ok(()) };
            if self.end.saw_the_end() {
                return Err(PushError::Closed);
            }
            self.end.wait(&mut wait, target)?;
        }
    }

    /// The position that the reader has to reach before there is room for `record`; `None` where, as far as was seen,
    /// there is.
    ///
    /// Where the record would cross the end of the ring, padding fills the rest of the lap. It is published with the
    /// record, unless the two together exceed what there is for messages, which is all but the room for the end of the
    /// stream (I18): then they can never be free at the same time, and the padding goes ahead alone (I12).
    fn short_of(&mut self, record: Record) -> Result<Option<Position>, PushError> {
        if self.end.peer_has_left() {
            self.without_a_peer()?;
        }
        let (position, capacity) = (self.end.position(), self.end.ring().capacity);
        let for_messages = capacity.bytes() - Record::END.size();
        let padding = capacity.padding(position, record.size());
        let together = padding + record.size() <= for_messages;
        let needed = if together { padding + record.size() } else { padding };
        let target = position.after(needed).before(for_messages);
        if !self.end.sees(target) {
            return Ok(Some(target));
        }
        if padding > 0 {
            self.write_header(Record::padding(padding));
            self.end.skip_to(position.after(padding));
        }
        self.end.open_window();
        if together {
            return Ok(None);
        }
        self.end.publish();
        self.short_of(record)
    }

    /// Whether to go on although the reader has left.
    #[cold]
    fn without_a_peer(&self) -> Result<(), PushError> {
        match self.end.failed() {
            Some(failure) => Err(failure.into()),
            None if self.end.awaits_successors() => Ok(()),
            None => Err(PushError::Closed),
        }
    }

    /// The payload of `record`, to be written.
    ///
    /// # Safety
    /// I3: the record, or a longer one, was reserved, and nothing was committed since, nor is in all of `'a`. I4: this
    /// handle outlives `'a`.
    #[inline]
    pub(crate) unsafe fn payload<'a>(&self, record: Record) -> SpanMut<'a> {
        let ring = self.end.ring();
        let index = ring.capacity.index(self.end.position()) + HEADER as usize;
        // SAFETY: I2 (what is reserved does not cross the end), I3, I4.
        unsafe { ring.bytes.span_mut(index, record.length()) }
    }

    /// Makes `record`, which is reserved and whose payload is written, the next one.
    #[inline]
    pub(crate) fn commit(&mut self, record: Record) {
        self.write_header(record);
        self.end.move_to(self.end.position().after(record.size()));
    }

    /// Hands everything that was committed over to the reader, if there is anything that it has not got yet.
    #[inline]
    pub(crate) fn publish(&mut self) {
        if self.end.is_ahead() {
            self.end.publish();
        }
    }

    /// Goes back to what the reader has got.
    #[inline]
    pub(crate) fn retreat(&mut self) {
        if self.end.is_ahead() {
            // What is taken back is padding alone.
            self.end.retreat();
        }
    }

    /// Writes `record`'s header at the own position, whose granule is free.
    #[inline]
    fn write_header(&mut self, record: Record) {
        let ring = self.end.ring();
        let index = ring.capacity.index(self.end.position());
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (its space is free).
        unsafe { ring.bytes.write_word(index, record.to_word()) };
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

impl Drop for RingWriter {
    /// Ends the stream, unless it is not whole: then all that the reader learns is that nobody holds this side any more
    /// (I9).
    fn drop(&mut self) {
        if self.end.is_forked() {
            return;
        }
        if self.ends.unwrap_or_else(|| !panicking()) {
            // The room for it is there (I18), and nothing is waited for. Who looked and saw that it is free may have
            // been another thread.
            fence(REUSE);
            // It may begin a lap.
            self.end.open_window();
            self.write_header(Record::END);
            self.end.skip_to(self.end.position().after(Record::END.size()));
            self.end.close();
        } else {
            // What a batch left that was forgotten.
            self.publish();
        }
    }
}

/// Why the writer's side was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotTaken {
    /// There is no room for the end of another stream, and nobody made any.
    Full,
    Failed(Failure),
}

impl From<Check> for NotTaken {
    fn from(check: Check) -> Self {
        NotTaken::Failed(Failure::Corrupt(check))
    }
}

impl From<Failure> for NotTaken {
    fn from(failure: Failure) -> Self {
        NotTaken::Failed(failure)
    }
}

impl From<GaveUp> for NotTaken {
    /// Whatever ended the wait: who tries again will be told more.
    fn from(_: GaveUp) -> Self {
        NotTaken::Full
    }
}

/// What `push` does without waiting. That there was no time is no news then: there was no space.
#[inline]
pub(crate) fn at_once<T>(push: impl FnOnce(Option<Duration>) -> Result<T, PushError>) -> Result<T, PushError> {
    push(Some(Duration::ZERO)).map_err(|error| match error {
        PushError::TimedOut => PushError::Full,
        other => other,
    })
}

impl From<GaveUp> for PushError {
    fn from(gave_up: GaveUp) -> Self {
        match gave_up {
            GaveUp::TimedOut => PushError::TimedOut,
            GaveUp::PeerGone => PushError::PeerGone,
            GaveUp::Lost(Loss::Removed) => PushError::Removed,
            GaveUp::Lost(Loss::Replaced) => PushError::Replaced,
        }
    }
}
