//! Weakens one edge of the ordering contract, to see a model fail.
//!
//! `IPC_RING_WEAKEN=O1` weakens O1 in all of the process. A load or a store becomes Relaxed; an acquire or a release
//! fence is left out; a sequentially consistent fence becomes AcqRel. `IPC_RING_WEAKEN=-O5` leaves a fence out
//! altogether. Loom notices; shuttle knows no orderings.

use std::sync::OnceLock;

use super::order::{Edge, Ordering};

/// Returns the ordering of the load or store `edge` in this process.
pub(crate) fn ordering(edge: Edge) -> Ordering {
    of_fence(edge).unwrap_or(Ordering::Relaxed)
}

/// Returns the ordering of the fence `edge` in this process. `None`: it is left out.
pub(crate) fn of_fence(edge: Edge) -> Option<Ordering> {
    static WEAKENED: OnceLock<String> = OnceLock::new();
    let weakened = WEAKENED.get_or_init(|| std::env::var("IPC_RING_WEAKEN").unwrap_or_default());
    match weakened.strip_prefix('-') {
        Some(name) if name == edge.name => None,
        None if weakened == edge.name => weaker(edge.ordering),
        _ => Some(edge.ordering),
    }
}

/// Returns the next weaker ordering that a fence can have.
fn weaker(ordering: Ordering) -> Option<Ordering> {
    match ordering {
        Ordering::SeqCst => Some(Ordering::AcqRel),
        _ => None,
    }
}
