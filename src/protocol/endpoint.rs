//! The part that both sides share: an own position, what was last seen of the peer, and how a position gets to the
//! other process.
//!
//! An [`Endpoint`] knows nothing of records: `producer.rs` and `consumer.rs` do, and stand on it. It works like this:
//!
//! 1. The side attaches ([`attach`](Endpoint::attach)). It reads its own cursor, this one time, and goes on from there.
//! 2. It loads the peer's cursor ([`look`](Endpoint::look)), checks it, and opens its **window**: the positions that it
//!    may use before it must load the cursor again.
//! 3. Within the window it writes or reads records, and moves its position on ([`move_to`](Endpoint::move_to)). The
//!    peer does not see this yet.
//! 4. It stores its position in its cursor ([`publish`](Endpoint::publish)), and wakes the peer if the peer sleeps for
//!    that. A writer's store makes records visible; a reader's store gives their space back.
//! 5. It closes ([`close`](Endpoint::close)): the peer learns the last position, and that no more follows.
//!
//! A peer that fails a check is not believed again: [`fail`](Endpoint::fail) shuts the window for good.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;

use super::error::{Check, CountError, Failure};
use super::id::RingId;
use super::position::{Capacity, Position};
use super::record::Record;
use super::shared::SharedRing;
use super::tally;
use super::wait::{self, GaveUp, Pace, Wait, WaitStrategy};
use super::words::{Figures, Mark};
use crate::atomics::fence;
use crate::atomics::order::{Role, ANNOUNCE, EPOCH, GLANCE, HAS_LEFT, RESUME, REUSE};

/// One side of a ring.
pub(crate) struct Endpoint<R: Role> {
    ring: SharedRing,
    /// Where this side goes on. The cursor is stored from this copy, and never read back, so no peer can change it.
    position: Position,
    /// The end of the window. It is as far as the peer was seen to allow, and no farther than the end of the lap. All
    /// bytes up to there are this side's alone (I3), and contiguous (I2).
    window: Position,
    /// The position that the own cursor holds.
    published: Position,
    /// The peer's position, and whether it had closed, when last looked at. It may have moved on since, but not back.
    seen: Mark,
    /// How long to pause before the next look.
    pace: Pace,
    /// The messages that this side moved on by. For the writer, all that were ever written to the ring.
    messages: u64,
    /// Whether `messages` is known. False for a writer that found notes without sense when it attached.
    is_counted: bool,
    /// This holder's number on this side, counted from 1.
    epoch: u64,
    /// Why this side can never use the ring again, if so.
    failed: Option<Failure>,
    role: PhantomData<R>,
}

impl<R: Role> Endpoint<R> {
    /// Attaches: takes this side of the ring, and goes on where its last holder stood. The caller holds the side's lock
    /// (T3).
    ///
    /// If one of the two cursors cannot be, this returns the check that failed, and stores nothing.
    pub(crate) fn attach(ring: SharedRing) -> Result<Self, Check> {
        let mut endpoint = Self::resume(ring)?;
        endpoint.enter();
        Ok(endpoint)
    }

    /// Does the first half of `attach`. It stores nothing, so the peer does not learn of this side yet. The caller may
    /// wait before the second half, [`enter`](Self::enter).
    pub(crate) fn resume(ring: SharedRing) -> Result<Self, Check> {
        let own = Mark::from_word(ring.own.cursor.load(RESUME)).aligned()?;
        let mut endpoint = Self {
            position: own.position,
            window: own.position,
            published: own.position,
            seen: Mark::open(own.position),
            pace: Pace::default(),
            messages: 0,
            is_counted: true,
            // Never 0, which says that nobody has come yet.
            epoch: ring.own.epoch.load(RESUME).wrapping_add(1).max(1),
            failed: None,
            ring: SharedRing { stream_from: own.position, ..ring },
            role: PhantomData,
        };
        endpoint.seen = endpoint.nothing_seen();
        endpoint.seen = endpoint.load_peer()?;
        if R::LEADS {
            let ever = endpoint.messages_ever();
            (endpoint.messages, endpoint.is_counted) = (ever.unwrap_or_default(), ever.is_ok());
        }
        endpoint.pace.count_from(endpoint.messages);
        Ok(endpoint)
    }

