//! The errors of a ring that is held. Each operation has an enum of its own: it says why, and carries what is needed to
//! act on it.
//!
//! Every error converts into a [`std::io::Error`] of the fitting kind, with the error itself inside
//! ([`get_ref`](std::io::Error::get_ref)). Its text says all that is known, so none has a
//! [`source`](std::error::Error::source) to print beside it. `text.rs` has the texts and the kinds.

mod text;

/// A capacity that no ring can have. Pass a power of two from 64 bytes to 2^31 bytes (2 GiB).
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{CreateError, InvalidCapacity, RingWriter};
///
/// let created = RingWriter::create(&path, 5000);
/// assert!(matches!(created, Err(CreateError::InvalidCapacity(InvalidCapacity { given: 5000 }))));
/// assert!(created.unwrap_err().to_string().ends_with("for instance 8192"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InvalidCapacity {
    /// The capacity that was asked for, in bytes.
    pub given: usize,
}

/// A position at which no message of a batch ends. Pass [`Message::position`](crate::Message::position) of a message
/// that the batch has iterated over.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// use ipc_ring::InvalidPosition;
///
/// writer.push(b"data", None)?; // 8 bytes of header and 8 of message
/// let mut batch = reader.batch(10, None)?;
/// assert_eq!(batch.messages().count(), 1);
/// assert_eq!(batch.commit_through(8), Err(InvalidPosition { given: 8 }));
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4); // nothing was released
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InvalidPosition {
    /// The position that was given.
    pub given: u64,
}

/// A buffer that is shorter than the message. Nothing was copied.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// use ipc_ring::BufferTooSmall;
///
/// writer.push(b"data", None)?;
/// let mut buffer = [0; 3];
/// let copied = reader.peek(None)?.copy_to_slice(&mut buffer);
/// assert_eq!(copied, Err(BufferTooSmall { len: 4, given: 3 }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BufferTooSmall {
    /// The length of the message in bytes.
    pub len: usize,
    /// The length of the buffer in bytes.
    pub given: usize,
}

/// Why the messages of a ring cannot be counted.
///
/// ```
/// # let (mut writer, reader) = ipc_ring::pair(4096)?;
/// use ipc_ring::CountError;
///
/// writer.push(b"data", None)?;
/// match writer.message_count() {
///     Ok(count) => assert_eq!(count, 1),
///     Err(CountError::Damaged) => println!("the count is damaged; the position is {}", writer.position()),
///     Err(error) => println!("{error}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum CountError {
    /// The ring's file holds a count that makes no sense. This lasts as long as the ring, also for a successor: go by
    /// positions.
    Damaged,
    /// A side moved faster than its messages could be counted. Ask again.
    Outrun,
}

/// One of the two sides of a ring.
///
/// ```
/// assert_eq!(ipc_ring::Side::Reader.to_string(), "reader");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// The side that pushes.
    Writer,
    /// The side that pops.
    Reader,
}

/// The check that a value in shared memory, or in a ring's file, failed.
///
/// A value that a peer stores is loaded once, and the copy is checked before it is used. A value that fails means that
/// the peer broke the protocol, or that something else writes to the file.
///
/// ```
/// use ipc_ring::{Check, PopError};
///
/// let error = PopError::Corrupt { check: Check::RecordKind };
/// assert!(error.to_string().contains("no known kind"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Check {
    /// A cursor is not a multiple of 8.
    CursorAlignment,
    /// The peer's cursor went backwards, or farther ahead than the ring allows.
    CursorRange,
    /// A record is of no known kind.
    RecordKind,
    /// A record is longer than what was published, or crosses the end of the ring.
    RecordLength,
    /// A padding record stands where none may stand.
    RecordPadding,
}

/// Why a side can never use its ring again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The peer failed this check.
    Corrupt(Check),
    /// The handle belongs to the process that forked this one.
    Forked,
}

/// Why a message was not pushed. No part of the message is in the ring.
///
/// ```
/// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
/// use std::time::Duration;
/// use ipc_ring::PushError;
///
/// match writer.push(b"data", Some(Duration::from_secs(1))) {
///     Ok(()) => {}
///     Err(PushError::TimedOut) => println!("the reader is slow"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PushError {
    /// The message can never fit this ring. Split it, or create the ring with twice the capacity or more.
    TooLarge {
        /// The length of the message in bytes.
        len: usize,
        /// The length in bytes of the longest message that fits this ring.
        max: usize,
    },
    /// There was no space until the deadline.
    TimedOut,
    /// The reader closed the ring. Push again once another reader has opened it.
    Closed,
    /// There is no space, and the reader's process died. Push again once another reader has opened the ring.
    PeerGone,
    /// There is no space, no reader lives, and none can come: no file has the ring's name any more. Create the ring
    /// anew, and push again what still waits in this one. If this file gets its name back, the handle works again.
    Removed,
    /// There is no space, no reader lives, and none can come: another file has the ring's name. Attach to that one, and
    /// push again what still waits in this one. If this file gets its name back, the handle works again.
    Replaced,
    /// The reader broke the protocol. Every later call that would touch the ring returns the same: drop the handle.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
    /// The handle belongs to the process that forked this one, and works there. Use a ring of your own here.
    Forked,
}

