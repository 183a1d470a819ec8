//! The writer's side: reserve, copy, publish.
//!
//! Knows records and space. What it does not know: how a cursor travels (`endpoint.rs`), how one waits
//! (`wait.rs`), where the memory comes from (`mapping.rs`).

use core::cell::Cell;
use core::marker::PhantomData;
use core::time::Duration;

use crate::atomics::order::Writing;
use crate::endpoint::Endpoint;
use crate::error::{Check, PushError};
use crate::header::Ring;
use crate::index::Position;
use crate::record::{Record, HEADER};
use crate::wait::{GaveUp, Wait, WaitStrategy};

/// The side of a ring that pushes messages.
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
/// Dropping it closes the stream: the reader gets what is left, then [`PopError::Closed`](crate::PopError::Closed). A
/// process that dies closes nothing, and its reader learns that too, as
/// [`PopError::PeerGone`](crate::PopError::PeerGone). Either way another writer can
/// [attach](RingWriter::attach) and go on.
pub struct RingWriter {
    end: Endpoint<Writing>,
    strategy: WaitStrategy,
    not_sync: PhantomData<Cell<()>>,
}

impl RingWriter {
    pub(crate) fn take(ring: Ring, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self { end: Endpoint::attach(ring)?, strategy, not_sync: PhantomData })
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
    /// # Errors
    /// The message is not in the ring, and nothing is left behind but, for a message that together with the
    /// padding before it exceeds the capacity, that padding.
    ///
    /// - [`TooLarge`](PushError::TooLarge), at once: it can never fit.
    /// - [`TimedOut`](PushError::TimedOut): there was no space until the deadline.
    /// - [`Closed`](PushError::Closed): the reader closed its end, before or during the call.
    /// - [`PeerGone`](PushError::PeerGone): there is no space and the reader's process died; within 60 ms of
    ///   the end of its process. A time-out of zero does not ask.
    /// - [`Corrupt`](PushError::Corrupt): the reader broke the protocol.
    pub fn push(&mut self, message: &[u8], timeout: Option<Duration>) -> Result<(), PushError> {
        let record = self.record(message)?;
        if let Some(target) = self.reserve(record)? {
            self.wait_for_space(record, target, timeout)?;
        }
        self.commit(record, message);
        Ok(())
    }

    /// Waits until `reserve` succeeds. It did not just now: the reader has to reach `target` first.
    #[cold]
    fn wait_for_space(
        &mut self,
        record: Record,
        mut target: Position,
        timeout: Option<Duration>,
    ) -> Result<(), PushError> {
        let mut wait = Wait::new(self.strategy, timeout);
        loop {
            wait.a_while::<Writing>(self.end.ring(), target)?;
            match self.reserve(record)? {
                Some(next) => target = next,
                None => return Ok(()),
            }
        }
    }

    /// Pushes a message if there is space for it now. Never blocks.
    ///
    /// # Errors
    /// As [`push`](Self::push), but where that would wait this returns [`Full`](PushError::Full), and it does
    /// not ask whether the reader's process lives.
    pub fn try_push(&mut self, message: &[u8]) -> Result<(), PushError> {
        let record = self.record(message)?;
        if self.reserve(record)?.is_some() {
            return Err(PushError::Full);
        }
        self.commit(record, message);
        Ok(())
    }

    /// The record that `message` makes, if it can ever fit.
    #[inline]
    fn record(&self, message: &[u8]) -> Result<Record, PushError> {
        let (len, max) = (message.len(), self.max_message_len());
        if len > max {
            return Err(PushError::TooLarge { len, max });
        }
        Ok(Record::data(len))
    }

