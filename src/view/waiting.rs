//! Copies of the messages that wait in a ring.

use core::fmt;
use std::io;

use super::cursors::{cursors, was_there};
use crate::file::Viewed;
use crate::protocol::{Check, Kind, Position, Record, HEADER};

/// A copy of a message that waited in the ring.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// writer.push(b"data", None)?;
/// let view = ipc_ring::RingView::open(&path)?;
/// let message = view.messages(1).next().expect("one waits")?;
/// assert_eq!(message.bytes, b"data");
/// assert_eq!(message.position, writer.position()); // where the last one ends
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct WaitingMessage {
    /// The position at which the message ends, as [`Message::position`](crate::Message::position) has it.
    pub position: u64,
    /// The bytes of the message.
    pub bytes: Vec<u8>,
}

/// Why a view stopped before the last waiting message.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// # let mut reader = ipc_ring::RingReader::open(&path)?;
/// use ipc_ring::{RingView, ViewError};
///
/// writer.push(b"one", None)?;
/// writer.push(b"two", None)?;
/// let view = RingView::open(&path)?;
/// let mut messages = view.messages(10);
/// reader.pop(&mut Vec::new(), None)?; // before anybody looked at it
/// assert_eq!(messages.next(), Some(Err(ViewError::Overtaken)));
/// assert_eq!(view.messages(10).next().expect("one waits")?.bytes, b"two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ViewError {
    /// The reader went past the place that would have been next. Begin again to see what waits now.
    Overtaken,
    /// The next record or the positions of the sides make no sense. No reader can go on with this ring: remove it.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ViewError::Overtaken => f.write_str("the reader was faster: begin again to see what waits now"),
            ViewError::Corrupt { check } => write!(f, "the ring is corrupt: {check}"),
        }
    }
}

impl std::error::Error for ViewError {}

impl From<ViewError> for io::Error {
    fn from(error: ViewError) -> Self {
        let kind = match error {
            ViewError::Overtaken => io::ErrorKind::Interrupted,
            ViewError::Corrupt { .. } => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, error)
    }
}

/// An iterator over copies of the messages that wait in a ring, oldest first.
///
/// [`RingView::messages`](crate::RingView::messages) returns it. It ends after as many messages as were asked for,
/// after the last that was there when it began, or after an error.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let mut writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// writer.push(b"data", None)?;
/// let view = ipc_ring::RingView::open(&path)?;
/// let mut messages = view.messages(usize::MAX);
/// writer.push(b"later", None)?; // not there when it began
/// assert_eq!(messages.next().expect("one waits")?.bytes, b"data");
/// assert!(messages.next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WaitingMessages<'a> {
    ring: &'a Viewed,
    position: Position,
    end: Position,
    left: usize,
    /// A check that the cursors failed: the next item, and the last.
    refused: Option<Check>,
}

impl<'a> WaitingMessages<'a> {
    /// Iterates over at most `max` of the messages that wait in `ring` now.
    pub(super) fn of(ring: &'a Viewed, max: usize) -> Self {
        let cursors = cursors(ring);
        let position = cursors.reader.position;
        let (waiting, refused) = match cursors.checked(ring.capacity.bytes()) {
            Ok(waiting) => (waiting, None),
            Err(check) => (0, Some(check)),
        };
        Self { ring, position, end: position.after(waiting), left: max, refused }
    }
}

impl Iterator for WaitingMessages<'_> {
    type Item = Result<WaitingMessage, ViewError>;

    fn next(&mut self) -> Option<Self::Item> {
        let corrupt = |check| Some(Err(ViewError::Corrupt { check }));
        if let Some(check) = self.refused.take().filter(|_| self.left > 0) {
            return corrupt(check);
        }
        while self.left > 0 && self.position != self.end {
            let copied = copy_of(self.ring, self.position, self.end.since(self.position));
            let (size, bytes) = match copied {
                _ if !was_there(self.ring, self.position) => {
                    self.left = 0;
                    return Some(Err(ViewError::Overtaken));
                }
                Ok(copied) => copied,
                Err(check) => {
                    self.left = 0;
                    return corrupt(check);
                }
            };
            self.position = self.position.after(size);
            if let Some(bytes) = bytes {
                self.left -= 1;
                return Some(Ok(WaitingMessage { position: self.position.get(), bytes }));
            }
        }
        None
    }
}

impl core::iter::FusedIterator for WaitingMessages<'_> {}

impl fmt::Debug for WaitingMessages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingMessages").field("left", &self.left).finish_non_exhaustive()
    }
}

/// Copies the record at `position`, where `room` bytes are published.
///
/// Returns the bytes that it takes, and its payload if it is a message. If the reader has released the record, the
/// result means nothing. So the caller asks [`was_there`] afterwards: its fence stands between this copy and the load
/// of the reader's cursor (I17).
fn copy_of(ring: &Viewed, position: Position, room: u64) -> Result<(u64, Option<Vec<u8>>), Check> {
    let capacity = ring.capacity;
    let (index, to_end) = (capacity.index(position), capacity.to_end(position));
    // SAFETY: I2 (positions are checked to be multiples of 8, so a granule never crosses the end).
    let word = unsafe { ring.bytes.glance(index) };
    let record = Record::from_word(word).ok_or(Check::RecordKind)?;
    if record.size() > room.min(to_end) {
        return Err(Check::RecordLength);
    }
    match record.kind {
        Kind::Data => {}
        Kind::End => return Ok((record.size(), None)),
        Kind::Padding => {
            let may_stand = index != 0 && record.size() == to_end;
            return may_stand.then_some((record.size(), None)).ok_or(Check::RecordPadding);
        }
    }
    let mut bytes = Vec::new();
    // SAFETY: I2 (all of the record is before the end, as was checked on the copy of its header).
    unsafe { ring.bytes.glance_over(index + HEADER as usize, record.length(), &mut bytes) };
    Ok((record.size(), Some(bytes)))
}
