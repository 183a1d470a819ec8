//! The side that pops: find the next record, copy it out, release its space.
//!
//! A [`Consumer`] knows records, and doubts each header that it loads. It does not know how a cursor travels
//! (`endpoint.rs`), how a side waits (`wait.rs`), or where the memory comes from (`src/file`). `RingReader`, messages
//! and batches (`src/ring`) are made of these steps. Read `pop_with` and `next` first, and `message_record` and
//! `padding_or_end`, which check a header; then the walk of a batch, which passes records and releases them later.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::endpoint::Endpoint;
use super::error::{Check, PopError, PopIntoError, TryPopError};
use super::position::Position;
use super::record::{Record, GRANULE, HEADER};
use super::shared::SharedRing;
use super::wait::{GaveUp, WaitStrategy};
use crate::atomics::order::Reading;
use crate::atomics::{Loss, Span};

/// The side that pops.
pub(crate) struct Consumer {
    endpoint: Endpoint<Reading>,
    strategy: WaitStrategy,
    not_sync: PhantomData<Cell<()>>,
}

/// How far a batch has come through what its reader had seen. The reader itself stays where it is until the release.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Where the next record stands.
    position: Position,
    /// How far the walk may go, as a side's window.
    window: Position,
    /// The messages that it has passed.
    passed: u64,
    /// The most messages that it may pass.
    max: u64,
}

