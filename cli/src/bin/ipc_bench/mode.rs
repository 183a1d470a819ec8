//! What is measured, and what that takes: two processes, and the rings between them.

use std::path::{Path, PathBuf};

use crate::role::Role;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// How many messages get from one process to the other.
    Throughput,
    /// How long a message takes there and back.
    Latency,
}

impl Mode {
    /// The two processes, in the order in which they are started: the first is told to go when both are ready.
    pub fn roles(self) -> [Role; 2] {
        match self {
            Mode::Throughput => [Role::Writer, Role::Reader],
            Mode::Latency => [Role::Caller, Role::Echo],
        }
    }

    /// Where its rings are, if the first is at `path`.
    pub fn rings(self, path: &Path) -> Vec<PathBuf> {
        match self {
            Mode::Throughput => vec![path.into()],
            Mode::Latency => vec![path.into(), back(path)],
        }
    }
}

/// The ring for the answers, beside the one at `path`.
pub fn back(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".back");
    name.into()
}
