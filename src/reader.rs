//! The reader's side: peek, copy, release.
//!
//! Knows records and how to doubt them. What it does not know: how a cursor travels (`endpoint.rs`), how one
//! waits (`wait.rs`), where the memory comes from (`mapping.rs`).

use core::cell::Cell;
use core::marker::PhantomData;
use core::time::Duration;

use crate::atomics::order::Reading;
use crate::endpoint::Endpoint;
use crate::error::{Check, PopError};
use crate::header::Ring;
use crate::record::{Kind, Record, GRANULE, HEADER};
use crate::wait::{GaveUp, Wait, WaitStrategy};

/// The side of a ring that pops messages.
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
pub struct RingReader {
    end: Endpoint<Reading>,
    strategy: WaitStrategy,
    not_sync: PhantomData<Cell<()>>,
}

impl RingReader {
    pub(crate) fn take(ring: Ring, strategy: WaitStrategy) -> Result<Self, Check> {
        Ok(Self { end: Endpoint::attach(ring)?, strategy, not_sync: PhantomData })
    }

    /// Pops the oldest message into `buffer` and returns its length in bytes, waiting for one as long as `timeout`
    /// says.
    ///
    /// What was in the buffer is replaced; its allocation is kept, and grown to the message's length where it
    /// is smaller. An empty message is a message, of length 0.
    ///
    /// `None` waits as long as it takes. `Some(d)` is one deadline for the whole call, on the monotonic clock;
    /// `Some(Duration::ZERO)` tries once. While it waits, the call first spins, then sleeps in the kernel, as the
    /// [`WaitStrategy`] says. It makes no system call while there is a message and the writer is awake.
    ///
    /// The message is given back to the writer before this returns: should this process crash after that and
    /// before it has dealt with the message, the message is lost. A crash before that delivers it again.
    ///
    /// # Errors
    /// The buffer is as it was.
    ///
    /// - [`TimedOut`](PopError::TimedOut): no message came until the deadline.
    /// - [`Closed`](PopError::Closed): the writer closed its end, and everything was popped.
    /// - [`PeerGone`](PopError::PeerGone): the writer's process died, and everything was popped; within 60 ms of
    ///   the end of its process. A time-out of zero does not ask.
    /// - [`Corrupt`](PopError::Corrupt): the writer broke the protocol.
    pub fn pop(&mut self, buffer: &mut Vec<u8>, timeout: Option<Duration>) -> Result<usize, PopError> {
        let record = match self.peek()? {
            Some(record) => record,
            None => self.wait_for_a_record(timeout)?,
        };
        Ok(self.release(record, buffer))
    }

    /// Waits until `peek` finds a record. It found none just now.
    #[cold]
    fn wait_for_a_record(&mut self, timeout: Option<Duration>) -> Result<Record, PopError> {
        let mut wait = Wait::new(self.strategy, timeout);
        loop {
            wait.a_while::<Reading>(self.end.ring(), self.end.position().after(GRANULE))?;
            if let Some(record) = self.peek()? {
                return Ok(record);
            }
        }
    }

    /// Pops the oldest message into `buffer` and returns its length in bytes, or `None` if there is no message now.
    /// Never blocks.
    ///
    /// # Errors
    /// As [`pop`](Self::pop), but where that would wait this returns `Ok(None)`, and it does not ask whether the
    /// writer's process lives.
    pub fn try_pop(&mut self, buffer: &mut Vec<u8>) -> Result<Option<usize>, PopError> {
        let record = self.peek()?;
        Ok(record.map(|record| self.release(record, buffer)))
    }

    /// The record of the next message, at the own position; `None` if there is none yet.
    ///
    /// Padding on the way is released at once: the writer may be waiting for just that (I12). It ends a lap, and none
    /// may begin one, so the loop turns at most twice.
    #[inline]
    fn peek(&mut self) -> Result<Option<Record>, PopError> {
        while self.end.peer_reached(self.end.position().after(GRANULE))? {
            let record = self.header().map_err(|check| self.end.fail(check))?;
            match record.kind {
                Kind::Data => return Ok(Some(record)),
                Kind::Padding => {
                    self.end.advance(record.size());
                    self.end.publish();
                }
            }
        }
        if self.end.saw_the_end() {
            Err(PopError::Closed)
        } else {
            Ok(None)
        }
    }

    /// The header at the own position, where at least a granule is published: loaded once, and the copy
    /// checked against what was published and where the ring ends.
    #[inline]
    fn header(&self) -> Result<Record, Check> {
        let (ring, position) = (self.end.ring(), self.end.position());
        let index = ring.capacity.index(position);
        // SAFETY: I2 (positions are multiples of 8, so a granule never crosses the end), I3 (`peek` saw it published).
        let word = unsafe { ring.bytes.read_word(index) };
        let record = Record::from_word(word).ok_or(Check::RecordKind)?;
        let to_end = ring.capacity.to_end(position);
        let published = self.end.seen().since(position);
        if record.size() > to_end.min(published) {
            return Err(Check::RecordLength);
        }
        if record.kind == Kind::Padding && (index == 0 || record.size() != to_end) {
            return Err(Check::RecordPadding);
        }
        Ok(record)
    }

    /// Copies out the message of the record that `peek` returned, and gives its space back.
    #[inline]
    fn release(&mut self, record: Record, buffer: &mut Vec<u8>) -> usize {
        let ring = self.end.ring();
        let index = ring.capacity.index(self.end.position()) + HEADER as usize;
        // SAFETY: I2 and I3 (`header` checked that the record ends before the ring does, and was published).
        unsafe { ring.bytes.read(index, record.length(), buffer) };
        self.end.advance(record.size());
        self.end.publish();
        record.length()
    }

    /// The size of the ring in bytes. Each message takes 8 bytes more than its length, rounded up to a multiple of 8.
    pub fn capacity(&self) -> usize {
        self.end.ring().capacity.bytes() as usize
    }

    /// The most bytes a message may have: the capacity less 8.
    pub fn max_message_len(&self) -> usize {
        self.capacity() - HEADER as usize
    }

    /// Whether there is nothing to pop now. A ring that holds only padding, for a message that is yet to come,
    /// is empty too, though it has used bytes: asking gives them back, and may wake the writer. A ring whose writer
    /// broke the protocol is not empty: the next pop says so.
    pub fn is_empty(&mut self) -> bool {
        matches!(self.peek(), Ok(None) | Err(PopError::Closed))
    }

    /// The bytes of the ring that hold messages not yet popped, their headers and padding included. The writer may be
    /// raising the figure at this moment.
    pub fn used_bytes(&self) -> usize {
        self.end.distance() as usize
    }

    /// The bytes of the ring that are free: the capacity less the used ones.
    pub fn free_bytes(&self) -> usize {
        self.capacity() - self.used_bytes()
    }

    /// The bytes that were ever popped from this ring, modulo 2^64, headers and padding included: where the
    /// next record is looked for. After a pop it is where that message ended, which is so for no other one:
    /// a consumer that notes it can tell a repeat.
    pub fn position(&self) -> u64 {
        self.end.position().get()
    }
}

impl Drop for RingReader {
    fn drop(&mut self) {
        self.end.close();
    }
}

impl From<GaveUp> for PopError {
    fn from(gave_up: GaveUp) -> Self {
        match gave_up {
            GaveUp::TimedOut => PopError::TimedOut,
            GaveUp::PeerGone => PopError::PeerGone,
        }
    }
}
