//! How a side waits for its peer: first awake, then asleep, never past its deadline.
//!
//! A side waits until the peer's cursor reaches a **target**: the writer for space, the reader for a record.
//! The handshake between a side that goes to sleep and a peer that moves on:
//!
//! ```text
//!    sleeper (sleep)                                  waker (publish, then wake)
//!    S1  own.wake_at <- target     O9 ANNOUNCE        W1  own.cursor <- new position    O1 PUBLISH / O3 RELEASE
//!    S2  heavy fence               O6 / O8            W2  light fence                   O5 / O7
//!    S3  word <- peer.cursor       O11 LOOK_AGAIN     W3  target <- peer.wake_at        O10 HEED
//!    S4  word short of target?     futex wait(word)   W4  old < target <= new?          futex wake all
//! ```
//!
//! *No wake is lost* (I11). The two fences order S1 before S3 and W1 before W3 for both sides at once, so at least one
//! of two things holds. Either S3 sees W1, and the sleeper does not sleep; or W3 sees S1, and if W1 was the store that
//! reached the target, the waker wakes. Between S3 and S4 the cursor may still move, but the word that the futex
//! compares **is** the cursor: it differs, and the kernel does not let the sleeper sleep. While one side sleeps the
//! other moves by less than 2^32 bytes (I5), so even the kernel's 32 bits cannot come round to the same value.
//!
//! *A wake is for all who sleep on the word.* Whoever may read the ring's file can sleep on a cursor as its peer
//! does, and the kernel wakes in the order in which they came: a wake for one could be theirs.
//!
//! *A sleep costs its peer one system call.* Exactly one store of the cursor takes it across the target, so at most
//! one wake is made for an announcement, however long the sleeper takes to get up. Nothing has to be taken back
//! afterwards, not even by a sleeper that gave up (I10): a target that was reached is never crossed again. What remains
//! is one wake too many where both sides saw each other, so that the sleeper did not sleep, or where it gave up.
//!
//! *A peer that dies between W1 and W4 wakes nobody.* So nobody sleeps longer than [`NAP`]; then the sleeper
//! looks again and asks the kernel whether the peer still lives, or, where there is none, whether one can find the
//! ring.

use core::time::Duration;

use super::position::Position;
use super::shared::SharedRing;
use super::words::Mark;
use crate::atomics::order::{Role, ANNOUNCE, HEED, LOOK_AGAIN};
use crate::atomics::{heavy_fence, light_fence, spin_hint, yield_now, Instant, Loss};

/// The longest a side sleeps before it looks for itself, and how often one that waits asks whether its peer lives.
const NAP: Duration = Duration::from_millis(50);
/// The spin hints, with a look after each, from one reading of the clock to the next.
const HINTS_A_READING: u32 = 16;
/// How long a side that is to sleep in the end keeps the processor while it waits awake. Who takes longer than this may
/// be waiting for that processor.
const AWAKE_ALONE: Duration = Duration::from_micros(5);
/// The most spin hints that a [`Pace`] lets pass before a look.
const MOST_HINTS: u32 = 64;
/// The moves between two looks that make looking cheap enough.
const ENOUGH_MOVES: u64 = 256;

/// What a side does while it waits for its peer.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{RingOptions, WaitStrategy};
///
/// // A service that waits for hours, and a program that cannot wait for it to wake up.
/// let mut writer = RingOptions::new().wait_strategy(WaitStrategy::Sleep).create(&path, 4096)?;
/// let mut reader = RingOptions::new().wait_strategy(WaitStrategy::Spin).open(&path)?;
/// writer.push(b"data", None)?;
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WaitStrategy {
    /// Stay awake: the lowest latency, for a whole core. Not for two sides on one core: each would keep it from the
    /// other for as long as the scheduler lets it.
    Spin,
    /// Stay awake for `spin`, then sleep. After 5 microseconds the processor is yielded between two looks, to a peer
    /// that may be waiting for it.
    SpinThenSleep {
        /// How long to stay awake at each wait.
        spin: Duration,
    },
    /// Sleep at once. Each message that is waited for costs both sides a system call, and some 20 microseconds.
    Sleep,
}