    /// Does the second half of `attach`: lets the peer know that this side has come.
    pub(crate) fn enter(&mut self) {
        if R::LEADS && self.intact_from() == Some(self.position) {
            self.figures().tally.note_anew(self.position, self.messages);
        }
        let own = &self.ring.own;
        own.figures.clear_wait();
        own.epoch.store(self.epoch, EPOCH);
        own.cursor.store(Mark::open(self.position).to_word(), R::STORE_CURSOR);
        own.wake_at.store(self.nothing_seen().to_word(), ANNOUNCE);
    }

    #[inline]
    pub(super) fn ring(&self) -> &SharedRing {
        &self.ring
    }

    #[inline]
    pub(crate) fn capacity(&self) -> Capacity {
        self.ring.capacity
    }

    pub(crate) fn id(&self) -> RingId {
        self.ring.id
    }

    /// Returns what this side tells onlookers.
    pub(crate) fn figures(&self) -> &Figures {
        &self.ring.own.figures
    }

    /// Returns this holder's number on this side, counted from 1.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns the number of the peer's last holder, counted from 1; 0 if none has come yet.
    pub(crate) fn peer_epoch(&self) -> u64 {
        self.ring.peer.epoch.load(EPOCH)
    }

    /// Whether a successor of the peer can find the ring by its name. Makes a system call.
    pub(crate) fn still_named(&self) -> bool {
        self.ring.presence.loss().is_none()
    }

    #[inline]
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// Returns how far this side may go before it must load the peer's cursor again.
    #[inline]
    pub(crate) fn window(&self) -> Position {
        self.window
    }

    /// Returns the bytes between the own position and the end of the window.
    #[inline]
    pub(crate) fn room(&self) -> u64 {
        self.window.since(self.position)
    }

    /// Opens the window as far as what was seen of the peer allows. A writer notes a new lap here.
    pub(crate) fn open_window(&mut self) {
        self.window = self.window_from(self.position);
        // Notes that make no sense stay. A new one would count from here alone, and pass for the count of the whole
        // ring.
        if R::LEADS && self.is_counted {
            self.ring.own.figures.tally.note(self.position, self.messages, self.ring.capacity);
        }
    }

    /// Returns how far a window reaches that opens at `position`. `position` is the own one, or a later one that the
    /// peer was seen to reach, unless a check has failed. The writer leaves room for the end of its stream (I18).
    pub(crate) fn window_from(&self, position: Position) -> Position {
        let (seen, capacity) = (self.seen.position, self.ring.capacity);
        let free = if R::LEADS {
            (capacity.bytes() - Record::END.size()).saturating_sub(position.since(seen))
        } else {
            seen.since(position)
        };
        position.after(free.min(capacity.to_end(position)))
    }

    /// Counts the messages that were ever written to the ring, up to the own position.
    pub(crate) fn messages_ever(&self) -> Result<u64, CountError> {
        let SharedRing { own, peer, bytes, capacity, .. } = &self.ring;
        let writer = if R::LEADS { own } else { peer };
        writer.figures.tally.messages_at(self.position, bytes, *capacity, || true)
    }

    /// Returns from where on the records before the position are intact, if that is known. For the writer.
    fn intact_from(&self) -> Option<Position> {
        self.is_counted.then(|| self.figures().tally.intact_from(self.position))
    }

    /// Finds the last message that this writer or one before it wrote, and its record.
    pub(crate) fn last_message(&self) -> Option<(Position, Record)> {
        tally::last_message(self.intact_from()?, self.position, &self.ring.bytes, self.ring.capacity)
    }

    /// Finds the last record that this writer or one before it wrote.
    pub(crate) fn last_record(&self) -> Option<Record> {
        tally::last_record(self.intact_from()?, self.position, &self.ring.bytes, self.ring.capacity)
    }

