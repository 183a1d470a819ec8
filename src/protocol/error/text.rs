//! The texts of the errors, and the kind of [`io::Error`] that each becomes.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

use super::{
    BufferTooSmall, Check, CountError, Failure, InvalidCapacity, InvalidPosition, PopError, PopIntoError, PushError,
    Side, TryPopError, TryPushError,
};
use crate::layout::{MAX_CAPACITY, MIN_CAPACITY};

const FORKED: &str = "this handle is the parent process's; use it there, and a ring of your own here";

impl fmt::Display for InvalidCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self.given;
        let bytes = if given == 1 { "byte" } else { "bytes" };
        write!(f, "a ring cannot have a capacity of {given} {bytes}; pass a power of two ")?;
        write!(f, "from {MIN_CAPACITY} to {MAX_CAPACITY}")?;
        match given.checked_next_power_of_two() {
            Some(near) if (MIN_CAPACITY..=MAX_CAPACITY).contains(&near) => write!(f, ", for instance {near}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self.given;
        write!(f, "no message of this batch ends at {given}; pass the position() of a message that it iterated over")
    }
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { len, given } = self;
        write!(f, "the message has {len} bytes, the buffer {given}; pass one of max_message_len() bytes")
    }
}

impl fmt::Display for CountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CountError::Damaged => "the ring's count of messages is damaged; go by positions",
            CountError::Outrun => "a side moved faster than its messages could be counted; ask again",
        })
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Writer => "writer",
            Side::Reader => "reader",
        })
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Check::CursorAlignment => "a cursor is not a multiple of 8",
            Check::CursorRange => "the peer's cursor is out of range",
            Check::RecordKind => "a record is of no known kind",
            Check::RecordLength => "a record's length is out of range",
            Check::RecordPadding => "a padding record stands where none belongs",
        })
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PushError::TooLarge { len, max } => {
                write!(f, "a message of {len} bytes is too large, {max} is the most; split it, or create a larger ring")
            }
            PushError::TimedOut => f.write_str("the ring was full until the deadline; push again, or wait longer"),
            PushError::Closed => f.write_str("the reader closed the ring; push again once another reader opens it"),
            PushError::PeerGone => {
                f.write_str("the ring is full, and its reader died; push again once another reader opens it")
            }
            PushError::Removed => f.write_str("the ring is full, and was removed; create it anew"),
            PushError::Replaced => f.write_str("the ring is full, and another file has its name; attach to that one"),
            PushError::Corrupt { check } => {
                write!(f, "the reader broke the protocol: {check}; stop using this ring and create another")
            }
            PushError::Forked => f.write_str(FORKED),
        }
    }
}

impl fmt::Display for TryPushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match PushError::from(*self) {
            PushError::TimedOut => f.write_str("the ring is full; try again, or push with a time-out"),
            other => other.fmt(f),
        }
    }
}

impl fmt::Display for PopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PopError::TimedOut => f.write_str("no message came until the deadline; pop again, or wait longer"),
            PopError::Closed => f.write_str("all was read, and the writer ended the stream"),
            PopError::PeerGone => {
                f.write_str("all was read, and the writer died or abandoned the ring; pop again once another attaches")
            }
            PopError::Removed => {
                f.write_str("all was read, and the ring was removed; open it once a writer has created it anew")
            }
            PopError::Replaced => f.write_str("all was read, and another file has the ring's name; open that one"),
            PopError::Corrupt { check } => {
                write!(f, "the writer broke the protocol: {check}; stop using this ring and create another")
            }
            PopError::Forked => f.write_str(FORKED),
        }
    }
}

impl fmt::Display for TryPopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        PopError::from(*self).fmt(f)
    }
}

impl fmt::Display for PopIntoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PopIntoError::BufferTooSmall(small) => small.fmt(f),
            PopIntoError::OtherLength { len, element } => {
                write!(f, "the message has {len} bytes, an element of the array {element}; take it with pop()")
            }
            PopIntoError::Pop(error) => error.fmt(f),
        }
    }
}

impl From<BufferTooSmall> for PopIntoError {
    fn from(small: BufferTooSmall) -> Self {
        PopIntoError::BufferTooSmall(small)
    }
}

impl From<PopError> for PopIntoError {
    fn from(error: PopError) -> Self {
        PopIntoError::Pop(error)
    }
}

impl From<TryPushError> for PushError {
    fn from(error: TryPushError) -> Self {
        match error {
            TryPushError::TooLarge { len, max } => PushError::TooLarge { len, max },
            TryPushError::Full => PushError::TimedOut,
            TryPushError::Closed => PushError::Closed,
            TryPushError::Corrupt { check } => PushError::Corrupt { check },
            TryPushError::Forked => PushError::Forked,
        }
    }
}

impl From<TryPopError> for PopError {
    fn from(error: TryPopError) -> Self {
        match error {
            TryPopError::Closed => PopError::Closed,
            TryPopError::Corrupt { check } => PopError::Corrupt { check },
            TryPopError::Forked => PopError::Forked,
        }
    }
}

impl From<Failure> for PushError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Corrupt(check) => PushError::Corrupt { check },
            Failure::Forked => PushError::Forked,
        }
    }
}

impl From<Failure> for PopError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Corrupt(check) => PopError::Corrupt { check },
            Failure::Forked => PopError::Forked,
        }
    }
}

/// Makes each type an error that converts into an [`io::Error`], of the kind that the function returns.
macro_rules! errors {
    ($($error:ty: $kind:expr;)*) => {$(
        impl Error for $error {}

        impl From<$error> for io::Error {
            fn from(error: $error) -> Self {
                let kind: fn(&$error) -> ErrorKind = $kind;
                io::Error::new(kind(&error), error)
            }
        }
    )*};
}

errors! {
    InvalidCapacity: |_| ErrorKind::InvalidInput;
    InvalidPosition: |_| ErrorKind::InvalidInput;
    BufferTooSmall: |_| ErrorKind::InvalidInput;
    CountError: |error| match error {
        CountError::Damaged => ErrorKind::InvalidData,
        CountError::Outrun => ErrorKind::Interrupted,
    };
    PushError: |error| match error {
        PushError::TooLarge { .. } => ErrorKind::InvalidInput,
        PushError::TimedOut => ErrorKind::TimedOut,
        PushError::Closed | PushError::PeerGone => ErrorKind::BrokenPipe,
        PushError::Removed | PushError::Replaced => ErrorKind::NotFound,
        PushError::Corrupt { .. } => ErrorKind::InvalidData,
        PushError::Forked => ErrorKind::PermissionDenied,
    };
    TryPushError: |error| match error {
        TryPushError::Full => ErrorKind::WouldBlock,
        other => io::Error::from(PushError::from(*other)).kind(),
    };
    PopError: |error| match error {
        PopError::TimedOut => ErrorKind::TimedOut,
        PopError::Closed => ErrorKind::UnexpectedEof,
        // Not BrokenPipe: a program that copies to its output takes that for a closed output.
        PopError::PeerGone => ErrorKind::ConnectionReset,
        PopError::Removed | PopError::Replaced => ErrorKind::NotFound,
        PopError::Corrupt { .. } => ErrorKind::InvalidData,
        PopError::Forked => ErrorKind::PermissionDenied,
    };
    TryPopError: |error| io::Error::from(PopError::from(*error)).kind();
    PopIntoError: |error| match error {
        PopIntoError::BufferTooSmall(_) | PopIntoError::OtherLength { .. } => ErrorKind::InvalidInput,
        PopIntoError::Pop(error) => io::Error::from(*error).kind(),
    };
}
