//! How the two sides of a sleep handshake share the cost of its fences.

/// How the two sides of a sleep handshake order their accesses (SAFETY.md O5 to O8).
///
/// The mode is chosen when a ring is created, stored in it, and used by both sides.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{FenceMode, RingOptions};
///
/// // For a sandbox that does not let its processes call membarrier: both sides are to do without.
/// let writer = RingOptions::new().create_fence_mode(FenceMode::Symmetric).create(&path, 4096)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FenceMode {
    /// The side that stays awake pays nothing; the one that goes to sleep makes every running thread of every
    /// registered process execute a barrier (Linux's `membarrier`, some microseconds). The default where the
    /// kernel offers it: best for throughput.
    Asymmetric,
    /// Both sides execute a full fence, one at each push and pop, or at the end of a batch. The default elsewhere.
    /// Where nearly every message is waited for asleep it may be better; where we measured that, it was not.
    Symmetric,
}