    /// Returns the messages that this side moved on by. For the writer, all that were ever written to the ring.
    pub(crate) fn messages(&self) -> Result<u64, CountError> {
        if self.is_counted {
            Ok(self.messages)
        } else {
            Err(CountError::Damaged)
        }
    }

    /// Returns why this side can never use the ring again, if so.
    pub(crate) fn failed(&self) -> Option<Failure> {
        if self.is_forked() {
            return Some(Failure::Forked);
        }
        self.failed
    }

    /// Whether this process is a forked child, which has no part in the ring (I16).
    pub(crate) fn is_forked(&self) -> bool {
        self.ring.presence.is_forked()
    }

    /// Whether the peer was at or past `target` when last looked at.
    pub(crate) fn has_seen(&self, target: Position) -> bool {
        self.seen.position.reaches(target)
    }

    /// Whether the peer has closed, as last seen, and no successor or end is awaited.
    pub(crate) fn peer_closed_for_good(&self) -> bool {
        self.ring.closed_for_good(self.seen)
    }

    /// Whether this side keeps waiting when the peer closes or dies.
    pub(crate) fn awaits_successors(&self) -> bool {
        self.ring.awaits_successors
    }

    /// Whether the peer has left, by the word that a writer loads before every push.
    #[inline]
    pub(crate) fn peer_has_left(&self) -> bool {
        Mark::from_word(self.ring.peer.wake_at.load(HAS_LEFT)).closed
    }

    /// Moves on past the end of a stream, to `position`, where the next stream begins.
    pub(crate) fn begin_stream(&mut self, position: Position) {
        self.skip_to(position);
        self.ring.stream_from = position;
    }

    /// Begins to wait for the peer, when what was seen of it is used up. The caller looks next.
    pub(crate) fn begin_wait(&mut self, strategy: WaitStrategy, timeout: Option<Duration>) -> Wait {
        Wait::begin::<R>(strategy, timeout, &mut self.pace, self.messages)
    }

    /// Waits a while for the peer to reach `target` ([`Wait::a_while`]). The caller looks next.
    pub(crate) fn wait(&self, wait: &mut Wait, target: Position) -> Result<(), GaveUp> {
        wait.a_while::<R>(&self.ring, target)
    }

    /// Loads the peer's cursor, and opens the window as far as it allows.
    pub(crate) fn look(&mut self) -> Result<(), Failure> {
        self.update_seen()?;
        self.open_window();
        Ok(())
    }

    /// Loads the peer's cursor, and leaves the window as it is.
    pub(crate) fn update_seen(&mut self) -> Result<(), Failure> {
        if let Some(failure) = self.failed {
            return Err(failure);
        }
        self.seen = self.load_peer().map_err(|check| self.fail(check))?;
        Ok(())
    }

    /// Returns how far the peer is now. The caller does not move on because of it. `None` once a check has failed, or
    /// if one fails now.
    pub(crate) fn peer_now(&self) -> Option<Position> {
        match self.failed() {
            None => self.load_peer().ok().map(|seen| seen.position),
            Some(_) => None,
        }
    }

    /// Loads the peer's cursor once, and checks the copy (I6). A peer only moves forward, and never past what this side
    /// lets it reach. A writer's fence then tells views that space is used again (I17).
    fn load_peer(&self) -> Result<Mark, Check> {
        let word = self.ring.peer.cursor.load(R::LOAD_PEER);
        if R::LEADS {
            fence(REUSE);
        }
        self.checked(word)
    }

    /// Returns the mark in `word`, if the peer can be there.
    fn checked(&self, word: u64) -> Result<Mark, Check> {
        let (peer, seen, limit) = (Mark::from_word(word).aligned()?, self.seen.position, self.peer_limit());
        let possible = peer.position.since(seen) <= limit.since(seen);
        possible.then_some(peer).ok_or(Check::CursorRange)
    }

