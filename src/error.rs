//! What can go wrong, an enum an operation: who can act on it, and the data to act on.
//!
//! Every enum converts into [`std::io::Error`] with the fitting kind, the enum itself as its source.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::index::{MAX_CAPACITY, MIN_CAPACITY};

/// A capacity no ring can have. Pass a power of two from 64 bytes to 2^31 bytes (2 GiB).
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidCapacity {
    /// The capacity asked for, in bytes.
    pub given: usize,
}

/// One of the two sides of a ring.
///
/// ```
/// assert_eq!(ipc_ring::Side::Reader.to_string(), "reader");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The side that pushes.
    Writer,
    /// The side that pops.
    Reader,
}

/// Which check shared memory or a ring's file failed.
///
/// The values a peer stores are checked once, on a local copy, before they are used. A value that fails means
/// that the peer broke the protocol, or that something else writes to the file.
///
/// ```
/// use ipc_ring::{Check, PopError};
///
/// let error = PopError::Corrupt { check: Check::RecordKind };
/// assert!(error.to_string().contains("no known kind"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Check {
    /// A cursor is not a multiple of 8.
    CursorAlignment,
    /// The peer's cursor went backwards, or further ahead than the ring allows.
    CursorRange,
    /// A record is of no known kind.
    RecordKind,
    /// A record is longer than what was published, or crosses the end of the ring.
    RecordLength,
    /// A padding record stands where none belongs.
    RecordPadding,
}

/// Why a side can never use its ring again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// The peer failed this check.
    Corrupt(Check),
    /// The handle belongs to the process that this one was forked from.
    Forked,
}

/// How a ring's file lost the name by which peers find it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Loss {
    /// Nothing has the name.
    Removed,
    /// Another file has it.
    Replaced,
}

/// Why a ring could not be created. Nothing is left behind, and a file that was there is untouched.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use std::io::{self, ErrorKind};
///
/// std::fs::write(&path, "something else")?;
/// let error = ipc_ring::RingWriter::create(&path, 4096).unwrap_err();
/// assert_eq!(io::Error::from(error).kind(), ErrorKind::AlreadyExists);
/// assert_eq!(std::fs::read(&path)?, b"something else");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum CreateError {
    /// The capacity is no power of two, or too small or too large.
    InvalidCapacity(InvalidCapacity),
    /// Something exists at the path already. Attach to it if it is a ring, remove it if it is stale,
    /// or choose another path.
    AlreadyExists {
        /// The path given.
        path: PathBuf,
    },
    /// The path is where a file's memory is not known to be kept: where a store may find that the space which was
    /// allocated is gone, which kills (`SIGBUS`), where two machines may map the file, each with a memory of its own,
    /// or where a program stands behind each access. Use a path in memory (`/dev/shm`) or on a volume of ext4 or XFS,
    /// or, if you know better, [`RingOptions::any_filesystem`](crate::RingOptions::any_filesystem), which lists those
    /// that keep it. hugetlbfs is refused all the same: a ring cannot be mapped there.
    UnsuitableFilesystem {
        /// The path given.
        path: PathBuf,
        /// The filesystem.
        name: &'static str,
    },
    /// The system refused a step, for instance for want of space, permission or descriptors.
    Io {
        /// The step that failed.
        doing: &'static str,
        /// The path given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a ring could not be opened or attached to. The file is as it was.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{OpenError, RingReader};
///
/// match RingReader::open(&path) {
///     Err(OpenError::NotFound { path }) => println!("no ring at {} yet", path.display()),
///     Err(OpenError::Busy { side, .. }) => println!("another process is the {side}"),
///     opened => drop(opened?),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// Nothing exists at the path: create the ring first.
    NotFound {
        /// The path given.
        path: PathBuf,
    },
    /// What is at the path is no ring of this library.
    NotARing {
        /// The path given.
        path: PathBuf,
        /// What it is, or what it lacks.
        why: &'static str,
    },
    /// A ring, but of another format: use the version of the library that made it, or make it anew.
    Incompatible {
        /// The path given.
        path: PathBuf,
        /// The property that differs.
        what: &'static str,
        /// What the ring has.
        found: u64,
        /// What this build of the library needs.
        expected: u64,
    },
    /// The side is taken by a living process: only one writer and one reader may hold a ring.
    Busy {
        /// The path given.
        path: PathBuf,
        /// The side that is taken.
        side: Side,
    },
    /// Whoever is not trusted may change the file, or may have made it: use a path in a directory of your own, or, if
    /// you trust them all, [`RingOptions::trust_any_owner`](crate::RingOptions::trust_any_owner).
    Untrusted {
        /// The path given.
        path: PathBuf,
        /// What is wrong with the file.
        why: &'static str,
    },
    /// The file is where its memory is not known to be kept: as with
    /// [`CreateError`](CreateError::UnsuitableFilesystem), and so are the remedies.
    UnsuitableFilesystem {
        /// The path given.
        path: PathBuf,
        /// The filesystem.
        name: &'static str,
    },
    /// The stored state of the ring makes no sense. It cannot be resumed: remove the file.
    Corrupt {
        /// The path given.
        path: PathBuf,
        /// The check that failed.
        check: Check,
    },
    /// The file at the path was replaced while it was being opened: open it again.
    Replaced {
        /// The path given.
        path: PathBuf,
    },
    /// The system refused a step, for instance for want of permission or descriptors.
    Io {
        /// The step that failed.
        doing: &'static str,
        /// The path given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a message was not pushed. It is not in the ring, in no case and not in part.
///
/// ```
/// # let (mut writer, _reader) = ipc_ring::model::example_ring();
/// use ipc_ring::PushError;
///
/// match writer.try_push(b"data") {
///     Ok(()) => {}
///     Err(PushError::Full) => println!("the reader is slow: dropped, and counted"),
///     Err(error) => return Err(error.into()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PushError {
    /// The message can never fit this ring. Split it, or create the ring with twice the capacity or more.
    TooLarge {
        /// The bytes of the message.
        len: usize,
        /// The most bytes a message may have in this ring.
        max: usize,
    },
    /// There is no space now. Only the calls named `try_` return this.
    Full,
    /// There was no space before the deadline. The calls named `try_` do not return this.
    TimedOut,
    /// The reader closed its end. Push again once another reader has opened the ring.
    Closed,
    /// There is no space, and the reader's process died. Push again once another reader has opened the ring.
    PeerGone,
    /// There is no space, no reader lives, and none can come: nothing has the ring's name any more. Create the ring
    /// anew, and push what waits in this one again if it is to be read. Should the file get its name back, all goes on.
    Removed,
    /// There is no space, no reader lives, and none can come: another file has the ring's name. Attach to that one, and
    /// push what waits in this one again if it is to be read. Should the file get its name back, all goes on.
    Replaced,
    /// The reader broke the protocol. Every later call that would touch the ring returns the same: drop the
    /// handle.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
    /// The handle belongs to the process that this one was forked from, which goes on with it. Use it there, and a
    /// ring of its own here.
    Forked,
}

/// Why no message was popped. The buffer is as it was.
///
/// ```
/// # let (writer, mut reader) = ipc_ring::model::example_ring();
/// use std::io::{self, ErrorKind};
/// use ipc_ring::PopError;
///
/// drop(writer);
/// let error = reader.pop(&mut Vec::new(), None).unwrap_err();
/// assert_eq!(error, PopError::Closed);
/// assert_eq!(io::Error::from(error).kind(), ErrorKind::UnexpectedEof);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PopError {
    /// No message came before the deadline. The calls named `try_` do not return this.
    TimedOut,
    /// Everything was popped, and the writer closed its end: the stream has ended, unless another writer attaches.
    Closed,
    /// Everything was popped, and the writer's process died without closing its end. Pop again once another
    /// writer has attached.
    PeerGone,
    /// Everything was popped, no writer lives, and none can come: nothing has the ring's name any more. Drop the
    /// handle, and [wait](crate::RingReader::open_wait) for the ring to be created anew. Should the file get its name
    /// back, all goes on.
    Removed,
    /// Everything was popped, no writer lives, and none can come: another file has the ring's name. Drop the handle,
    /// and open that one. Should the file get its name back, all goes on.
    Replaced,
    /// The writer broke the protocol. Every later call that would touch the ring returns the same: drop the
    /// handle.
    Corrupt {
        /// The check that failed.
        check: Check,
    },
    /// The handle belongs to the process that this one was forked from, which goes on with it. Use it there, and a
    /// ring of its own here.
    Forked,
}

