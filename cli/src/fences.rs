//! The values of `--fences`: how both sides of a ring order their memory accesses around a sleep.

use clap::ValueEnum;
use ipc_ring::FenceMode;

/// A value of `--fences`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Fences {
    /// The side that goes to sleep pays for both, with the system call membarrier
    Asymmetric,
    /// Both sides pay; needed if a side is in a sandbox that refuses membarrier
    Symmetric,
}

impl Fences {
    /// Returns the mode in the library's words.
    pub fn mode(self) -> FenceMode {
        match self {
            Fences::Asymmetric => FenceMode::Asymmetric,
            Fences::Symmetric => FenceMode::Symmetric,
        }
    }
}
