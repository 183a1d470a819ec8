//! A ring as one of its sides has it: its own words, the peer's words, the bytes between them, and the options.

use super::id::RingId;
use super::position::{Capacity, Position};
use super::record::GRANULE;
use super::words::{Control, Mark};
use crate::atomics::order::EPOCH;
use crate::atomics::{Bytes, FenceMode, Presence, Shared};

/// A ring as one side has it. The writer's `own` is the reader's `peer`.
#[derive(Clone)]
pub(crate) struct SharedRing {
    /// The words that this side stores and the peer loads.
    pub(crate) own: Shared<Control>,
    /// The words that the peer stores and this side loads.
    pub(crate) peer: Shared<Control>,
    pub(crate) bytes: Bytes,
    pub(crate) capacity: Capacity,
    pub(crate) fences: FenceMode,
    pub(crate) id: RingId,
    pub(crate) presence: Presence,
    /// Keep waiting when the peer closes or dies, as before the first one came: a successor may attach.
    pub(crate) awaits_successors: bool,
    /// For a reader: stop at each end of a stream, which is a record. CLOSED then tells this reader nothing.
    pub(crate) stops_at_ends: bool,
    /// The beginning of this reader's stream: where it attached, or after the last end that it took, and after padding
    /// that follows.
    pub(crate) stream_from: Position,
}

impl SharedRing {
    /// Whether this side waits on for `target` although there is no peer. It does in three cases: none has come yet, it
    /// awaits successors, or it stops at ends and waits for the first record of a stream.
    pub(crate) fn awaits_a_peer(&self, target: Position) -> bool {
        let has_not_begun = self.stops_at_ends && target == self.stream_from.after(GRANULE);
        self.awaits_successors || has_not_begun || self.peer.epoch.load(EPOCH) == 0
    }

    /// Whether nothing follows the peer's mark: it has closed, and no successor or end is awaited.
    pub(crate) fn closed_for_good(&self, peer: Mark) -> bool {
        peer.closed && !self.awaits_successors && !self.stops_at_ends
    }

    /// Makes a ring on the heap whose sides both stand at `start`. Returns what the writer has of it, and the reader.
    pub(crate) fn on_heap(capacity: Capacity, start: Position, fences: FenceMode) -> (Self, Self) {
        let (of_the_writer, of_the_reader) = Presence::on_heap();
        let writer = Self {
            own: Shared::on_heap(Control::new(start)),
            peer: Shared::on_heap(Control::new(start)),
            bytes: Bytes::on_heap(capacity.bytes() as usize),
            capacity,
            fences,
            id: RingId::NONE,
            presence: of_the_writer,
            awaits_successors: false,
            stops_at_ends: false,
            stream_from: start,
        };
        let (own, peer) = (writer.peer.clone(), writer.own.clone());
        let reader = Self { own, peer, presence: of_the_reader, ..writer.clone() };
        (writer, reader)
    }
}
