//! A ring as an onlooker sees it: who is there, and what waits.
//!
//! Knows the shared words and, in `waiting.rs`, the records. It believes neither: the sides go on meanwhile, and may
//! break the protocol. So it loads every word once and checks the copy. It checks each record against the ring. It
//! copies a message first, and gives it out only if the reader had not released its place by then (I17).

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
