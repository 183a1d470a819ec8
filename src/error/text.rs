//! What errors say, and what kind of [`io::Error`] each becomes.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use super::{
    Check, CreateError, Failure, InvalidCapacity, InvalidPosition, OpenError, PopError, PushError, Side, HUGETLBFS,
};
use crate::index::{MAX_CAPACITY, MIN_CAPACITY};
const FORKED: &str =
    "this handle belongs to the process that this one was forked from: use it there, or a ring of your own here";

impl fmt::Display for InvalidCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self.given;
        let bytes = if given == 1 { "byte" } else { "bytes" };
        write!(f, "a ring cannot have a capacity of {given} {bytes}: pass a power of two ")?;
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
        write!(f, "no message that this batch has iterated over ends at {given}, so nothing was released: ")?;
        f.write_str("pass the position() of one of its messages")
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

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CreateError::InvalidCapacity(invalid) => invalid.fmt(f),
            CreateError::AlreadyExists { path } => {
                let path = path.display();
                write!(f, "{path} exists already: attach to it if it is a ring, or remove it if it is stale")
            }
            CreateError::UnsuitableFilesystem { path, name } => unsuitable(f, path, name),
            CreateError::FencesUnavailable { path, source } => write!(
                f,
                "cannot use asymmetric fences for {}: {source}; create it with FenceMode::Symmetric",
                path.display()
            ),
            CreateError::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
        }
    }
}

fn unsuitable(f: &mut fmt::Formatter<'_>, path: &Path, name: &str) -> fmt::Result {
    write!(f, "{} is on {name}, where a ring's memory may not last: use a local filesystem, such as ", path.display())?;
    f.write_str(if cfg!(target_os = "linux") { "/dev/shm or a volume of ext4 or XFS" } else { "the one of /tmp" })?;
    match name {
        HUGETLBFS => Ok(()),
        _ => f.write_str(", or allow any filesystem explicitly"),
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NotFound { path } => {
                write!(f, "there is no ring at {}: a writer has to create it first", path.display())
            }
            OpenError::NotARing { path, why } => {
                write!(f, "{} is no ring: {why}; give the path of a ring", path.display())
            }
            OpenError::Incompatible { path, what, offset, found, expected } => write!(
                f,
                "{} is a ring with {what} {found} at byte {offset}, this build needs {expected}: \
                 use the build that made it, or remove it and create it anew",
                path.display()
            ),
            OpenError::Busy { path, side } => write!(
                f,
                "the {side}'s side of {} is taken: a ring has one {side}; stop the other, or use a ring for each",
                path.display()
            ),
            OpenError::Full { path } => write!(
                f,
                "{} has no room for the end of another stream: receive from it first, or wait until somebody does",
                path.display()
            ),
            OpenError::Untrusted { path, why } => write!(
                f,
                "{} is not to be trusted: {why}; use a path that only you can write to, or trust it explicitly",
                path.display()
            ),
            OpenError::AnotherBoot { path } => write!(
                f,
                "{} was created before the system was last started, and may be damaged if that stopped without \
                 warning: remove it and create it anew, or allow any boot explicitly",
                path.display()
            ),
            OpenError::AnotherOwner { path } => write!(
                f,
                "{} was created with another owner's tag: use a path of your own, or give the tag that it was created \
                 with",
                path.display()
            ),
            OpenError::UnsuitableFilesystem { path, name } => unsuitable(f, path, name),
            OpenError::Corrupt { path, check } => {
                write!(f, "{} cannot be resumed: {check}; remove it and create it anew", path.display())
            }
            OpenError::Replaced { path } => {
                write!(f, "{} was replaced while it was being opened: open it again", path.display())
            }
            OpenError::FencesUnavailable { path, source } => write!(
                f,
                "{} was created with asymmetric fences, which this process cannot use: {source}; \
                 allow it the system call membarrier, or create the ring with FenceMode::Symmetric",
                path.display()
            ),
            OpenError::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
        }
    }
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PushError::TooLarge { len, max } => write!(
                f,
                "a message of {len} bytes can never fit, {max} is the most: split it, or create a larger ring"
            ),
            PushError::Full => f.write_str("the ring is full: try again, or push with a time-out"),
            PushError::TimedOut => f.write_str("the ring was full until the time was up: push again, or wait longer"),
            PushError::Closed => f.write_str("the reader closed the ring: push again once another reader opens it"),
            PushError::PeerGone => {
                f.write_str("the ring is full and its reader died: push again once another reader opens it")
            }
            PushError::Removed => {
                f.write_str("the ring is full, has no reader, and was removed, so that none can come: create it anew")
            }
            PushError::Replaced => {
                f.write_str("the ring is full, has no reader, and another file took its place: attach to that one")
            }
            PushError::Corrupt { check } => {
                write!(f, "the reader broke the protocol: {check}; stop using this ring and create another")
            }
            PushError::Forked => f.write_str(FORKED),
        }
    }
}