    /// Sees to it that `record` can be written at the own position: `None`, or the position that the reader
    /// must reach first.
    ///
    /// Where the record would cross the end of the ring, padding fills the rest of the lap. It is published with
    /// the record, unless the two together exceed the capacity: then they can never be free at the same
    /// time, and the padding goes ahead alone (I12).
    #[inline]
    fn reserve(&mut self, record: Record) -> Result<Option<Position>, PushError> {
        if self.end.peer_has_left() {
            return Err(self.end.failed().map_or(PushError::Closed, PushError::from));
        }
        let padding = self.end.ring().capacity.padding(self.end.position(), record.size());
        if padding > 0 {
            self.reserve_with_padding(padding, record.size())
        } else {
            self.space(record.size())
        }
    }

    /// As `reserve`, for a record of `size` bytes that needs `padding` before it.
    #[cold]
    fn reserve_with_padding(&mut self, padding: u64, size: u64) -> Result<Option<Position>, PushError> {
        let together = padding + size <= self.end.ring().capacity.bytes();
        let target = self.space(if together { padding + size } else { padding })?;
        if target.is_some() {
            return Ok(target);
        }
        self.write_header(Record::padding(padding));
        self.end.advance(padding);
        if !together {
            self.end.publish();
        }
        self.space(size)
    }

    /// Whether the next `bytes` bytes are free: `None`, or the position that the reader must reach first.
    #[inline]
    fn space(&mut self, bytes: u64) -> Result<Option<Position>, PushError> {
        let capacity = self.end.ring().capacity;
        let target = self.end.position().after(bytes).before(capacity.bytes());
        if self.end.peer_reached(target)? {
            Ok(None)
        } else if self.end.saw_the_end() {
            Err(PushError::Closed)
        } else {
            Ok(Some(target))
        }
    }

    /// Writes the record where `reserve` made sure of its space, and publishes it.
    #[inline]
    fn commit(&mut self, record: Record, message: &[u8]) {
        self.write_header(record);
        let ring = self.end.ring();
        let index = ring.capacity.index(self.end.position()) + HEADER as usize;
        // SAFETY: I2 (`reserve` padded a record that would cross the end), I3 (`reserve` waited for its space).
        unsafe { ring.bytes.write(index, message) };
        self.end.advance(record.size());
        self.end.publish();
    }

    /// Writes `record`'s header at the own position, whose granule is free.
    #[inline]
    fn write_header(&mut self, record: Record) {
        let ring = self.end.ring();
        let index = ring.capacity.index(self.end.position());
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (`reserve` waited for its
        // space).
        unsafe { ring.bytes.write_word(index, record.to_word()) };
    }

    /// The size of the ring in bytes. Each message takes 8 bytes more than its length, rounded up to a multiple of 8.
    pub fn capacity(&self) -> usize {
        self.end.ring().capacity.bytes() as usize
    }

    /// The most bytes a message may have: the capacity less 8.
    pub fn max_message_len(&self) -> usize {
        self.capacity() - HEADER as usize
    }

    /// Whether the reader has taken everything that was pushed.
    pub fn is_empty(&self) -> bool {
        self.used_bytes() == 0
    }

    /// The bytes of the ring that hold messages not yet popped, their headers and padding included. The reader may be
    /// lowering the figure at this moment.
    pub fn used_bytes(&self) -> usize {
        self.end.distance() as usize
    }

    /// The bytes of the ring that are free: the capacity less the used ones. A message may need up to its own
    /// size in padding on top of it, where it would cross the end of the ring.
    pub fn free_bytes(&self) -> usize {
        self.capacity() - self.used_bytes()
    }

    /// The bytes that were ever pushed through this ring, modulo 2^64, headers and padding included: where the next
    /// record goes.
    pub fn position(&self) -> u64 {
        self.end.position().get()
    }
}

impl Drop for RingWriter {
    fn drop(&mut self) {
        self.end.close();
    }
}

impl From<GaveUp> for PushError {
    fn from(gave_up: GaveUp) -> Self {
        match gave_up {
            GaveUp::TimedOut => PushError::TimedOut,
            GaveUp::PeerGone => PushError::PeerGone,
        }
    }
}
