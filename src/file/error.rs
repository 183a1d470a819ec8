//! Why a ring's file could not be created or taken: an enum an operation, with the path and what to do about it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::protocol::{Check, InvalidCapacity, Side};
use crate::sys::HUGETLBFS;

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
    /// or, if you know better, [`Trust::any_filesystem`](crate::Trust::any_filesystem), which lists those
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
    /// you trust them all, [`Trust::any_owner`](crate::Trust::any_owner).
    Untrusted {
        /// The path given.
        path: PathBuf,
        /// What is wrong with the file.
        why: &'static str,
    },
    /// The ring was created before the system was last started. If it did not stop in good order, as where the power
    /// failed, what is in the file may be a mixture of old and new. Remove it and create it anew, or, to take what can
    /// be read, allow it with [`Trust::any_boot`](crate::Trust::any_boot).
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
    /// ([`RingOptions::create_fence_mode`](crate::RingOptions::create_fence_mode)).
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

/// Why a ring could be neither created nor attached to.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{CreateOrAttachError, OpenError, RingWriter};
///
/// let writer = RingWriter::create_or_attach(&path, 4096)?;
/// let second = RingWriter::create_or_attach(&path, 4096);
/// assert!(matches!(second, Err(CreateOrAttachError::Attach(OpenError::Busy { .. }))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum CreateOrAttachError {
    /// Nothing was at the path, and no ring could be created there.
    Create(CreateError),
    /// Something is at the path, and no writer could attach to it.
    Attach(OpenError),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CreateError::InvalidCapacity(invalid) => invalid.fmt(f),
            CreateError::AlreadyExists { path } => {
                let path = path.display();
                write!(f, "{path} exists already; attach to it if it is a ring, or remove it if it is stale")
            }
            CreateError::UnsuitableFilesystem { path, name } => unsuitable(f, path, name),
            CreateError::FencesUnavailable { path, source } => {
                let path = path.display();
                write!(f, "cannot use asymmetric fences for {path}: {source}; create it with FenceMode::Symmetric")
            }
            CreateError::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
        }
    }
}

fn unsuitable(f: &mut fmt::Formatter<'_>, path: &Path, name: &str) -> fmt::Result {
    write!(f, "{} is on {name}, where a ring's memory may not last; use a local filesystem, such as ", path.display())?;
    f.write_str(if cfg!(target_os = "linux") { "/dev/shm or a volume of ext4 or XFS" } else { "the one of /tmp" })?;
    match name {
        HUGETLBFS => Ok(()),
        _ => f.write_str(", or allow any filesystem explicitly"),
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use OpenError as E;
        let path = self.path().display();
        match self {
            E::NotFound { .. } => write!(f, "there is no ring at {path}; a writer has to create it first"),
            E::NotARing { why, .. } => write!(f, "{path} is no ring: {why}; give the path of a ring"),
            E::Incompatible { what, offset, found, expected, .. } => write!(
                f,
                "{path} is a ring with {what} {found} at byte {offset}, this build needs {expected}; \
                 use the build that made it, or remove it and create it anew"
            ),
            E::Busy { side, .. } => write!(
                f,
                "the {side}'s side of {path} is taken: a ring has one {side}; stop the other, or use a ring for each"
            ),
            E::Full { .. } => write!(
                f,
                "{path} has no room for the end of another stream; receive from it first, or wait until somebody does"
            ),
            E::Untrusted { why, .. } => write!(
                f,
                "{path} is not to be trusted: {why}; use a path that only you can write to, or trust it explicitly"
            ),
            E::AnotherBoot { .. } => write!(
                f,
                "{path} was created before the system was last started, and may be damaged if that stopped without \
                 warning; remove it and create it anew, or allow any boot explicitly"
            ),
            E::AnotherOwner { .. } => write!(
                f,
                "{path} was created with another owner's tag; use a path of your own, or give the tag that it was \
                 created with"
            ),
            E::UnsuitableFilesystem { path, name } => unsuitable(f, path, name),
            E::Corrupt { check, .. } => write!(f, "{path} cannot be resumed: {check}; remove it and create it anew"),
            E::Replaced { .. } => write!(f, "{path} was replaced while it was being opened; open it again"),
            E::FencesUnavailable { source, .. } => write!(
                f,
                "{path} was created with asymmetric fences, which this process cannot use: {source}; \
                 allow it the system call membarrier, or create the ring with FenceMode::Symmetric"
            ),
            E::Io { doing, source, .. } => write!(f, "cannot {doing} {path}: {source}"),
        }
    }
}

impl fmt::Display for CreateOrAttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CreateOrAttachError::Create(error) => error.fmt(f),
            CreateOrAttachError::Attach(error) => error.fmt(f),
        }
    }
}

impl OpenError {
    /// The path that was given.
    fn path(&self) -> &Path {
        use OpenError as E;
        match self {
            E::NotFound { path }
            | E::NotARing { path, .. }
            | E::Incompatible { path, .. }
            | E::Busy { path, .. }
            | E::Full { path }
            | E::Untrusted { path, .. }
            | E::AnotherBoot { path }
            | E::AnotherOwner { path }
            | E::UnsuitableFilesystem { path, .. }
            | E::Corrupt { path, .. }
            | E::Replaced { path }
            | E::FencesUnavailable { path, .. }
            | E::Io { path, .. } => path,
        }
    }
}

impl Error for CreateError {}
impl Error for OpenError {}
impl Error for CreateOrAttachError {}

impl From<InvalidCapacity> for CreateError {
    fn from(invalid: InvalidCapacity) -> Self {
        CreateError::InvalidCapacity(invalid)
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

impl From<CreateOrAttachError> for io::Error {
    fn from(error: CreateOrAttachError) -> Self {
        match error {
            CreateOrAttachError::Create(error) => error.into(),
            CreateOrAttachError::Attach(error) => error.into(),
        }
    }
}
