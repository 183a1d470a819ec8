//! Decides whether a file is trusted: its owner, who else may write to it, and its filesystem.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use crate::sys::{self, HUGETLBFS};

/// The checks of a ring's file that a process gives up.
///
/// By default it gives up none. The filesystem is checked always, the owner except when a ring is created, the boot
/// when a side is taken. Each option turns off one check.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// # let writer = ipc_ring::RingWriter::create(&path, 4096)?;
/// use ipc_ring::{RingView, Trust};
///
/// // Look at a ring that another user made.
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
    /// Makes every check.
    ///
    /// ```
    /// assert_eq!(ipc_ring::Trust::new(), ipc_ring::Trust::default());
    /// ```
    pub const fn new() -> Self {
        Self { any_owner: false, any_filesystem: false, any_boot: false }
    }

    /// Accepts a file that another user may have made or may change.
    ///
    /// By default (`false`) a ring is [`Untrusted`](crate::OpenError::Untrusted) in these cases:
    /// - another user owns its file, or anyone may write to it;
    /// - its file has a second name (a hard link): another user may have made it, to lead this process to the wrong
    ///   file;
    /// - it is in memory whose size is not sealed. Its owner is not checked: whoever was given its descriptor may use
    ///   it.
    ///
    /// Set this to `true` only if you trust every user who may write to the file. Such a user can damage the messages,
    /// and can kill this process (`SIGBUS`) by truncating the file.
    ///
    /// If the file's group may write to it, its owner needs no option. Other members of the group do: another user owns
    /// the file.
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

    /// Accepts a filesystem that is not known to keep a file's memory.
    ///
    /// By default (`false`) a ring on any filesystem that is not listed below is
    /// [`UnsuitableFilesystem`](crate::OpenError::UnsuitableFilesystem). A store may find that filesystem full, which
    /// kills the process (`SIGBUS`). On a network, two machines may each see a memory of their own. Set this to `true`
    /// if you know that the filesystem never fills up and that only one machine maps the ring.
    ///
    /// These need no option:
    /// - on Linux, tmpfs (such as `/dev/shm`), ramfs, ext2, ext3, ext4, XFS and f2fs, and an overlayfs whose upper
    ///   directory can be opened and is on one of these;
    /// - on macOS, HFS+ and APFS.
    ///
    /// On XFS and APFS, do not clone the file (`cp --reflink`) and take no snapshot of the volume while the ring is in
    /// use. A store may then need new space. hugetlbfs is always refused.
    ///
    /// ```
    /// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
    /// # let path = directory.path().join("ring");
    /// // For example on a volume of btrfs that never fills up.
    /// let trust = ipc_ring::Trust::new().any_filesystem(true);
    /// let writer = ipc_ring::RingOptions::new().trust(trust).create(&path, 4096)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn any_filesystem(mut self, trust: bool) -> Self {
        self.any_filesystem = trust;
        self
    }

    /// Accepts a ring that was created before the last boot, when this process takes a side.
    ///
    /// By default (`false`) such a ring is [`AnotherBoot`](crate::OpenError::AnotherBoot). After a power failure some
    /// pages of the file may be older than others, and no check can detect that. Set this to `true` if you know that
    /// the system was shut down in good order. You may also set it to read the messages that are left, which may be
    /// damaged.
    ///
    /// - Looking at the ring and removing it need no option. Rings in `/dev/shm` do not survive a boot.
    /// - A ring keeps the boot that created it, so each later writer and reader needs the option too.
    /// - If one of the two boots is unknown, for example because `/proc` is not mounted, the ring is accepted.
    /// - Containers of LXC and similar have a boot of their own. A ring that two of them share, or one of them and the
    ///   host, needs the option.
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
    ///         eprintln!("the system was restarted: the messages may be damaged");
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

/// Returns why `file` is not trusted. `None` if this process's user owns it, nobody else but its group may write to it,
/// and it has one name.
///
/// The file's group may have write permission: the owner gave it on purpose.
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

/// Returns the name of `file`'s filesystem if no ring may be there.
pub(super) fn unsuitable(file: &File, trust: Trust) -> Option<&'static str> {
    sys::unsuitable_filesystem(file).filter(|&name| name == HUGETLBFS || !trust.any_filesystem)
}
