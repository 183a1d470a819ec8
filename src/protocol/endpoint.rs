//! One side's end of the ring: its own position, what it last saw of the peer's, and the store and the load
//! that carry these between the processes. Both sides are this; records are `producer.rs` and `consumer.rs`.

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
    /// Where this side goes on. Private: the shared cursor is stored from it and never read back.
    position: Position,
    /// How far this side may go on without another thought: as far as the peer was seen to let it, and not past the end
    /// of the lap. So what it does up to there is in its hands alone (I3), and contiguous (I2).
    window: Position,
    /// The position the shared cursor holds.
    published: Position,
    /// The peer's position and whether it has closed, when last looked at. It may have moved on since; back, never.
    seen: Mark,
    /// When it is worth looking again.
    pace: Pace,
    /// The messages that this side has moved on by: for the writer, of all that were ever written to the ring.
    messages: u64,
    /// Whether that is the true number: the writer's notes made sense when it came.
    is_counted: bool,
    /// From where on the records before the own position are as they were written, for the writer.
    intact_from: Position,
    /// Which of this side's holders this is, counted from 1.
    epoch: u64,
    /// Why this end is of no use any more.
    failed: Option<Failure>,
    role: PhantomData<R>,
}

impl<R: Role> Endpoint<R> {
    /// Takes this side of the ring and goes on where its last holder stood. The caller holds the side's lock (T3).
    ///
    /// The two stored positions must be possible ones; nothing is stored if they are not.
    pub(crate) fn attach(ring: SharedRing) -> Result<Self, Check> {
        let mut endpoint = Self::resume(ring)?;
        endpoint.enter();
        Ok(endpoint)
    }

