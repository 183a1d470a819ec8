//! How the sides of a ring order what they do around a sleep, as it is written.

use clap::ValueEnum;
use ipc_ring::FenceMode;

/// A mode, as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Fences {
    /// The side that goes to sleep pays for both
    Asymmetric,
    /// Both pay: for a side in a sandbox that refuses the system call membarrier
    Symmetric,
}

impl Fences {
    pub fn mode(self) -> FenceMode {
        match self {
            Fences::Asymmetric => FenceMode::Asymmetric,
            Fences::Symmetric => FenceMode::Symmetric,
        }
    }
}
