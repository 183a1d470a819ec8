//! How the two sides of the sleep handshake share the cost of its fences.

/// How the side that sleeps and the side that wakes it share the cost of the fences (SAFETY.md O5 to O8).
///
/// The mode is chosen when a ring is created, and stored in it. Both sides use it.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{FenceMode, RingOptions};
///
/// // For a sandbox that forbids membarrier.
/// let writer = RingOptions::new().create_fence_mode(FenceMode::Symmetric).create(&path, 4096)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FenceMode {
    /// The side that stays awake pays nothing. The side that goes to sleep makes every running thread of every
    /// registered process execute a barrier (Linux's `membarrier`, some microseconds). The default where the kernel
    /// offers it: best for throughput.
    Asymmetric,
    /// Both sides execute a full fence: at each push and pop, or at the end of a batch. The default elsewhere. It may
    /// be better where nearly every message is waited for asleep; where we measured that, it was not.
    Symmetric,
}
