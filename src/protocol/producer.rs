//! The steps of the side that pushes: reserve a place, copy, commit, publish.
//!
//! Knows records and space. What it does not know: how a cursor travels (`endpoint.rs`), how one waits (`wait.rs`),
//! where the memory comes from (`src/file`). `RingWriter`, batches and grants (`src/ring`) are made of these steps.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::endpoint::Endpoint;
use super::error::{Check, Failure, PushError, TryPushError};
use super::position::Position;
use super::record::{Record, HEADER};
use super::shared::SharedRing;
use super::wait::{GaveUp, WaitStrategy};
use crate::atomics::order::{Writing, REUSE};
use crate::atomics::{fence, panicking, Loss, SpanMut};

/// The side that pushes.
pub(crate) struct Producer {
    endpoint: Endpoint<Writing>,
    strategy: WaitStrategy,
    /// Whether the stream ends with this, once somebody has said so.
    ends: Option<bool>,
    not_sync: PhantomData<Cell<()>>,
}

impl Producer {
    /// Takes this side of a ring that is new.
    pub(crate) fn take_new(ring: SharedRing, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self { endpoint: Endpoint::attach(ring)?, strategy, ends: None, not_sync: PhantomData })
    }

    /// Takes this side, once there is room for the end of its stream (I18), waiting for that as `timeout` says.
    pub(crate) fn take(ring: SharedRing, strategy: WaitStrategy, timeout: Option<Duration>) -> Result<Self, NotTaken> {
        let mut endpoint = Endpoint::resume(ring)?;
        let target = endpoint.position().after(Record::END.size()).before(endpoint.ring().capacity.bytes());
        if !endpoint.has_seen(target) {
            let mut wait = endpoint.begin_wait(strategy, timeout);
            while !endpoint.has_seen(target) {
                if endpoint.peer_closed_for_good() {
                    return Err(NotTaken::Full);
                }
                endpoint.wait(&mut wait, target)?;
                endpoint.update_seen()?;
            }
        }
        endpoint.enter();
        Ok(Self { endpoint, strategy, ends: None, not_sync: PhantomData })
    }

    /// Where this side stands, and what it knows of the ring.
    pub(crate) fn endpoint(&self) -> &Endpoint<Writing> {
        &self.endpoint
    }

    /// Pushes a message, waiting for space.
    #[inline(always)] // What is hot of it is short, and best where the caller's loop can share in it.
    pub(crate) fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        self.append(message, timeout)?;
        self.endpoint.publish();
        Ok(())
    }

    /// Writes a message after the last one, waiting for space. The reader learns of it when it is
    /// [published](Self::publish).
    #[inline(always)]
    pub(crate) fn append(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        let record = Record::data(message.len());
        self.reserve(record, timeout)?;
        // SAFETY: I3 (it is reserved, and the position moves on only below).
        let mut payload = unsafe { self.payload(record) };
        self.write_header(record);
        // SAFETY: I2 (the record's payload is as long as the message).
        unsafe { payload.write(0, message) };
        self.endpoint.move_to(self.endpoint.position().after(record.size()));
        Ok(())
    }

    /// Makes sure that `record` can be written at the own position, waiting for space.
    #[inline]
    pub(crate) fn reserve(&mut self, record: Record, timeout: Option<Duration>) -> Result<(), PushError> {
        if self.endpoint.peer_has_left() || record.size() > self.endpoint.room() {
            return self.make_room(record, timeout);
        }
        Ok(())
    }

    /// As `reserve`, where there is no room as far as was seen, or the reader has left.
    #[cold]
    fn make_room(&mut self, record: Record, timeout: Option<Duration>) -> Result<(), PushError> {
        let (len, max) = (record.length(), self.endpoint.ring().capacity.max_message_len());
        if len > max {
            return Err(PushError::TooLarge { len, max });
        }
        if self.short_of(record)?.is_none() {
            return Ok(());
        }
        // What a batch holds back may be what the reader waits for (I13): messages, or padding of a grant that was
        // dropped in it (I12).
        self.publish();
        let mut wait = self.endpoint.begin_wait(self.strategy, timeout);
        loop {
            self.endpoint.look()?;
            let Some(target) = self.short_of(record)? else { return Ok(()) };
            if self.endpoint.peer_closed_for_good() {
                return Err(PushError::Closed);
            }
            self.endpoint.wait(&mut wait, target)?;
        }
    }

    /// The position that the reader has to reach before there is room for `record`; `None` where, as far as was seen,
    /// there is.
    ///
    /// Where the record would cross the end of the ring, padding fills the rest of the lap. It is published with the
    /// record, unless the two together exceed what there is for messages, which is all but the room for the end of the
    /// stream (I18): then they can never be free at the same time, and the padding goes ahead alone (I12).
    fn short_of(&mut self, record: Record) -> Result<Option<Position>, PushError> {
        if self.endpoint.peer_has_left() {
            self.go_on_without_reader()?;
        }
        let (position, capacity) = (self.endpoint.position(), self.endpoint.ring().capacity);
        let for_messages = capacity.bytes() - Record::END.size();
        let padding = capacity.padding(position, record.size());
        let together = padding + record.size() <= for_messages;
        let needed = if together { padding + record.size() } else { padding };
        let target = position.after(needed).before(for_messages);
        if !self.endpoint.has_seen(target) {
            return Ok(Some(target));
        }
        if padding > 0 {
            self.write_header(Record::padding(padding));
            self.endpoint.skip_to(position.after(padding));
        }
        self.endpoint.open_window();
        if together {
            return Ok(None);
        }
        self.endpoint.publish();
        self.short_of(record)
    }

    /// Whether to go on although the reader has left.
    #[cold]
    fn go_on_without_reader(&self) -> Result<(), PushError> {
        match self.endpoint.failed() {
            Some(failure) => Err(failure.into()),
            None if self.endpoint.awaits_successors() => Ok(()),
            None => Err(PushError::Closed),
        }
    }

    /// The payload of `record`, to be written.
    ///
    /// # Safety
    /// I3: the record, or a longer one, was reserved, and nothing was committed since, nor is in all of `'a`. I4: this
    /// outlives `'a`.
    #[inline]
    pub(crate) unsafe fn payload<'a>(&self, record: Record) -> SpanMut<'a> {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(self.endpoint.position()) + HEADER as usize;
        // SAFETY: I2 (what is reserved does not cross the end), I3, I4.
        unsafe { ring.bytes.span_mut(index, record.length()) }
    }

    /// Makes `record`, which is reserved and whose payload is written, the next one.
    #[inline]
    pub(crate) fn commit(&mut self, record: Record) {
        self.write_header(record);
        self.endpoint.move_to(self.endpoint.position().after(record.size()));
    }

    /// Hands everything that was committed over to the reader, if there is anything that it has not got yet.
    #[inline]
    pub(crate) fn publish(&mut self) {
        if self.endpoint.is_ahead() {
            self.endpoint.publish();
        }
    }

    /// Goes back to what the reader has got: what is taken back is padding alone.
    #[inline]
    pub(crate) fn retreat(&mut self) {
        if self.endpoint.is_ahead() {
            self.endpoint.retreat();
        }
    }

    /// Writes `record`'s header at the own position, whose granule is free.
    #[inline]
    fn write_header(&mut self, record: Record) {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(self.endpoint.position());
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (its space is free).
        unsafe { ring.bytes.write_word(index, record.to_word()) };
    }

    /// Has a drop end the stream, or leave it without an end, for it is not whole.
    pub(crate) fn ends_the_stream(&mut self, ends: bool) {
        self.ends = Some(ends);
    }

    /// A copy of the message that was written last, by this writer or those before it, if it can be found.
    pub(crate) fn last_message(&self) -> Option<Vec<u8>> {
        let ring = self.endpoint.ring();
        let (at, record) = self.endpoint.last_message()?;
        let (index, mut message) = (ring.capacity.index(at) + HEADER as usize, Vec::new());
        // SAFETY: I2 (it was seen that all of the record is before the end).
        unsafe { ring.bytes.glance_over(index, record.length(), &mut message) };
        Some(message)
    }

    /// Whether the end of a stream is what was written last.
    pub(crate) fn follows_an_end(&self) -> bool {
        let (ring, end) = (self.endpoint.ring(), Record::END);
        let index = ring.capacity.index(self.endpoint.position().before(end.size()));
        // SAFETY: I2 (a multiple of 8 within the capacity).
        unsafe { ring.bytes.glance(index) == end.to_word() }
    }
}