impl Default for WaitStrategy {
    /// To spin for 50 microseconds, about what falling asleep and being woken costs where the processor is not idle
    /// yet, then sleep.
    fn default() -> Self {
        WaitStrategy::SpinThenSleep { spin: Duration::from_micros(50) }
    }
}

/// Why a wait ended without its target.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GaveUp {
    TimedOut,
    PeerGone,
    /// No peer is there, and none can find the ring.
    Lost(Loss),
}

/// How long a side that has used up what it saw of its peer lets it go on before it looks again.
///
/// Looking is what costs: it takes the cursor's cache line away from the peer, who is storing to it. A little patience
/// lets one look find many messages, or space for many, where they come in a stream; where each is waited for by
/// itself, it would find nothing but delay. Which it is can be told by what the look before was good for. So the pause
/// doubles as long as looks are worth only a few moves, and is halved where they are worth many, or a single message.
/// (To wait for a second message delays the first. To wait for more space delays nobody: the ring is full.)
#[derive(Default)]
pub(crate) struct Pace {
    hints: u32,
    /// The messages that there had been when a call last began to wait.
    messages: u64,
}

impl Pace {
    /// There have been so many `messages`: those that come from here on count.
    pub(crate) fn count_from(&mut self, messages: u64) {
        self.messages = messages;
    }

    /// What was seen is used up, after so many `messages`: lets the peer go on for a moment, at most [`MOST_HINTS`]
    /// spin hints.
    fn pause<R: Role>(&mut self, messages: u64) {
        let few = if R::LEADS { 1 } else { 2 };
        // What the looks of the last wait were good for.
        let moves = messages.wrapping_sub(self.messages);
        self.hints = match (few..ENOUGH_MOVES).contains(&moves) {
            true => (2 * self.hints).clamp(1, MOST_HINTS),
            false => self.hints / 2,
        };
        self.count_from(messages);
        (0..self.hints).for_each(|_| spin_hint());
    }
}

/// One call's wait: what it does between two looks at the peer, from the first to the deadline.
pub(crate) struct Wait {
    strategy: WaitStrategy,
    timeout: Option<Duration>,
    /// The spin hints left, with a look after each, before the clock is read.
    hints: u32,
    clock: Option<Clock>,
    verdict: Option<GaveUp>,
}

/// The times that matter to a wait, fixed when it begins. `None` never comes.
struct Clock {
    begin: Instant,
    deadline: Option<Instant>,
    yield_from: Option<Instant>,
    sleep_from: Option<Instant>,
    ask_at: Option<Instant>,
}

impl Wait {
    /// A wait of at most `timeout`; `None` waits as long as it takes, zero not at all. It begins before the first look,
    /// when what was seen of the peer before is used up.
    pub(crate) fn begin<R: Role>(
        strategy: WaitStrategy,
        timeout: Option<Duration>,
        pace: &mut Pace,
        messages: u64,
    ) -> Self {
        let at_once = timeout == Some(Duration::ZERO);
        let awake = strategy != WaitStrategy::Sleep;
        if awake && !at_once {
            pace.pause::<R>(messages);
        } else {
            pace.count_from(messages);
        }
        let hints = if awake { HINTS_A_READING } else { 0 };
        let verdict = if at_once { Some(GaveUp::TimedOut) } else { None };
        Self { strategy, timeout, hints, clock: None, verdict }
    }

    /// Waits a while for the peer to reach `target`. The caller looks before each call, also before the one that
    /// returns a verdict: what the peer did before it died counts.
    pub(crate) fn a_while<R: Role>(&mut self, ring: &SharedRing, target: Position) -> Result<(), GaveUp> {
        if let Some(verdict) = self.verdict {
            return Err(verdict);
        }
        if self.hints > 0 {
            self.hints -= 1;
            spin_hint();
        } else {
            self.by_the_clock::<R>(ring, target);
        }
        Ok(())
    }

