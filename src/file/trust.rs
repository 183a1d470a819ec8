//! Whether a file can be relied on: whose it is, who else may change it, and what it is on.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use crate::sys::{self, HUGETLBFS};

/// What is taken on trust of a ring's file, by whoever creates a ring, takes a side of it, looks at it or removes it.
/// By default nothing is.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// use ipc_ring::{RingView, Trust};
///
/// // Looks at what another user made.
/// let view = RingView::open_trusting(&path, Trust::new().any_owner(true))?;
/// assert_eq!(view.snapshot().used_bytes, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Trust {
    pub(super) any_owner: bool,
    pub(super) any_filesystem: bool,
    pub(super) any_boot: bool,
}

impl Trust {
    /// Trusts nothing.
    ///
    /// ```
    /// assert_eq!(ipc_ring::Trust::new(), ipc_ring::Trust::default());
    /// ```
    pub const fn new() -> Self {
        Self { any_owner: false, any_filesystem: false, any_boot: false }
    }

    /// Whether to open a ring also where others may have made its file or may change it: where another user owns it,
    /// where anyone may write to it, and where it has a second name. By default such a ring is
    /// [`Untrusted`](crate::OpenError::Untrusted). Whoever may write to the file can damage what is in it, and
    /// whoever may truncate it can kill this process.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// use ipc_ring::{OpenError, RingOptions, Trust};
    ///
    /// let mut options = RingOptions::new();
    /// let writer = options.create_mode(0o666).create(&path, 4096)?;
    /// assert!(matches!(options.open(&path), Err(OpenError::Untrusted { .. })));
    /// let reader = options.trust(Trust::new().any_owner(true)).open(&path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn any_owner(mut self, trust: bool) -> Self {
        self.any_owner = trust;
        self
    }

    /// Whether to create or open a ring also on a filesystem that is not known to keep what was allocated for a file.
    /// By default such a ring is [`UnsuitableFilesystem`](crate::OpenError::UnsuitableFilesystem).
    ///
    /// These keep it: on Linux tmpfs (as `/dev/shm`), ramfs, ext2, ext3, ext4, XFS, f2fs, and overlayfs whose upper
    /// directory is on one of these and can be looked at; on macOS HFS+ and APFS. On XFS and APFS only as long as
    /// nobody clones the file (`cp --reflink`) or takes a snapshot of the volume. Elsewhere, as on btrfs, a store may
    /// find that the filesystem is full, which kills the process (`SIGBUS`); on a network, two machines may have two
    /// memories of one ring. hugetlbfs is refused all the same.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// // On a volume of btrfs that is never full, say.
    /// let trust = ipc_ring::Trust::new().any_filesystem(true);
    /// let writer = ipc_ring::RingOptions::new().trust(trust).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn any_filesystem(mut self, trust: bool) -> Self {
        self.any_filesystem = trust;
        self
    }

    /// Whether to take a side of a ring also where it was created before the system was last started. By default that
    /// is [`AnotherBoot`](crate::OpenError::AnotherBoot): after a power failure, or another end without warning, the
    /// file may hold some of its pages as they were at one time and others as they were at another, which no check of
    /// a ring can tell. Rings in memory (`/dev/shm`) do not last so long. A look from outside is always allowed, and
    /// so is removing the ring.
    ///
    /// The ring stays one of the boot that created it: whoever takes a side of it later has to allow it, too. Where
    /// either boot is not known, as where `/proc` is not mounted, nothing is refused. Containers of LXC and the like
    /// have a boot of their own each: rings that two of them share, or one and its host, need this.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// # drop(ipc_ring::RingWriter::create(&path, 4096)?);
    /// use ipc_ring::{OpenError, RingOptions, Trust};
    ///
    /// let mut options = RingOptions::new();
    /// let reader = match options.open(&path) {
    ///     Err(OpenError::AnotherBoot { .. }) => {
    ///         eprintln!("the system was restarted meanwhile: what comes may be damaged");
    ///         options.trust(Trust::new().any_boot(true)).open(&path)?
    ///     }
    ///     opened => opened?,
    /// };
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn any_boot(mut self, trust: bool) -> Self {
        self.any_boot = trust;
        self
    }
}

/// Why others than this process's user may have made the file or may change it, if they may. Those of its group may
/// where its permissions say so, as its owner wanted them to.
pub(super) fn distrusted(file: &File) -> io::Result<Option<&'static str>> {
    let metadata = file.metadata()?;
    Ok(if !sys::is_owner(file, metadata.uid())? {
        Some("another user owns it")
    } else if metadata.mode() & 0o002 != 0 {
        Some("anyone may write to it")
    } else if metadata.nlink() > 1 {
        Some("it has more than one name")
    } else {
        None
    })
}

/// What `file` is on, if no ring is to be there.
pub(super) fn unsuitable(file: &File, trust: Trust) -> Option<&'static str> {
    sys::unsuitable_filesystem(file).filter(|&name| name == HUGETLBFS || !trust.any_filesystem)
}
