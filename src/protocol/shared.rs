//! A ring as one of its sides has it: the words of both, and the bytes between them.

use super::id::RingId;
use super::position::{Capacity, Position};
use super::record::GRANULE;
use super::words::{Control, Mark};
use crate::atomics::order::EPOCH;
use crate::atomics::{Bytes, FenceMode, Presence, Shared};

/// A ring as one side sees it: its own words, the peer's, and the bytes between them.
#[derive(Clone)]
pub(crate) struct SharedRing {
    /// This side stores, the peer loads.
    pub(crate) own: Shared<Control>,
    /// The peer stores, this side loads.
    pub(crate) peer: Shared<Control>,
    pub(crate) bytes: Bytes,
    pub(crate) capacity: Capacity,
    pub(crate) fences: FenceMode,
    pub(crate) id: RingId,
    pub(crate) presence: Presence,
    /// Whether this side waits for another peer where one died or left, as for one that has not come yet.
    pub(crate) awaits_successors: bool,
    /// Whether this side is a reader to whom each end of a stream is told by its record, and none by CLOSED.
    pub(crate) stops_at_ends: bool,
    /// Where the stream begins that such a reader gets: where it came, or where it has taken an end.
    pub(crate) stream_from: Position,
}

impl SharedRing {
    /// Whether a peer is waited for where there is none, to reach `target`: none has come yet, successors are
    /// awaited, or a stream that a reader gets as a whole has not begun.
    pub(crate) fn awaits_a_peer(&self, target: Position) -> bool {
        let has_not_begun = self.stops_at_ends && target == self.stream_from.after(GRANULE);
        self.awaits_successors || has_not_begun || self.peer.epoch.load(EPOCH) == 0
    }

    /// Whether what this mark says of the peer is the last that there will be.
    pub(crate) fn closed_for_good(&self, peer: Mark) -> bool {
        peer.closed && !self.awaits_successors && !self.stops_at_ends
    }

    /// A ring on the heap, both of whose sides stand at `start`, as its two sides see it: writer, reader.
    pub(crate) fn on_heap(capacity: Capacity, start: Position, fences: FenceMode) -> (Self, Self) {
        let (writers_view, readers_view) = Presence::on_heap();
        let writer = Self {
            own: Shared::on_heap(Control::new(start)),
            peer: Shared::on_heap(Control::new(start)),
            bytes: Bytes::on_heap(capacity.bytes() as usize),
            capacity,
            fences,
            id: RingId::NONE,
            presence: writers_view,
            awaits_successors: false,
            stops_at_ends: false,
            stream_from: start,
        };
        let (own, peer) = (writer.peer.clone(), writer.own.clone());
        let reader = Self { own, peer, presence: readers_view, ..writer.clone() };
        (writer, reader)
    }
}
