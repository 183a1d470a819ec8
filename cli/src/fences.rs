//! The values of `--fences`: which side of a ring pays for the memory fences.

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