impl Drop for Producer {
    /// Ends the stream, unless it is not whole: then all that the reader learns is that nobody holds this side any more
    /// (I9).
    fn drop(&mut self) {
        if self.endpoint.is_forked() {
            return;
        }
        if self.ends.unwrap_or_else(|| !panicking()) {
            // The room for it is there (I18), and nothing is waited for. Who looked and saw that it is free may have
            // been another thread.
            fence(REUSE);
            // It may begin a lap.
            self.endpoint.open_window();
            self.write_header(Record::END);
            self.endpoint.skip_to(self.endpoint.position().after(Record::END.size()));
            self.endpoint.close();
        } else {
            // What a batch left that was forgotten.
            self.publish();
        }
    }
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
    }
}

/// Why the writer's side was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotTaken {
    /// There is no room for the end of another stream, and nobody made any.
    Full,
    /// Nor can anybody: there is no reader, and none can find the ring.
    Lost(Loss),
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
    fn from(gave_up: GaveUp) -> Self {
        match gave_up {
            GaveUp::TimedOut | GaveUp::PeerGone => NotTaken::Full,
            GaveUp::Lost(loss) => NotTaken::Lost(loss),
        }
    }
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

/// Does what `push` does without waiting.
#[inline]
pub(crate) fn at_once<T>(push: impl FnOnce(Option<Duration>) -> Result<T, PushError>) -> Result<T, TryPushError> {
    push(Some(Duration::ZERO)).map_err(|error| match error {
        PushError::TooLarge { len, max } => TryPushError::TooLarge { len, max },
        PushError::Closed => TryPushError::Closed,
        PushError::Corrupt { check } => TryPushError::Corrupt { check },
        PushError::Forked => TryPushError::Forked,
        // What a wait would have ended with: there was no space.
        PushError::TimedOut | PushError::PeerGone | PushError::Removed | PushError::Replaced => TryPushError::Full,
    })
}
