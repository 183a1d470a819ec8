//! The side that pushes: reserve a place, copy, commit, publish.
//!
//! A [`Producer`] knows records and space. It does not know how a cursor travels (`endpoint.rs`), how a side waits
//! (`wait.rs`), or where the memory comes from (`src/file`). `RingWriter`, batches and grants (`src/ring`) are made of
//! these steps. Read `push`, `append`, `reserve` first; then `prepare`, which decides about space and padding; last the
//! drop, which ends the stream.

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
    /// Whether a drop ends the stream. `None`: nobody has said. It does then, unless a panic drops this.
    ends: Option<bool>,
    not_sync: PhantomData<Cell<()>>,
}

impl Producer {
    /// Takes this side of a new ring.
    pub(crate) fn take_new(ring: SharedRing, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self { endpoint: Endpoint::attach(ring)?, strategy, ends: None, not_sync: PhantomData })
    }

    /// Takes this side of a ring that exists. Waits until there is room for the end of another stream (I18), as
    /// `timeout` says.
    pub(crate) fn take(ring: SharedRing, strategy: WaitStrategy, timeout: Option<Duration>) -> Result<Self, NotTaken> {
        let mut endpoint = Endpoint::resume(ring)?;
        let target = endpoint.position().after(Record::END.size()).before(endpoint.ring().capacity.bytes());
        if !endpoint.has_seen(target) {
            endpoint.figures().clear_wait();
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

    /// Returns this side's endpoint: where it stands, and what it knows of the ring.
    pub(crate) fn endpoint(&self) -> &Endpoint<Writing> {
        &self.endpoint
    }

    /// Pushes a message, waiting for space.
    #[inline(always)] // The hot path is short, and fastest inside the caller's loop.
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

    /// Pushes as many of these messages as there is space for in the window, waiting for space for the first. There is
    /// at least one. Returns how many.
    #[inline]
    pub(crate) fn push_many<const N: usize>(
        &mut self,
        messages: &[[u8; N]],
        timeout: Option<Duration>,
    ) -> Result<usize, PushError> {
        let record = Record::data(N);
        self.reserve(record, timeout)?;
        let (ring, mut position) = (self.endpoint.ring(), self.endpoint.position());
        let count = messages.len().min((self.endpoint.room() / record.size()) as usize);
        for message in &messages[..count] {
            let index = ring.capacity.index(position);
            // SAFETY: I2 (the window has room for as many records, and does not cross the end), I3 (its space is free).
            let mut payload = unsafe { ring.bytes.span_mut(index + HEADER as usize, N) };
            // SAFETY: as above.
            unsafe { ring.bytes.write_word(index, record.to_word()) };
            // SAFETY: I2 (the record's payload is as long as the message).
            unsafe { payload.write(0, message) };
            position = position.after(record.size());
        }
        self.endpoint.move_by(count as u64, position, self.endpoint.window());
        self.endpoint.publish();
        Ok(count)
    }

    /// Makes sure that `record` can be written at the own position, waiting for space.
    #[inline]
    pub(crate) fn reserve(&mut self, record: Record, timeout: Option<Duration>) -> Result<(), PushError> {
        if self.endpoint.peer_has_left() || record.size() > self.endpoint.room() {
            return self.make_room(record, timeout);
        }
        Ok(())
    }

    /// Does what `reserve` does if the window is too small or the reader has left.
    #[cold]
    fn make_room(&mut self, record: Record, timeout: Option<Duration>) -> Result<(), PushError> {
        let (len, max) = (record.length(), self.endpoint.ring().capacity.max_message_len());
        if len > max {
            return Err(PushError::TooLarge { len, max });
        }
        if self.prepare(record)?.is_none() {
            return Ok(());
        }
        // The reader may be waiting for what a batch holds back (I13): messages, or the padding of a grant that was
        // dropped in it (I12).
        self.publish();
        let mut wait = self.endpoint.begin_wait(self.strategy, timeout);
        loop {
            self.endpoint.look()?;
            let Some(target) = self.prepare(record)? else { return Ok(()) };
            if self.endpoint.peer_closed_for_good() {
                return Err(PushError::Closed);
            }
            self.endpoint.wait(&mut wait, target)?;
        }
    }

    /// Prepares the place of `record`. Returns the position that the reader must reach first, if any. `None`: the
    /// window is open, and padding is written if it is needed.
    ///
    /// Padding fills the rest of the lap if the record would cross the end of the ring. It is published together with
    /// the record, if there can be space for both at once. There cannot be if the two exceed all the space for
    /// messages: the capacity less the room for the end of the stream (I18). Then the padding goes ahead alone (I12).
    fn prepare(&mut self, record: Record) -> Result<Option<Position>, PushError> {
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
        self.prepare(record)
    }

    /// Returns an error if the reader has left, unless this side waits for a successor.
    #[cold]
    fn go_on_without_reader(&self) -> Result<(), PushError> {
        match self.endpoint.failed() {
            Some(failure) => Err(failure.into()),
            None if self.endpoint.awaits_successors() => Ok(()),
            None => Err(PushError::Closed),
        }
    }

    /// Returns the payload of `record`, to be written.
    ///
    /// # Safety
    /// I3: the record, or a longer one, was reserved; nothing was committed since, nor is during `'a`. I4: this
    /// outlives `'a`.
    #[inline]
    pub(crate) unsafe fn payload<'a>(&self, record: Record) -> SpanMut<'a> {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(self.endpoint.position()) + HEADER as usize;
        // SAFETY: I2 (what is reserved does not cross the end), I3, I4.
        unsafe { ring.bytes.span_mut(index, record.length()) }
    }

    /// Makes `record` the next one. It was reserved, and its payload is written.
    #[inline]
    pub(crate) fn commit(&mut self, record: Record) {
        self.write_header(record);
        self.endpoint.move_to(self.endpoint.position().after(record.size()));
    }

    /// Publishes all that was committed, if the reader has not got it yet.
    #[inline]
    pub(crate) fn publish(&mut self) {
        if self.endpoint.is_ahead() {
            self.endpoint.publish();
        }
    }

    /// Goes back to what was published. The caller has written padding alone since then.
    #[inline]
    pub(crate) fn retreat(&mut self) {
        if self.endpoint.is_ahead() {
            self.endpoint.retreat();
        }
    }

    /// Writes the header of `record` at the own position, whose granule is free.
    #[inline]
    fn write_header(&mut self, record: Record) {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(self.endpoint.position());
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (its space is free).
        unsafe { ring.bytes.write_word(index, record.to_word()) };
    }

    /// Whether this process is a forked child, which has no part in the ring (I16).
    #[inline]
    pub(crate) fn is_forked(&self) -> bool {
        self.endpoint.is_forked()
    }

    /// Says whether a drop ends the stream. It should not if the stream is not whole.
    pub(crate) fn ends_the_stream(&mut self, ends: bool) {
        self.ends = Some(ends);
    }

    /// Returns a copy of the last message, by this writer or one before it, if it can be found.
    pub(crate) fn last_message(&self) -> Option<Vec<u8>> {
        let ring = self.endpoint.ring();
        let (at, record) = self.endpoint.last_message()?;
        let (index, mut message) = (ring.capacity.index(at) + HEADER as usize, Vec::new());
        // SAFETY: I2 (all of the record lies before the end of its lap: `last_message` checked it).
        unsafe { ring.bytes.glance_over(index, record.length(), &mut message) };
        Some(message)
    }

    /// Tells whether the end of a stream was written last. If the records cannot be followed, tells whether it may have
    /// been. No writer overwrites the granule before its position, because room for an end stays free (I18).
    pub(crate) fn follows_an_end(&self) -> bool {
        let (ring, end) = (self.endpoint.ring(), Record::END);
        let index = ring.capacity.index(self.endpoint.position().before(end.size()));
        // SAFETY: I2 (a multiple of 8 within the capacity).
        let looks_so = unsafe { ring.bytes.glance(index) } == end.to_word();
        looks_so && self.endpoint.last_record().map_or(true, |record| record == end)
    }
}

impl Drop for Producer {
    /// Ends the stream, if it is whole. If it is not, the reader learns only that nobody holds this side any more (I9).
    fn drop(&mut self) {
        if self.is_forked() {
            return;
        }
        if self.ends.unwrap_or_else(|| !panicking()) {
            // There is room for the end, so nothing is waited for (I18). The fence is needed here: another thread may
            // have been the one that saw that the space is free.
            fence(REUSE);
            // The end may be the first record of a lap.
            self.endpoint.open_window();
            self.write_header(Record::END);
            self.endpoint.skip_to(self.endpoint.position().after(Record::END.size()));
            self.endpoint.close();
        } else {
            // A batch that was forgotten may have left whole messages.
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
    /// There is no room for the end of another stream, and no reader made any.
    Full,
    /// There is no room, no reader, and none can find the ring.
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

/// Does what `push` does, without waiting.
#[inline]
pub(crate) fn at_once<T>(push: impl FnOnce(Option<Duration>) -> Result<T, PushError>) -> Result<T, TryPushError> {
    push(Some(Duration::ZERO)).map_err(|error| match error {
        PushError::TooLarge { len, max } => TryPushError::TooLarge { len, max },
        PushError::Closed => TryPushError::Closed,
        PushError::Corrupt { check } => TryPushError::Corrupt { check },
        PushError::Forked => TryPushError::Forked,
        // Of these only `TimedOut` comes: a time-out of zero asks nobody.
        PushError::TimedOut | PushError::PeerGone | PushError::Removed | PushError::Replaced => TryPushError::Full,
    })
}