/// Why a message was not pushed at once. No part of the message is in the ring.
///
/// ```
/// # let (mut writer, _reader) = ipc_ring::pair(4096)?;
/// use ipc_ring::TryPushError;
///
/// match writer.try_push(b"data") {
///     Ok(()) => {}
///     Err(TryPushError::Full) => println!("the reader is slow; the message is dropped"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum TryPushError {
    /// As [`PushError::TooLarge`].
    TooLarge {
        /// The length of the message in bytes.
        len: usize,
        /// The length in bytes of the longest message that fits this ring.
        max: usize,
    },
    /// There is no space now. The call does not ask whether a reader lives that could make some.
    Full,
    /// As [`PushError::Closed`].
    Closed,
    /// As [`PushError::Corrupt`].
    Corrupt {
        /// The check that failed.
        check: Check,
    },
    /// As [`PushError::Forked`].
    Forked,
}

/// Why no message was popped. The buffer is as it was.
///
/// ```
/// # let (writer, mut reader) = ipc_ring::pair(4096)?;
/// use std::io::{self, ErrorKind};
/// use ipc_ring::PopError;
///
/// drop(writer);
/// let error = reader.pop(&mut Vec::new(), None).unwrap_err();
/// assert_eq!(error, PopError::Closed);
/// assert_eq!(io::Error::from(error).kind(), ErrorKind::UnexpectedEof);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PopError {
    /// No message came before the deadline.
    TimedOut,
    /// Everything was popped, and the writer closed the ring: the stream has ended, unless another writer attaches.
    Closed,
    /// Everything was popped, but the stream has not ended: the writer's process died, or the writer was
    /// [abandoned](crate::RingWriter::abandon) or dropped by a panic. Pop again once another writer has attached.
    PeerGone,
    /// Everything was popped, no writer lives, and none can come: no file has the ring's name any more. Drop the
    /// handle, and [wait](crate::RingReader::open_wait) for the ring to be created anew. If this file gets its name
    /// back, the handle works again.
    Removed,
    /// Everything was popped, no writer lives, and none can come: another file has the ring's name. Drop the handle,
    /// and open that one. If this file gets its name back, the handle works again.
    Replaced,
    /// The writer broke the protocol. Every later call that would touch the ring returns the same: drop the handle.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
    /// The handle belongs to the process that forked this one, and works there. Use a ring of your own here.
    Forked,
}

/// Why a pop at once failed. If there is only no message, the call returns `Ok(None)`.
///
/// ```
/// # let (writer, mut reader) = ipc_ring::pair(4096)?;
/// use ipc_ring::TryPopError;
///
/// assert_eq!(reader.try_pop(&mut Vec::new()), Ok(None));
/// drop(writer);
/// assert_eq!(reader.try_pop(&mut Vec::new()), Err(TryPopError::Closed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum TryPopError {
    /// As [`PopError::Closed`].
    Closed,
    /// As [`PopError::Corrupt`].
    Corrupt {
        /// The check that failed.
        check: Check,
    },
    /// As [`PopError::Forked`].
    Forked,
}

/// Why no message was popped into a buffer of a fixed length. A message that was there is still in the ring.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::pair(4096)?;
/// use ipc_ring::{BufferTooSmall, PopIntoError};
///
/// writer.push(b"data", None)?;
/// let popped = reader.pop_into(&mut [0; 3], None);
/// assert_eq!(popped, Err(PopIntoError::BufferTooSmall(BufferTooSmall { len: 4, given: 3 })));
/// assert_eq!(reader.pop_into(&mut [0; 4], None)?, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PopIntoError {
    /// The message is longer than the buffer: pass one of [`max_message_len`](crate::RingReader::max_message_len)
    /// bytes.
    BufferTooSmall(BufferTooSmall),
    /// The message is not as long as the elements of the array that it was to be popped into: take it with
    /// [`pop`](crate::RingReader::pop).
    OtherLength {
        /// The length of the message in bytes.
        len: usize,
        /// The length of an element in bytes.
        element: usize,
    },
    /// As for [`pop`](crate::RingReader::pop).
    Pop(PopError),
}