/// The filesystem that no option allows.
pub(crate) const HUGETLBFS: &str = "hugetlbfs";

const FORKED: &str =
    "this handle belongs to the process that this one was forked from: use it there, or a ring of your own here";

impl fmt::Display for InvalidCapacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = self.given;
        write!(f, "a ring cannot have a capacity of {given} bytes: pass a power of two ")?;
        write!(f, "from {MIN_CAPACITY} to {MAX_CAPACITY}")?;
        match given.checked_next_power_of_two() {
            Some(near) if (MIN_CAPACITY..=MAX_CAPACITY).contains(&near) => write!(f, ", for instance {near}"),
            _ => Ok(()),
        }
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
            OpenError::Incompatible { path, what, found, expected } => write!(
                f,
                "{} is a ring with {what} {found}, this build needs {expected}: \
                 use the build that made it, or remove it and create it anew",
                path.display()
            ),
            OpenError::Busy { path, side } => write!(
                f,
                "the {side}'s side of {} is taken: a ring has one {side}; stop the other, or use a ring for each",
                path.display()
            ),
            OpenError::Untrusted { path, why } => write!(
                f,
                "{} is not to be trusted: {why}; use a path that only you can write to, or trust it explicitly",
                path.display()
            ),
            OpenError::UnsuitableFilesystem { path, name } => unsuitable(f, path, name),
            OpenError::Corrupt { path, check } => {
                write!(f, "{} cannot be resumed: {check}; remove it and create it anew", path.display())
            }
            OpenError::Replaced { path } => {
                write!(f, "{} was replaced while it was being opened: open it again", path.display())
            }
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
                f.write_str("everything was read and the writer died: pop again once another writer attaches")
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

impl Error for CreateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            CreateError::InvalidCapacity(invalid) => Some(invalid),
            CreateError::Io { source, .. } => Some(source),
            CreateError::AlreadyExists { .. } | CreateError::UnsuitableFilesystem { .. } => None,
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            OpenError::Io { source, .. } => Some(source),
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

impl From<CreateError> for io::Error {
    fn from(error: CreateError) -> Self {
        let kind = match &error {
            CreateError::InvalidCapacity(_) => io::ErrorKind::InvalidInput,
            CreateError::AlreadyExists { .. } => io::ErrorKind::AlreadyExists,
            CreateError::UnsuitableFilesystem { .. } => io::ErrorKind::Unsupported,
            CreateError::Io { source, .. } => source.kind(),
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
            OpenError::Untrusted { .. } => io::ErrorKind::PermissionDenied,
            OpenError::Busy { .. } => io::ErrorKind::AddrInUse,
            OpenError::Replaced { .. } => io::ErrorKind::Interrupted,
            OpenError::Io { source, .. } => source.kind(),
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
