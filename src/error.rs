//! What can go wrong, an enum an operation: who can act on it, and the data to act on.
//!
//! Every enum converts into [`std::io::Error`] with the fitting kind, the enum itself as its source.

mod text;

use std::io;
use std::path::PathBuf;

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

/// A position at which no message ends that a batch has iterated over. Pass
/// [`Message::position`](crate::Message::position) of one of its messages.
///
/// ```
/// # let (mut writer, mut reader) = ipc_ring::model::example_ring();
/// use ipc_ring::InvalidPosition;
///
/// writer.push(b"data", None)?; // 8 bytes of header and 8 of message
/// let mut batch = reader.batch(10, None)?;
/// assert_eq!(batch.messages().count(), 1);
/// assert_eq!(batch.commit_through(8), Err(InvalidPosition { given: 8 }));
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4); // nothing was released
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidPosition {
    /// The position given.
    pub given: u64,
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
    /// [`FenceMode::Asymmetric`](crate::FenceMode::Asymmetric) was asked for, and this system or a sandbox refuses what
    /// it needs: create the ring with [`FenceMode::Symmetric`](crate::FenceMode::Symmetric), or ask for no mode.
    FencesUnavailable {
        /// The path given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
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
    /// A ring, but of another format: use the version of the library that made it, or make it anew. Where it is a
    /// reserved byte that is not 0, a later version made the ring, or something else wrote to its file.
    Incompatible {
        /// The path given.
        path: PathBuf,
        /// The property that differs.
        what: &'static str,
        /// Where in the file it stands, in bytes from its beginning.
        offset: u64,
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
    /// The ring is full to the last byte, the end of the last stream included, and has no room for that of another.
    /// Receive from it, or wait until somebody does: [`RingWriter::attach_wait`](crate::RingWriter::attach_wait).
    Full {
        /// The path given.
        path: PathBuf,
    },
    /// Whoever is not trusted may change the file, or may have made it: use a path in a directory of your own, or, if
    /// you trust them all, [`RingOptions::trust_any_owner`](crate::RingOptions::trust_any_owner).
    Untrusted {
        /// The path given.
        path: PathBuf,
        /// What is wrong with the file.
        why: &'static str,
    },
    /// The ring was created before the system was last started. If it did not stop in good order, as where the power
    /// failed, what is in the file may be a mixture of old and new. Remove it and create it anew, or, to take what can
    /// be read, allow it with [`RingOptions::any_boot`](crate::RingOptions::any_boot).
    AnotherBoot {
        /// The path given.
        path: PathBuf,
    },
    /// The ring was created with another owner's tag than was given, so it is another program's: use a path of your
    /// own, or give its tag with [`RingOptions::owner_tag`](crate::RingOptions::owner_tag).
    AnotherOwner {
        /// The path given.
        path: PathBuf,
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
    /// The ring was created with [`FenceMode::Asymmetric`](crate::FenceMode::Asymmetric), the best there was for its
    /// creator, and this process cannot use it: its sandbox (gVisor, a seccomp filter) refuses the system call
    /// `membarrier`. Allow that, or create the ring with [`FenceMode::Symmetric`](crate::FenceMode::Symmetric)
    /// ([`RingOptions::fence_mode`](crate::RingOptions::fence_mode)).
    FencesUnavailable {
        /// The path given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
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
    /// Everything was popped, and there is no end: the writer's process died, or the writer was
    /// [abandoned](crate::RingWriter::abandon) or dropped by a panic. Pop again once another writer has attached.
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