impl Consumer {
    pub(crate) fn take(ring: SharedRing, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self { endpoint: Endpoint::attach(ring)?, strategy, not_sync: PhantomData })
    }

    /// Returns this side's endpoint: where it stands, and what it knows of the ring.
    pub(crate) fn endpoint(&self) -> &Endpoint<Reading> {
        &self.endpoint
    }

    /// Pops the oldest message into `buffer`, waiting for one. Returns its length.
    #[inline(always)] // For speed, as `push`.
    pub(crate) fn pop(&mut self, buffer: &mut Vec<u8>, timeout: Option<Duration>) -> Result<usize, PopError> {
        self.pop_with(timeout, |payload| {
            payload.copy_to(buffer);
            Ok(())
        })
    }

    /// Pops the oldest message as `pop` does: `copy` gets its payload before the release. If `copy` fails, the message
    /// stays.
    #[inline(always)]
    pub(crate) fn pop_with<E: From<PopError>>(
        &mut self,
        timeout: Option<Duration>,
        copy: impl FnOnce(Span<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let record = self.next(timeout)?;
        // SAFETY: I3 (`next` returned the record, which is released only below).
        copy(unsafe { self.payload(record, self.endpoint.position()) })?;
        self.endpoint.move_to(self.endpoint.position().after(record.size()));
        self.endpoint.publish();
        Ok(record.length())
    }

    /// Pops as many messages of this length as are in the window, waiting for the first. Stops before a message of
    /// another length. There is room for at least one. Returns how many it popped.
    #[inline]
    pub(crate) fn pop_many_into<const N: usize>(
        &mut self,
        messages: &mut [[u8; N]],
        timeout: Option<Duration>,
    ) -> Result<usize, PopIntoError> {
        let record = self.next(timeout)?;
        if record.length() != N {
            return Err(PopIntoError::OtherLength { len: record.length(), element: N });
        }
        let most = messages.len().min((self.endpoint.room() / record.size()) as usize);
        let (mut position, mut count) = (self.endpoint.position(), 0);
        for message in &mut messages[..most] {
            // The first header was loaded, and is not looked at again.
            if count > 0 && self.header(position) != record.to_word() {
                break;
            }
            // SAFETY: I3 (such a record fits what is left of the window, and is released only below).
            unsafe { self.payload(record, position) }.copy_to_slice(message);
            position = position.after(record.size());
            count += 1;
        }
        self.endpoint.move_by(count, position, self.endpoint.window());
        self.endpoint.publish();
        Ok(count as usize)
    }

    /// Returns the oldest message and where it ends, waiting for one. The message stays.
    #[inline]
    pub(crate) fn peek(&mut self, timeout: Option<Duration>) -> Result<(Span<'_>, Position), PopError> {
        let record = self.next(timeout)?;
        // SAFETY: I3 and I4 (the span borrows `self`, and nothing is released without `self`).
        Ok(unsafe { self.message(record, self.endpoint.position()) })
    }

    /// Returns the record of the next message, waiting for one. It is then at the own position.
    #[inline]
    pub(crate) fn next(&mut self, timeout: Option<Duration>) -> Result<Record, PopError> {
        match self.next_seen()? {
            Some(record) => Ok(record),
            None => self.wait_for_a_record(timeout),
        }
    }

    /// Does what `next` does if no message was seen.
    #[cold]
    fn wait_for_a_record(&mut self, timeout: Option<Duration>) -> Result<Record, PopError> {
        let mut wait = self.endpoint.begin_wait(self.strategy, timeout);
        loop {
            self.endpoint.look()?;
            if let Some(record) = self.next_seen()? {
                return Ok(record);
            }
            if self.endpoint.peer_closed_for_good() {
                return Err(PopError::Closed);
            }
            self.endpoint.wait(&mut wait, self.endpoint.position().after(GRANULE))?;
        }
    }

    /// Returns the record of the next message, if one was seen. It is then at the own position. Returns an error at the
    /// end of a stream, for a reader that stops there.
    #[inline]
    fn next_seen(&mut self) -> Result<Option<Record>, PopError> {
        loop {
            let room = self.endpoint.room();
            if room == 0 {
                if !self.open_farther() {
                    return Ok(None);
                }
                continue;
            }
            let position = self.endpoint.position();
            match self.message_record(position, room) {
                Ok(record) => return Ok(Some(record)),
                Err(word) => self.pass_by(word)?,
            }
        }
    }

    /// Moves on past the record at the own position, whose header is `word`. It must be padding or an end. It is
    /// released at once, since the writer may be waiting for its space (I12, I18). A reader that stops at ends does not
    /// pass an end.
    #[cold]
    fn pass_by(&mut self, word: u64) -> Result<(), PopError> {
        let (position, room) = (self.endpoint.position(), self.endpoint.room());
        let record = self.padding_or_end(word, position, room).map_err(|check| self.endpoint.fail(check))?;
        if self.stops_at(record) {
            return Err(PopError::Closed);
        }
        self.endpoint.skip_to(position.after(record.size()));
        self.endpoint.publish();
        Ok(())
    }

    /// Takes the end of a stream, if it comes next. Returns whether it did.
    pub(crate) fn take_end(&mut self) -> bool {
        let position = self.endpoint.position();
        let is_an_end = self.open_farther() && self.header(position) == Record::END.to_word();
        if is_an_end {
            self.endpoint.begin_stream(position.after(Record::END.size()));
            self.endpoint.publish();
        }
        is_an_end
    }

    /// Whether there is no message now. Looks through the records that the peer has published, and changes nothing.
    /// Returns false if they are not a sequence of records: the next pop tells why.
    pub(crate) fn is_empty(&self) -> bool {
        let Some(seen) = self.endpoint.peer_now() else { return false };
        let capacity = self.endpoint.ring().capacity;
        let mut position = self.endpoint.position();
        while position != seen {
            let room = seen.since(position).min(capacity.to_end(position));
            let Err(word) = self.message_record(position, room) else { return false };
            match self.padding_or_end(word, position, room) {
                Ok(record) if self.stops_at(record) => return true,
                Ok(record) => position = position.after(record.size()),
                Err(_) => return false,
            }
        }
        true
    }

    /// Begins a walk over at most `max` of the messages that were seen. The first of them is at the own position.
    #[inline]
    pub(crate) fn walk(&self, max: u64) -> Walk {
        Walk { position: self.endpoint.position(), window: self.endpoint.window(), passed: 0, max }
    }

    /// Has `walk` pass the next message, and returns it and where it ends. `None` after the last. Releases nothing.
    ///
    /// # Safety
    /// I3: nothing is released during `'a`. I4: this outlives `'a`.
    #[inline]
    pub(crate) unsafe fn pass<'a>(&mut self, walk: &mut Walk) -> Option<(Span<'a>, Position)> {
        let (record, position) = self.step(walk)?;
        // SAFETY: the caller's promise.
        Some(unsafe { self.message(record, position) })
    }

    /// Returns the next message's record in `walk`, and where it stands. Passes padding before it, and ends unless this
    /// reader stops at them (I14).
    #[inline]
    fn step(&mut self, walk: &mut Walk) -> Option<(Record, Position)> {
        while walk.passed < walk.max {
            let position = walk.position;
            let room = walk.window.since(position);
            if room == 0 {
                walk.window = self.endpoint.window_from(position);
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
                Err(word) => self.walk_past(walk, word)?,
            }
        }
        None
    }

    /// Has `walk` pass the record at its position, whose header is `word`. It must be padding or an end. If it is
    /// neither, the walk is over for good: the failed check stays, and the next look returns it.
    #[cold]
    fn walk_past(&mut self, walk: &mut Walk, word: u64) -> Option<()> {
        match self.padding_or_end(word, walk.position, walk.window.since(walk.position)) {
            Ok(record) if self.stops_at(record) => None,
            Ok(record) => {
                walk.position = walk.position.after(record.size());
                Some(())
            }
            Err(check) => {
                self.endpoint.fail(check);
                (walk.max, walk.window) = (walk.passed, walk.position);
                None
            }
        }
    }

    /// Releases all that `walk` has passed, by one store (I14).
    #[inline]
    pub(crate) fn release(&mut self, walk: &Walk) {
        self.endpoint.move_by(walk.passed, walk.position, walk.window);
        if self.endpoint.is_ahead() {
            self.endpoint.publish();
        }
    }

    /// Releases what `walk` has passed, up to the message that ends at `position`. Returns whether there is such a
    /// message; if not, nothing is released. To find it, a second walk reads the headers again, and doubts them as the
    /// first one did.
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
        let ends_there = again.passed > 0 && again.position == position;
        if ends_there {
            self.release(&again);
        }
        ends_there
    }

    /// Whether this reader stops at the record.
    fn stops_at(&self, record: Record) -> bool {
        record == Record::END && self.endpoint.ring().stops_at_ends
    }

    /// Opens the window as far as was seen of the peer. Returns whether a record is in it.
    #[cold]
    fn open_farther(&mut self) -> bool {
        self.endpoint.open_window();
        self.endpoint.room() > 0
    }

    /// Returns the record at `position`, if it is a message's. If not, returns the word in the place of its header.
    /// From `position` on, `room` bytes were seen in this lap: at least a granule.
    #[inline]
    fn message_record(&self, position: Position, room: u64) -> Result<Record, u64> {
        let word = self.header(position);
        let length = Record::length_if_data(word);
        // The room is a whole number of granules. So if the payload fits, it still fits when it is rounded up.
        if length <= room - HEADER {
            Ok(Record::data(length as usize))
        } else {
            Err(word)
        }
    }

    /// Returns the record with the header `word`. It must be an end, or padding that may stand at `position`. If it is
    /// neither, returns the check that fails. Padding ends a lap, and none may begin one, so no padding follows
    /// padding.
    fn padding_or_end(&self, word: u64, position: Position, room: u64) -> Result<Record, Check> {
        let record = Record::from_word(word).ok_or(Check::RecordKind)?;
        let capacity = self.endpoint.ring().capacity;
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

    /// Loads the header at `position` once. At least a granule was published there. The caller checks what the header
    /// means, and whether the rest of its record was published.
    #[inline]
    fn header(&self, position: Position) -> u64 {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(position);
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (it was seen published).
        unsafe { ring.bytes.read_word(index) }
    }

    /// Returns the payload of `record`, which stands at `position`, and where the message ends.
    ///
    /// # Safety
    /// As [`payload`](Self::payload).
    #[inline]
    unsafe fn message<'a>(&self, record: Record, position: Position) -> (Span<'a>, Position) {
        // SAFETY: the caller's promise.
        (unsafe { self.payload(record, position) }, position.after(record.size()))
    }

    /// Returns the payload of `record`, which stands at `position`.
    ///
    /// # Safety
    /// I3: the record's header was loaded, all of it is in the window, as [`message_record`](Self::message_record)
    /// ensures, and it is not released during `'a`. I4: this outlives `'a`.
    #[inline]
    unsafe fn payload<'a>(&self, record: Record, position: Position) -> Span<'a> {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(position) + HEADER as usize;
        // SAFETY: I2 and I3 (all of it is in the window), I4.
        unsafe { ring.bytes.span(index, record.length()) }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if !self.endpoint.is_forked() {
            self.endpoint.close();
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.endpoint.fmt(f)
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

/// Does what `pop` does, without waiting. `None` if there is no message.
#[inline]
pub(crate) fn at_once<T>(pop: impl FnOnce(Option<Duration>) -> Result<T, PopError>) -> Result<Option<T>, TryPopError> {
    match pop(Some(Duration::ZERO)) {
        Ok(popped) => Ok(Some(popped)),
        Err(PopError::Closed) => Err(TryPopError::Closed),
        Err(PopError::Corrupt { check }) => Err(TryPopError::Corrupt { check }),
        Err(PopError::Forked) => Err(TryPopError::Forked),
        // Of these only `TimedOut` comes: a time-out of zero asks nobody.
        Err(PopError::TimedOut | PopError::PeerGone | PopError::Removed | PopError::Replaced) => Ok(None),
    }
}
