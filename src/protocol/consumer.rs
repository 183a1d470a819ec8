//! The steps of the side that pops: find the next record, copy, release.
//!
//! Knows records and how to doubt them. What it does not know: how a cursor travels (`endpoint.rs`), how one waits
//! (`wait.rs`), where the memory comes from (`src/file`). `RingReader`, messages and batches (`src/ring`) are made of
//! these steps.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::endpoint::Endpoint;
use super::error::{Check, PopError, TryPopError};
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

impl Consumer {
    pub(crate) fn take(ring: SharedRing, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self { endpoint: Endpoint::attach(ring)?, strategy, not_sync: PhantomData })
    }

    /// Where this side stands, and what it knows of the ring.
    pub(crate) fn endpoint(&self) -> &Endpoint<Reading> {
        &self.endpoint
    }

    /// Pops the oldest message into `buffer`, waiting for it. Returns its length.
    #[inline(always)] // As `push`.
    pub(crate) fn pop(&mut self, buffer: &mut Vec<u8>, timeout: Option<Duration>) -> Result<usize, PopError> {
        self.pop_with(timeout, |payload| {
            payload.copy_to(buffer);
            Ok(())
        })
    }

    /// As `pop`: `copy` gets the payload before it is released, and where it fails the message stays.
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

    /// The oldest message and where it ends, waiting for it. It stays.
    #[inline]
    pub(crate) fn peek(&mut self, timeout: Option<Duration>) -> Result<(Span<'_>, Position), PopError> {
        let record = self.next(timeout)?;
        // SAFETY: I3 and I4 (the span borrows this, without which nothing is released).
        Ok(unsafe { self.message(record, self.endpoint.position()) })
    }

    /// The record of the next message, at the own position, waiting for it.
    #[inline]
    pub(crate) fn next(&mut self, timeout: Option<Duration>) -> Result<Record, PopError> {
        match self.next_seen()? {
            Some(record) => Ok(record),
            None => self.wait_for_a_record(timeout),
        }
    }

    /// As `next`, where there is none as far as was seen.
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

    /// The record of the next message, at the own position, if it was seen. An error at the end of a stream, for a
    /// reader that stops there.
    #[inline]
    fn next_seen(&mut self) -> Result<Option<Record>, PopError> {
        loop {
            let room = self.endpoint.room();
            if room == 0 {
                if !self.open_next_lap() {
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

    /// Moves on past the record at the own position, whose header is `word`, and which must be padding or an end. It is
    /// released at once, since the writer may be waiting for just that (I12, I18). A reader that stops at ends stays.
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

    /// Takes the end of a stream, if that is what comes next. Whether it was.
    pub(crate) fn take_end(&mut self) -> bool {
        let position = self.endpoint.position();
        let is_seen = self.endpoint.room() > 0 || self.open_next_lap();
        let is_an_end = is_seen && self.header(position) == Record::END.to_word();
        if is_an_end {
            self.endpoint.begin_stream(position.after(Record::END.size()));
            self.endpoint.publish();
        }
        is_an_end
    }

    /// Whether no message is there now: what the peer has published is looked through, and stays as it is. Where that
    /// is not a sequence of records, this is false: the next call of a pop tells why.
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

    /// A walk over at most `max` of the messages that were seen.
    pub(crate) fn walk(&self, max: u64) -> Walk {
        Walk { position: self.endpoint.position(), window: self.endpoint.window(), passed: 0, max }
    }

    /// The next message of `walk`, which moves on past it, and where it ends; `None` after the last. Nothing is
    /// released by that.
    ///
    /// # Safety
    /// I3: nothing is released in all of `'a`. I4: this outlives `'a`.
    #[inline]
    pub(crate) unsafe fn pass<'a>(&mut self, walk: &mut Walk) -> Option<(Span<'a>, Position)> {
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

    /// Has `walk` pass the record where it stands, whose header is `word`, and which must be padding or an end. Where
    /// it is neither the walk ends for good: the check that failed stays, and the next look tells it.
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

    /// Gives all that `walk` passed back to the writer, by one store (I14).
    pub(crate) fn release(&mut self, walk: &Walk) {
        self.endpoint.move_by(walk.passed, walk.position, walk.window);
        if self.endpoint.is_ahead() {
            self.endpoint.publish();
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

    /// Whether this reader stops at the record.
    fn stops_at(&self, record: Record) -> bool {
        record == Record::END && self.endpoint.ring().stops_at_ends
    }

    /// Opens the window on the next lap. Whether there is anything in it, as far as was seen.
    #[cold]
    fn open_next_lap(&mut self) -> bool {
        self.endpoint.open_window();
        self.endpoint.room() > 0
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

    /// The header at `position`, where at least a granule is published: loaded once. What it means, and whether the
    /// rest of the record was published, is for the caller to see.
    #[inline]
    fn header(&self, position: Position) -> u64 {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(position);
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (it was seen published).
        unsafe { ring.bytes.read_word(index) }
    }

    /// The payload of `record`, which is at `position`, and where the message ends.
    ///
    /// # Safety
    /// As [`payload`](Self::payload).
    #[inline]
    unsafe fn message<'a>(&self, record: Record, position: Position) -> (Span<'a>, Position) {
        // SAFETY: the caller's promise.
        (unsafe { self.payload(record, position) }, position.after(record.size()))
    }

    /// The payload of `record`, which is at `position`, where it stands.
    ///
    /// # Safety
    /// I3: [`message_record`](Self::message_record) returned the record, and it is not released in all of `'a`. I4:
    /// this outlives `'a`.
    #[inline]
    unsafe fn payload<'a>(&self, record: Record, position: Position) -> Span<'a> {
        let ring = self.endpoint.ring();
        let index = ring.capacity.index(position) + HEADER as usize;
        // SAFETY: I2 and I3 (`message_record` checked that all of it is in the window), I4.
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

/// Does what `pop` does without waiting; `None` where there is no message.
#[inline]
pub(crate) fn at_once<T>(pop: impl FnOnce(Option<Duration>) -> Result<T, PopError>) -> Result<Option<T>, TryPopError> {
    match pop(Some(Duration::ZERO)) {
        Ok(popped) => Ok(Some(popped)),
        Err(PopError::Closed) => Err(TryPopError::Closed),
        Err(PopError::Corrupt { check }) => Err(TryPopError::Corrupt { check }),
        Err(PopError::Forked) => Err(TryPopError::Forked),
        // What a wait would have ended with: no message was there.
        Err(PopError::TimedOut | PopError::PeerGone | PopError::Removed | PopError::Replaced) => Ok(None),
    }
}