    /// Notes that the peer broke the protocol, and forgets what it let this side do. From here on every call looks, and
    /// every look fails. In a forked child no peer is at fault: the parent's ring is gone from there (I16).
    #[cold]
    pub(crate) fn fail(&mut self, check: Check) -> Failure {
        let failure = if self.is_forked() { Failure::Forked } else { Failure::Corrupt(check) };
        self.failed = Some(failure);
        self.seen = self.nothing_seen();
        self.window = self.position;
        failure
    }

    /// Moves on by one message, to `position`. The peer learns of it at the next [`publish`](Self::publish).
    #[inline]
    pub(crate) fn move_to(&mut self, position: Position) {
        self.position = position;
        self.messages = self.messages.wrapping_add(1);
    }

    /// Moves on by padding or an end, to `position`, as [`move_to`](Self::move_to) does by a message. Neither begins a
    /// stream: a `stream_from` that is here moves along.
    pub(crate) fn skip_to(&mut self, position: Position) {
        if self.ring.stream_from == self.position {
            self.ring.stream_from = position;
        }
        self.position = position;
    }

    /// Whether the own position is ahead of what was published.
    #[inline]
    pub(crate) fn is_ahead(&self) -> bool {
        self.position != self.published
    }

    /// Moves on by `messages` at once, to `position`, and sets the window. The first of the messages is at the own
    /// position. So their stream has begun, and `stream_from` stays.
    #[inline]
    pub(crate) fn move_by(&mut self, messages: u64, position: Position, window: Position) {
        self.messages = self.messages.wrapping_add(messages);
        self.go_to(position);
        self.window = window;
    }

    /// Goes back over padding alone, to the position that was published.
    pub(crate) fn retreat(&mut self) {
        self.go_to(self.published);
        self.open_window();
    }

    /// Goes to `position`. After a failed check it forgets what the peer let this side do, since that depends on the
    /// position.
    #[inline]
    fn go_to(&mut self, position: Position) {
        self.position = position;
        if self.failed.is_some() {
            self.seen = self.nothing_seen();
        }
    }

    /// Publishes all up to the own position by one store (I7). Wakes the peer if it sleeps for that.
    #[inline]
    pub(crate) fn publish(&mut self) {
        let (from, to) = (self.published, self.position);
        self.published = to;
        self.ring.own.cursor.store(Mark::open(to).to_word(), R::STORE_CURSOR);
        wait::wake::<R>(&self.ring, from, to);
    }

    /// Closes (I9): one store tells the last position, and that no more follows. The peer learns it, asleep or not. If
    /// a batch was forgotten, its messages are whole, and go with this store.
    pub(crate) fn close(&mut self) {
        // The target is one that the peer has reached already: nobody sleeps here any more.
        self.ring.own.wake_at.store(Mark::closed(self.nothing_seen().position).to_word(), ANNOUNCE);
        self.ring.own.cursor.store(Mark::closed(self.position).to_word(), R::STORE_CURSOR);
        self.ring.own.cursor.wake();
    }

    /// Returns the bytes between the two sides now, whichever is ahead. Never more than the capacity, whatever the peer
    /// has stored.
    pub(crate) fn distance(&self) -> u64 {
        let peer = Mark::from_word(self.ring.peer.cursor.load(GLANCE)).position;
        let bytes = if R::LEADS { self.position.since(peer) } else { peer.since(self.position) };
        bytes.min(self.ring.capacity.bytes())
    }

    /// Returns the farthest position that the peer may be at. A reader is not past what its writer published. A writer
    /// is no more than the capacity past what its reader released.
    fn peer_limit(&self) -> Position {
        if R::LEADS {
            self.published
        } else {
            self.published.after(self.ring.capacity.bytes())
        }
    }

    /// Returns the least position that the peer can be at. Seen there, it lets this side do nothing.
    fn nothing_seen(&self) -> Mark {
        let position = self.position;
        Mark::open(if R::LEADS { position.before(self.ring.capacity.bytes()) } else { position })
    }
}

impl<R: Role> fmt::Debug for Endpoint<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("capacity", &self.ring.capacity.bytes())
            .field("position", &self.position.get())
            .finish_non_exhaustive()
    }
}
