//! A ring seen by somebody who has no part in it: where both sides stand, who is there, and what waits.
//!
//! Knows the shared words, and in `waiting.rs` records, and believes neither: whoever holds a side goes on meanwhile,
//! and may break the protocol. So every word is loaded once and checked on the copy, what a record says is held
//! against the ring, and a message is copied first, and given out only if its place had not been given back by then
//! (I17).

mod cursors;
mod look;
mod remove;
mod ring_view;
mod snapshot;
mod standstill;
mod waiting;

pub use remove::{remove, remove_drained};
pub use ring_view::RingView;
pub use snapshot::{RingState, SideState, SideView, Snapshot};
pub use waiting::{ViewError, WaitingMessage, WaitingMessages};