impl fmt::Display for PopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PopError::TimedOut => f.write_str("no message came until the time was up: pop again, or wait longer"),
            PopError::Closed => f.write_str("the writer closed the ring and everything was read: the stream has ended"),
            PopError::PeerGone => {
                f.write_str("everything was read and the writer died, or gave up: pop again once another attaches")
            }
            PopError::Removed => {
                f.write_str("everything was read, and the ring was removed: open it once a writer made it anew")
            }
            PopError::Replaced => {
                f.write_str("everything was read, and another file took the ring's place: open that one")
            }
            PopError::Corrupt { check } => {
                write!(f, "the writer broke the protocol: {check}; stop using this ring and create another")
            }
            PopError::Forked => f.write_str(FORKED),
        }
    }
}

impl Error for InvalidCapacity {}

impl Error for InvalidPosition {}

impl Error for CreateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            CreateError::InvalidCapacity(invalid) => Some(invalid),
            CreateError::FencesUnavailable { source, .. } | CreateError::Io { source, .. } => Some(source),
            CreateError::AlreadyExists { .. } | CreateError::UnsuitableFilesystem { .. } => None,
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            OpenError::FencesUnavailable { source, .. } | OpenError::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Error for PushError {}

impl Error for PopError {}

impl From<InvalidCapacity> for CreateError {
    fn from(invalid: InvalidCapacity) -> Self {
        CreateError::InvalidCapacity(invalid)
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

impl From<InvalidPosition> for io::Error {
    fn from(error: InvalidPosition) -> Self {
        io::Error::new(io::ErrorKind::InvalidInput, error)
    }
}

impl From<CreateError> for io::Error {
    fn from(error: CreateError) -> Self {
        let kind = match &error {
            CreateError::InvalidCapacity(_) => io::ErrorKind::InvalidInput,
            CreateError::AlreadyExists { .. } => io::ErrorKind::AlreadyExists,
            CreateError::UnsuitableFilesystem { .. } => io::ErrorKind::Unsupported,
            CreateError::FencesUnavailable { source, .. } | CreateError::Io { source, .. } => source.kind(),
        };
        io::Error::new(kind, error)
    }
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        let kind = match &error {
            OpenError::NotFound { .. } => io::ErrorKind::NotFound,
            OpenError::NotARing { .. } | OpenError::Corrupt { .. } => io::ErrorKind::InvalidData,
            OpenError::Incompatible { .. } | OpenError::UnsuitableFilesystem { .. } => io::ErrorKind::Unsupported,
            OpenError::AnotherBoot { .. } => io::ErrorKind::InvalidData,
            OpenError::Untrusted { .. } | OpenError::AnotherOwner { .. } => io::ErrorKind::PermissionDenied,
            OpenError::Busy { .. } => io::ErrorKind::AddrInUse,
            OpenError::Full { .. } => io::ErrorKind::WouldBlock,
            OpenError::Replaced { .. } => io::ErrorKind::Interrupted,
            OpenError::FencesUnavailable { source, .. } | OpenError::Io { source, .. } => source.kind(),
        };
        io::Error::new(kind, error)
    }
}

impl From<PushError> for io::Error {
    fn from(error: PushError) -> Self {
        let kind = match error {
            PushError::TooLarge { .. } => io::ErrorKind::InvalidInput,
            PushError::Full => io::ErrorKind::WouldBlock,
            PushError::TimedOut => io::ErrorKind::TimedOut,
            PushError::Closed | PushError::PeerGone => io::ErrorKind::BrokenPipe,
            PushError::Removed | PushError::Replaced => io::ErrorKind::NotFound,
            PushError::Corrupt { .. } => io::ErrorKind::InvalidData,
            PushError::Forked => io::ErrorKind::PermissionDenied,
        };
        io::Error::new(kind, error)
    }
}

impl From<PopError> for io::Error {
    fn from(error: PopError) -> Self {
        let kind = match error {
            PopError::TimedOut => io::ErrorKind::TimedOut,
            PopError::Closed => io::ErrorKind::UnexpectedEof,
            // Not BrokenPipe, which to a program that copies to its output means that the output is closed.
            PopError::PeerGone => io::ErrorKind::ConnectionReset,
            PopError::Removed | PopError::Replaced => io::ErrorKind::NotFound,
            PopError::Corrupt { .. } => io::ErrorKind::InvalidData,
            PopError::Forked => io::ErrorKind::PermissionDenied,
        };
        io::Error::new(kind, error)
    }
}
