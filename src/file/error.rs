//! Why a ring's file could not be created, opened or attached to: one enum for each operation.
//!
//! Each text has the cause once and, where a remedy is known, the remedy after a semicolon.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::protocol::{Check, InvalidCapacity, Side};
use crate::sys::HUGETLBFS;

/// Why a ring could not be created.
///
/// Nothing new is left at the path, and a file that was there is unchanged.
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
    /// The capacity is not a power of two, or is too small or too large.
    InvalidCapacity(InvalidCapacity),
    /// Something already exists at the path. Attach to it if it is a ring, remove it if it is stale, or choose
    /// another path.
    AlreadyExists {
        /// The path given.
        path: PathBuf,
    },
    /// The path is on a filesystem that is not known to keep a file's memory.
    ///
    /// A store there may find that the allocated space is gone, which kills the process (`SIGBUS`). On a network
    /// filesystem, two machines may map the file and each see a memory of its own; on FUSE, a program serves each
    /// access. Use `/dev/shm` or a volume of ext4 or XFS. If you know that the filesystem is suitable, allow it with
    /// [`Trust::any_filesystem`](crate::Trust::any_filesystem), which lists the filesystems that need no option.
    /// hugetlbfs is always refused: a ring cannot be mapped there.
    UnsuitableFilesystem {
        /// The path given.
        path: PathBuf,
        /// The filesystem.
        name: &'static str,
    },
    /// The system or a sandbox refuses `membarrier`, which the requested
    /// [`FenceMode::Asymmetric`](crate::FenceMode::Asymmetric) needs. Create the ring with
    /// [`FenceMode::Symmetric`](crate::FenceMode::Symmetric), or set no mode.
    FencesUnavailable {
        /// The path given.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The system refused a step, for example because space, permission or file descriptors were missing.
    Io {
        /// The step that failed.
        doing: &'static str,
        /// The path given.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Why a ring could not be opened, attached to, viewed or removed. The file is unchanged.
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
    /// The file at the path is not a ring of this library. Give the path of a ring.
    NotARing {
        /// The path given.
        path: PathBuf,
        /// How it differs from a ring.
        why: &'static str,
    },
    /// The ring has a format that this build cannot use. Use the version of the library that made it, or create it
    /// anew.
    ///
    /// If a reserved byte is not 0, a later version made the ring, or another program wrote to its file.
    Incompatible {
        /// The path given.
        path: PathBuf,
        /// The property that differs.
        what: &'static str,
        /// The property's place in the file, in bytes from the beginning.
        offset: u64,
        /// The value in the file.
        found: u64,
        /// The value that this build needs; for the fence mode, the largest that it knows.
        expected: u64,
    },
    /// A living process holds the side: a ring has one writer and one reader. Stop its holder, or use another ring. Or
    /// a process that is removing the ring was stopped on the way: let it go on, or end it.
    Busy {
        /// The path given.
        path: PathBuf,
        /// The side that is held.
        side: Side,
    },
    /// The ring is full to the last byte and has no room for the end of another stream.
    ///
    /// Read from it, or wait until a reader does: [`RingWriter::attach_wait`](crate::RingWriter::attach_wait).
    Full {
        /// The path given.
        path: PathBuf,
    },
    /// Another user may have made the file or may change it. Use a path in a directory of your own, or allow it with
    /// [`Trust::any_owner`](crate::Trust::any_owner) if you trust every such user.
    Untrusted {
        /// The path given.
        path: PathBuf,
        /// Why the file is not trusted.
        why: &'static str,
    },
    /// The ring was created before the last boot. If the power failed since, the file may be a mixture of old and new.
    ///
    /// Remove the ring and create it anew. To read what is left, allow it with
    /// [`Trust::any_boot`](crate::Trust::any_boot).
    AnotherBoot {
        /// The path given.
        path: PathBuf,
    },
    /// The ring has a different owner's tag, so it belongs to another program. Use another path, or give the ring's
    /// tag with [`RingOptions::owner_tag`](crate::RingOptions::owner_tag).
    AnotherOwner {
        /// The path given.
        path: PathBuf,
    },
    /// The file is on a filesystem that is not known to keep its memory. The dangers and remedies are those of
    /// [`CreateError::UnsuitableFilesystem`].
    UnsuitableFilesystem {
        /// The path given.
        path: PathBuf,
        /// The filesystem.
        name: &'static str,
    },
    /// The state stored in the ring is impossible, so no side can go on. Remove the ring and create it anew.
    Corrupt {
        /// The path given.
        path: PathBuf,
        /// The check that failed.
        check: Check,
    },
    /// Another file took the path while the ring was being opened. Open it again.
    Replaced {
        /// The path given.
        path: PathBuf,
    },
    /// The ring uses [`FenceMode::Asymmetric`](crate::FenceMode::Asymmetric), and this process cannot: its sandbox
    /// (gVisor, a seccomp filter) or its kernel refuses the system call `membarrier`.
    ///
    /// Allow the call, or create the ring with [`FenceMode::Symmetric`](crate::FenceMode::Symmetric)
    /// ([`RingOptions::create_fence_mode`](crate::RingOptions::create_fence_mode)).
    FencesUnavailable {
        /// The path given.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The system refused a step, for example because permission or file descriptors were missing.
    Io {
        /// The step that failed.
        doing: &'static str,
        /// The path given.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Why a ring was neither created nor attached to.
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
                write!(f, "{path} already exists; attach to it, or remove it if it is stale")
            }
            CreateError::UnsuitableFilesystem { path, name } => unsuitable(f, path, name),
            CreateError::FencesUnavailable { path, source } => {
                let path = path.display();
                write!(f, "cannot use asymmetric fences for {path}: {source}; use FenceMode::Symmetric")
            }
            CreateError::Io { doing, path, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
        }
    }
}

fn unsuitable(f: &mut fmt::Formatter<'_>, path: &Path, name: &str) -> fmt::Result {
    write!(f, "{} is on {name}, which may not keep a ring's memory; use ", path.display())?;
    f.write_str(if cfg!(target_os = "linux") { "/dev/shm, ext4 or XFS" } else { "the filesystem of /tmp" })?;
    match name {
        HUGETLBFS => Ok(()),
        _ => f.write_str(", or allow any filesystem"),
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use OpenError as E;
        let path = self.path().display();
        match self {
            E::NotFound { .. } => write!(f, "there is no ring at {path}; a writer must create it first"),
            E::NotARing { why, .. } => write!(f, "{path} is not a ring: {why}; give the path of a ring"),
            E::Incompatible { what, offset, found, expected, .. } => write!(
                f,
                "{path} has the wrong {what}: {found} at byte {offset}, and this build needs {expected}; \
                 use the build that made it, or remove it and create it anew"
            ),
            E::Busy { side, .. } => write!(f, "{path} already has a {side}; stop that {side}, or use another ring"),
            E::Full { .. } => write!(
                f,
                "{path} has no room for the end of another stream; read from it first, or wait until a reader does"
            ),
            E::Untrusted { why, .. } => {
                write!(f, "{path} is untrusted: {why}; use a path that only you can write to, or trust it explicitly")
            }
            E::AnotherBoot { .. } => write!(
                f,
                "{path} is from before the last boot and may be damaged; \
                 remove it and create it anew, or allow any boot"
            ),
            E::AnotherOwner { .. } => {
                write!(f, "{path} has another owner's tag; use another path, or give the tag that it was created with")
            }
            E::UnsuitableFilesystem { path, name } => unsuitable(f, path, name),
            E::Corrupt { check, .. } => write!(f, "{path} is corrupt: {check}; remove it and create it anew"),
            E::Replaced { .. } => write!(f, "{path} was replaced while it was being opened; open it again"),
            E::FencesUnavailable { source, .. } => write!(
                f,
                "{path} has asymmetric fences, which this process cannot use: {source}; \
                 allow the system call membarrier, or create the ring with FenceMode::Symmetric"
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
    /// Returns the path that was given.
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
