//! The work of the slow side alone.

use super::{Kind, Peer, Run};
use crate::part;

/// See above.
pub const ALONE: Peer = Peer {
    name: "alone",
    kind: Kind::Limit,
    about: "The slow side's work, with no ring at all",
    run: Run::Alone(part::alone),
    sizes: &[],
};