    /// Does what it is time for.
    fn by_the_clock<R: Role>(&mut self, ring: &SharedRing, target: Position) {
        let now = Instant::now();
        let (strategy, timeout) = (self.strategy, self.timeout);
        let clock = self.clock.get_or_insert_with(|| Clock::start(now, strategy, timeout));
        clock.report(ring, now);
        let expired = has_come(clock.deadline, now);
        if expired || has_come(clock.ask_at, now) {
            clock.ask_at = now.checked_add(NAP);
            self.verdict = in_vain(ring, target).or(expired.then_some(GaveUp::TimedOut));
        } else if has_come(clock.sleep_from, now) {
            ring.own.figures.begin_wait(target, clock.begin);
            sleep::<R>(ring, target, clock.nap(now));
            clock.report(ring, Instant::now());
        } else if has_come(clock.yield_from, now) {
            yield_now();
        } else {
            self.hints = HINTS_A_READING;
        }
    }
}

impl Clock {
    fn start(now: Instant, strategy: WaitStrategy, timeout: Option<Duration>) -> Self {
        let (yield_from, sleep_from) = match strategy {
            WaitStrategy::Spin => (None, None),
            WaitStrategy::SpinThenSleep { spin } => (now.checked_add(AWAKE_ALONE), now.checked_add(spin)),
            WaitStrategy::Sleep => (None, Some(now)),
        };
        let deadline = timeout.and_then(|timeout| now.checked_add(timeout));
        Self { begin: now, deadline, yield_from, sleep_from, ask_at: now.checked_add(NAP) }
    }

    /// Tells onlookers how long this wait has taken by `now`, if none before it took longer.
    fn report(&self, ring: &SharedRing, now: Instant) {
        let waited = now.saturating_duration_since(self.begin).as_nanos();
        ring.own.figures.longest_wait.raise_to(u64::try_from(waited).unwrap_or(u64::MAX));
    }

    /// How long to sleep at `now`.
    fn nap(&self, now: Instant) -> Duration {
        let to_deadline = self.deadline.map_or(NAP, |deadline| deadline.saturating_duration_since(now));
        let to_asking = self.ask_at.map_or(NAP, |ask_at| ask_at.saturating_duration_since(now));
        to_deadline.min(to_asking)
    }
}

/// Why waiting for the peer to reach `target` is in vain, if it is: there is none, and none is waited for, or none can
/// find the ring. Makes a system call, or two.
fn in_vain(ring: &SharedRing, target: Position) -> Option<GaveUp> {
    let why = if ring.awaits_a_peer(target) { GaveUp::Lost(ring.presence.loss()?) } else { GaveUp::PeerGone };
    // Asked last: no peer can have come since the name was lost.
    ring.presence.peer_is_gone().then_some(why)
}

fn has_come(time: Option<Instant>, now: Instant) -> bool {
    time.is_some_and(|time| now >= time)
}

/// The sleeper's side of the handshake, S1 to S4.
fn sleep<R: Role>(ring: &SharedRing, target: Position, timeout: Duration) {
    ring.own.figures.sleeps.count();
    ring.own.wake_at.store(Mark::open(target).to_word(), ANNOUNCE);
    heavy_fence(ring.fences, R::SLEEPS);
    let word = ring.peer.cursor.load(LOOK_AGAIN);
    let peer = Mark::from_word(word);
    if !ring.closed_for_good(peer) && !peer.position.reaches(target) {
        ring.peer.cursor.wait(word, timeout);
    }
}

/// The waker's side of the handshake, W2 to W4, after its cursor went from `from` to `to`.
#[inline]
pub(crate) fn wake<R: Role>(ring: &SharedRing, from: Position, to: Position) {
    light_fence(ring.fences, R::WAKES);
    let target = Mark::from_word(ring.peer.wake_at.load(HEED)).position;
    if to.first_reaches(target, from) {
        ring.own.figures.wakes.count();
        ring.own.cursor.wake();
    }
}
