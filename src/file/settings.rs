//! The user's wishes: how to hold a ring ([`Settings`]), and how to create one ([`Design`]).

use super::trust::Trust;
use crate::atomics::FenceMode;

/// How a side is to hold its ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Fault the memory in when the side is taken, where the system can.
    pub(crate) prefault: bool,
    /// Use huge pages for the ring's bytes, where the system can.
    pub(crate) huge_pages: bool,
    /// Keep waiting when the peer closes or dies: a successor may attach.
    pub(crate) awaits_successors: bool,
    /// Make a reader stop at each end of a stream until it takes that end.
    pub(crate) stops_at_ends: bool,
    pub(crate) trust: Trust,
    /// The owner's tag: stored in a ring that is created, compared when a writer attaches. Zeroes mean no tag.
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

/// The properties of a new ring's file, the same for all who open it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Design {
    pub(crate) mode: u32,
    pub(crate) group: Option<u32>,
    /// `None`: the best that the creator can use.
    pub(crate) fences: Option<FenceMode>,
}

impl Default for Design {
    /// Only the owner may read or write the file.
    fn default() -> Self {
        Self { mode: 0o600, group: None, fences: None }
    }
}

/// Printed in place of a path, for a ring that has none.
#[cfg(target_os = "linux")]
pub(crate) const NAMELESS: &str = "(a ring without a path)";