    /// As `attach`, and says to nobody that it has come: [`enter`](Self::enter) is still to come. It can wait before.
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
            intact_from: own.position,
            epoch: ring.own.epoch.load(RESUME).wrapping_add(1),
            failed: None,
            ring: SharedRing { stream_from: own.position, ..ring },
            role: PhantomData,
        };
        endpoint.seen = endpoint.nothing_seen();
        endpoint.seen = endpoint.load_peer()?;
        if R::LEADS {
            let ever = endpoint.messages_ever();
            (endpoint.messages, endpoint.is_counted) = (ever.unwrap_or_default(), ever.is_ok());
            if endpoint.is_counted {
                endpoint.intact_from =
                    endpoint.ring.own.figures.tally.intact_from(endpoint.position, endpoint.ring.capacity);
            }
        }
        endpoint.pace.count_from(endpoint.messages);
        Ok(endpoint)
    }

    /// Lets the peer know that this side has come.
    pub(crate) fn enter(&mut self) {
        if R::LEADS && self.is_counted && self.intact_from == self.position {
            self.ring.own.figures.tally.note_anew(self.position, self.messages);
        }
        // Where a lap begins it is opened when something is to be written there: see `Tally::intact_from`.
        if !R::LEADS || self.ring.capacity.index(self.position) != 0 {
            self.open_window();
        }
        let own = &self.ring.own;
        own.figures.clear_wait();
        own.epoch.store(self.epoch, EPOCH);
        own.cursor.store(Mark::open(self.position).to_word(), R::STORE_CURSOR);
        own.wake_at.store(self.nothing_seen().to_word(), ANNOUNCE);
    }

    pub(super) fn ring(&self) -> &SharedRing {
        &self.ring
    }

    pub(crate) fn capacity(&self) -> Capacity {
        self.ring.capacity
    }

    pub(crate) fn id(&self) -> RingId {
        self.ring.id
    }

    /// What this side says of itself to onlookers.
    pub(crate) fn figures(&self) -> &Figures {
        &self.ring.own.figures
    }

    /// Which of this side's holders this is, counted from 1.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Which of the peer's side's holders the last one is, counted from 1; 0 if none has come yet.
    pub(crate) fn peer_epoch(&self) -> u64 {
        self.ring.peer.epoch.load(EPOCH)
    }

    /// Whether a peer that is to come can find the ring. Makes a system call.
    pub(crate) fn still_named(&self) -> bool {
        self.ring.presence.loss().is_none()
    }

    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// How far this side may go on without another thought.
    pub(crate) fn window(&self) -> Position {
        self.window
    }

    /// The bytes from the own position on that are this side's to use.
    #[inline]
    pub(crate) fn room(&self) -> u64 {
        self.window.since(self.position)
    }

    /// Opens the window as far as what was seen of the peer allows. To be called where it is used up, for its end may
    /// be that of a lap.
    pub(crate) fn open_window(&mut self) {
        self.window = self.window_from(self.position);
        // Notes that make no sense stay, so that nobody takes what is counted from here for the whole.
        if R::LEADS && self.is_counted {
            self.ring.own.figures.tally.note(self.position, self.messages, self.ring.capacity);
        }
    }

    /// How far the window reaches that opens at `position`: the own one or, unless a check has failed, one up to which
    /// the peer was seen. The writer leaves room for the end of the stream (I18).
    pub(crate) fn window_from(&self, position: Position) -> Position {
        let (seen, capacity) = (self.seen.position, self.ring.capacity);
        let free = if R::LEADS {
            (capacity.bytes() - Record::END.size()).saturating_sub(position.since(seen))
        } else {
            seen.since(position)
        };
        position.after(free.min(capacity.to_end(position)))
    }

    /// Counts the messages that were ever written to the ring up to the own position.
    pub(crate) fn messages_ever(&self) -> Result<u64, CountError> {
        let SharedRing { own, peer, bytes, capacity, .. } = &self.ring;
        let writer = if R::LEADS { own } else { peer };
        writer.figures.tally.messages_at(self.position, bytes, *capacity, || true)
    }

    /// Where the message stands that was written last, by this writer or those before it, and its record, if it can be
    /// found.
    pub(crate) fn last_message(&self) -> Option<(Position, Record)> {
        tally::last_message(self.position, self.intact_from, &self.ring.bytes, self.ring.capacity)
    }

    /// The messages that this side has moved on by: of the writer, all that were ever written to the ring.
    pub(crate) fn messages(&self) -> Result<u64, CountError> {
        if self.is_counted {
            Ok(self.messages)
        } else {
            Err(CountError::Damaged)
        }
    }

    /// Why this end is of no use any more, if that is so.
    pub(crate) fn failed(&self) -> Option<Failure> {
        if self.is_forked() {
            return Some(Failure::Forked);
        }
        self.failed
    }

    /// Whether this is a forked child, which has no part in the ring (I16).
    pub(crate) fn is_forked(&self) -> bool {
        self.ring.presence.is_forked()
    }

    /// Whether the peer was at or past `target` when last looked at.
    pub(crate) fn has_seen(&self, target: Position) -> bool {
        self.seen.position.reaches(target)
    }

    /// Whether the peer had closed its end when last looked at, and nobody is waited for in its place.
    pub(crate) fn peer_closed_for_good(&self) -> bool {
        self.ring.closed_for_good(self.seen)
    }

    /// Whether another peer is waited for where one died or left.
    pub(crate) fn awaits_successors(&self) -> bool {
        self.ring.awaits_successors
    }

    /// Whether the peer has said that it left, by the word that is looked at before every push.
    #[inline]
    pub(crate) fn peer_has_left(&self) -> bool {
        Mark::from_word(self.ring.peer.wake_at.load(HAS_LEFT)).closed
    }

    /// Goes past the end of a stream, to `position`: what comes next is of another one.
    pub(crate) fn begin_stream(&mut self, position: Position) {
        self.skip_to(position);
        self.ring.stream_from = position;
    }

    /// Begins to wait for the peer, where what was seen of it is used up. The caller looks next.
    pub(crate) fn begin_wait(&mut self, strategy: WaitStrategy, timeout: Option<Duration>) -> Wait {
        Wait::begin::<R>(strategy, timeout, &mut self.pace, self.messages)
    }

    /// Waits a while for the peer to reach `target`, as `wait` has it. The caller looks next.
    pub(crate) fn wait(&self, wait: &mut Wait, target: Position) -> Result<(), GaveUp> {
        wait.a_while::<R>(&self.ring, target)
    }

    /// Looks how far the peer is by now, and goes on as far as that allows.
    pub(crate) fn look(&mut self) -> Result<(), Failure> {
        self.update_seen()?;
        self.open_window();
        Ok(())
    }

    /// Looks how far the peer is by now.
    pub(crate) fn update_seen(&mut self) -> Result<(), Failure> {
        if let Some(failure) = self.failed {
            return Err(failure);
        }
        self.seen = self.load_peer().map_err(|check| self.fail(check))?;
        Ok(())
    }

    /// How far the peer is by now, for who goes no farther because of it. `None` where nothing is to be believed.
    pub(crate) fn peer_now(&self) -> Option<Position> {
        match self.failed() {
            None => self.load_peer().ok().map(|seen| seen.position),
            Some(_) => None,
        }
    }

    /// Loads the peer's cursor once and checks the copy (I6): a peer only moves forward, and never past what this side
    /// lets it reach. A writer that overwrites what the reader gave back lets a view know that it did (I17).
    fn load_peer(&self) -> Result<Mark, Check> {
        let word = self.ring.peer.cursor.load(R::LOAD_PEER);
        if R::LEADS {
            fence(REUSE);
        }
        self.checked(word)
    }

    /// What the peer's cursor says, if that is possible after what was seen of it before.
    fn checked(&self, word: u64) -> Result<Mark, Check> {
        let (peer, seen, limit) = (Mark::from_word(word).aligned()?, self.seen.position, self.peer_limit());
        let possible = peer.position.since(seen) <= limit.since(seen);
        possible.then_some(peer).ok_or(Check::CursorRange)
    }

    /// Remembers that the peer broke the protocol, and forgets what it let this side do: from here on every
    /// call looks, and every look fails. In a forked child it is no peer that did (I16).
    #[cold]
    pub(crate) fn fail(&mut self, check: Check) -> Failure {
        let failure = if self.is_forked() { Failure::Forked } else { Failure::Corrupt(check) };
        self.failed = Some(failure);
        self.seen = self.nothing_seen();
        self.window = self.position;
        failure
    }

    /// Moves on by a message, to `position`, which the peer learns with the next [`publish`](Self::publish).
    #[inline]
    pub(crate) fn move_to(&mut self, position: Position) {
        self.position = position;
        self.messages = self.messages.wrapping_add(1);
    }

    /// Moves on by padding or an end, as [`move_to`](Self::move_to) does by a message. A stream has not begun by that.
    pub(crate) fn skip_to(&mut self, position: Position) {
        if self.ring.stream_from == self.position {
            self.ring.stream_from = position;
        }
        self.position = position;
    }

    /// Whether the peer has not learnt yet how far this side is.
    #[inline]
    pub(crate) fn is_ahead(&self) -> bool {
        self.position != self.published
    }

    /// Moves on by so many `messages` together, to `position`, from where the window reaches as far as `window`.
    #[inline]
    pub(crate) fn move_by(&mut self, messages: u64, position: Position, window: Position) {
        self.messages = self.messages.wrapping_add(messages);
        self.go_to(position);
        self.window = window;
    }

    /// Goes back, over padding alone, to the position that the peer knows.
    pub(crate) fn retreat(&mut self) {
        // In another lap, whose place this one's records have, something may have been written.
        if self.ring.capacity.index(self.position) == 0 {
            self.intact_from = self.published;
        }
        self.go_to(self.published);
        self.open_window();
    }

    /// Goes to `position`. What a peer let this side do before it failed a check, it does not let it do again.
    #[inline]
    fn go_to(&mut self, position: Position) {
        self.position = position;
        if self.failed.is_some() {
            self.seen = self.nothing_seen();
        }
    }

    /// Hands everything up to the own position over to the peer, by one store (I7), and wakes it if it sleeps
    /// for that.
    #[inline]
    pub(crate) fn publish(&mut self) {
        let (from, to) = (self.published, self.position);
        self.published = to;
        self.ring.own.cursor.store(Mark::open(to).to_word(), R::STORE_CURSOR);
        wait::wake::<R>(&self.ring, from, to);
    }

    /// Leaves (I9): the peer, asleep or not, learns the last position and that there is no more together. What a batch
    /// left that was forgotten is whole, and goes with them.
    pub(crate) fn close(&mut self) {
        // A target that the peer has reached already: nobody sleeps here any more.
        self.ring.own.wake_at.store(Mark::closed(self.nothing_seen().position).to_word(), ANNOUNCE);
        self.ring.own.cursor.store(Mark::closed(self.position).to_word(), R::STORE_CURSOR);
        self.ring.own.cursor.wake();
    }

    /// The bytes between the two sides now, whichever is ahead. Never more than the capacity, whatever the peer
    /// has stored.
    pub(crate) fn distance(&self) -> u64 {
        let peer = Mark::from_word(self.ring.peer.cursor.load(GLANCE)).position;
        let bytes = if R::LEADS { self.position.since(peer) } else { peer.since(self.position) };
        bytes.min(self.ring.capacity.bytes())
    }

    /// The farthest the peer may be: a reader not past what its writer published, a writer not more than the capacity
    /// past what its reader released.
    fn peer_limit(&self) -> Position {
        if R::LEADS {
            self.published
        } else {
            self.published.after(self.ring.capacity.bytes())
        }
    }

    /// The least that is known of the peer: it lets this side do nothing.
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
