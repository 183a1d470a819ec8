//! What somebody wants of a ring's file.

use super::trust::Trust;
use crate::atomics::FenceMode;

/// How a side wants its ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Memory that is present from the beginning, as far as the system has it so.
    pub(crate) prefault: bool,
    /// Huge pages, where the ring's bytes are, as far as the system has them.
    pub(crate) huge_pages: bool,
    /// Whether another peer is waited for where one died or left.
    pub(crate) awaits_successors: bool,
    /// Whether a reader stops at each end of a stream.
    pub(crate) stops_at_ends: bool,
    pub(crate) trust: Trust,
    /// What a writer has to show; zeroes: nothing.
    pub(crate) tag: [u8; 32],
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefault: true,
            huge_pages: false,
            awaits_successors: false,
            stops_at_ends: false,
            trust: Trust::new(),
            tag: [0; 32],
        }
    }
}

/// How a ring that is created is to be, whoever opens it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Design {
    pub(crate) mode: u32,
    pub(crate) group: Option<u32>,
    /// `None`: the best there are.
    pub(crate) fences: Option<FenceMode>,
}

impl Default for Design {
    /// For the owner alone.
    fn default() -> Self {
        Self { mode: 0o600, group: None, fences: None }
    }
}

/// What stands for the path of a ring that has none.
#[cfg(target_os = "linux")]
pub(crate) const NAMELESS: &str = "(a ring without a path)";
