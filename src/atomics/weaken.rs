//! One edge of the contract at a time is weakened, to see a model fail.
//!
//! `IPC_RING_WEAKEN=O1` does so for all of the process: an Acquire or a Release becomes Relaxed (a relaxed fence is
//! none), a fence that was sequentially consistent is so no more. `IPC_RING_WEAKEN=-O5` leaves a fence out. Loom
//! notices; to shuttle all orderings are alike.

use std::sync::OnceLock;

use super::order::{Edge, Ordering};

/// What the load or the store that `edge` is guarantees in this process.
pub(crate) fn ordering(edge: Edge) -> Ordering {
    of_fence(edge).unwrap_or(Ordering::Relaxed)
}

/// What the fence that `edge` is guarantees in this process; `None`: it is left out.
pub(crate) fn of_fence(edge: Edge) -> Option<Ordering> {
    static WEAKENED: OnceLock<String> = OnceLock::new();
    let weakened = WEAKENED.get_or_init(|| std::env::var("IPC_RING_WEAKEN").unwrap_or_default());
    match weakened.strip_prefix('-') {
        Some(name) if name == edge.name => None,
        None if weakened == edge.name => weaker(edge.ordering),
        _ => Some(edge.ordering),
    }
}

/// The next weaker ordering that a fence can have.
fn weaker(ordering: Ordering) -> Option<Ordering> {
    match ordering {
        Ordering::SeqCst => Some(Ordering::AcqRel),
        _ => None,
    }
}
