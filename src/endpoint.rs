//! One side's end of the ring: its own position, what it last saw of the peer's, and the store and the load
//! that carry these between the processes. Both sides are this; records are `writer.rs` and `reader.rs`.

use core::marker::PhantomData;

use crate::atomics::order::{Role, ANNOUNCE, EPOCH, GLANCE, HAS_LEFT, RESUME};
use crate::error::Check;
use crate::header::{Mark, Ring};
use crate::index::Position;
use crate::wait;

/// One side of a ring.
pub(crate) struct Endpoint<R: Role> {
    ring: Ring,
    /// Where this side goes on. Private: the shared cursor is stored from it and never read back.
    position: Position,
    /// The position the shared cursor holds.
    published: Position,
    /// The peer's position and whether it has closed, when last looked at. It may have moved on since; back, never.
    seen: Mark,
    /// How far ahead of this side the peer may be: the writer of a reader by the capacity, the reader of a
    /// writer not at all.
    lead: u64,
    /// The check that the peer failed, for good.
    failed: Option<Check>,
    role: PhantomData<R>,
}

impl<R: Role> Endpoint<R> {
    /// Takes this side of the ring and goes on where its last holder stood. The caller holds the side's lock (T3).
    ///
    /// The two stored positions must be possible ones; nothing is stored if they are not.
    pub(crate) fn attach(ring: Ring, lead: u64) -> Result<Self, Check> {
        let own = Mark::from_word(ring.own.cursor.load(RESUME)).aligned()?;
        let nothing_seen = Mark::open(own.position.after(lead).before(ring.capacity.bytes()));
        let mut end = Self {
            ring,
            position: own.position,
            published: own.position,
            seen: nothing_seen,
            lead,
            failed: None,
            role: PhantomData,
        };
        end.look()?;
        let own = &end.ring.own;
        own.epoch.store(own.epoch.load(RESUME).wrapping_add(1), EPOCH);
        own.cursor.store(Mark::open(end.position).to_word(), R::STORE_CURSOR);
        own.wake_at.store(Mark::open(end.position).to_word(), ANNOUNCE);
        Ok(end)
    }

    pub(crate) fn ring(&self) -> &Ring {
        &self.ring
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The peer's position when last looked at.
    pub(crate) fn seen(&self) -> Position {
        self.seen.position
    }

    /// Whether the peer had closed its end when last looked at.
    pub(crate) fn saw_the_end(&self) -> bool {
        self.seen.closed
    }

    /// Whether the peer is at or past `target`: as far as was seen, else by one look.
    #[inline]
    pub(crate) fn peer_reached(&mut self, target: Position) -> Result<bool, Check> {
        if !self.seen.position.reaches(target) {
            self.look()?;
        }
        Ok(self.seen.position.reaches(target))
    }

    /// Whether the peer has said that it left, by the word that is looked at before every push.
    #[inline]
    pub(crate) fn peer_has_left(&self) -> bool {
        Mark::from_word(self.ring.peer.wake_at.load(HAS_LEFT)).closed
    }

    /// Loads the peer's cursor once and checks the copy (I6): a peer only moves forward, and never past what
    /// this side lets it reach.
    fn look(&mut self) -> Result<(), Check> {
        if let Some(check) = self.failed {
            return Err(check);
        }
        let peer = Mark::from_word(self.ring.peer.cursor.load(R::LOAD_PEER));
        let limit = self.position.after(self.lead);
        let checked = peer.aligned().and_then(|peer| {
            let possible = peer.position.since(self.seen.position) <= limit.since(self.seen.position);
            possible.then_some(peer).ok_or(Check::CursorRange)
        });
        self.seen = checked.map_err(|check| self.fail(check))?;
        Ok(())
    }

    /// Remembers that the peer broke the protocol, and forgets what it let this side do: from here on every
    /// call looks, and every look fails.
    #[cold]
    pub(crate) fn fail(&mut self, check: Check) -> Check {
        self.failed = Some(check);
        self.seen = Mark::open(self.position.after(self.lead).before(self.ring.capacity.bytes()));
        check
    }

    /// Moves on by `bytes`, which the peer learns with the next [`publish`](Self::publish).
    #[inline]
    pub(crate) fn advance(&mut self, bytes: u64) {
        self.position = self.position.after(bytes);
    }

    /// Hands everything up to the own position over to the peer, by one store (I7), and wakes it if it sleeps
    /// for that.
    #[inline]
    pub(crate) fn publish(&mut self) {
        let from = self.published;
        self.published = self.position;
        self.ring.own.cursor.store(Mark::open(self.position).to_word(), R::STORE_CURSOR);
        wait::wake::<R>(&self.ring, from, self.position);
    }

    /// Leaves: the peer, asleep or not, learns the last position and the end together.
    pub(crate) fn close(&mut self) {
        let last = Mark::closed(self.published).to_word();
        self.ring.own.wake_at.store(last, ANNOUNCE);
        self.ring.own.cursor.store(last, R::STORE_CURSOR);
        self.ring.own.cursor.wake();
    }

    /// Whether the peer came once, and its process died without closing its end. Makes a system call.
    pub(crate) fn peer_is_gone(&self) -> bool {
        self.ring.peer.epoch.load(EPOCH) != 0 && self.ring.presence.peer_is_gone()
    }

    /// The bytes between the two sides now, as far as one can be told: `ahead` is the side in front.
    pub(crate) fn distance(&self) -> u64 {
        let peer = Mark::from_word(self.ring.peer.cursor.load(GLANCE)).position;
        let bytes = if self.lead == 0 { self.position.since(peer) } else { peer.since(self.position) };
        bytes.min(self.ring.capacity.bytes())
    }
}
