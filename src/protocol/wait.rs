//! How a side waits for its peer: first awake, then asleep, never past its deadline.
//!
//! A side waits until the peer's cursor reaches a **target**: the writer waits for space, the reader for a record. Read
//! [`WaitStrategy`] first, then [`Wait`], which decides at each turn what to do next; last [`announce`], [`sleep`] and
//! [`wake`], the two ends of the handshake. Its fences are explained in `atomics/order.rs`. Its steps are these:
//!
//! ```text
//!    the sleeper, in `announce` and `sleep`           the waker, in `publish` and `wake`
//!    S1  own.wake_at <- target     O9 ANNOUNCE        W1  own.cursor <- new position    O1 PUBLISH / O3 RELEASE
//!    S2  heavy fence               O6 / O8            W2  light fence                   O5 / O7
//!    S3  word <- peer.cursor       O11 LOOK_AGAIN     W3  target <- peer.wake_at        O10 HEED
//!    S4  open, short of target?    futex wait(word)   W4  old < target <= new?          futex wake all
//! ```
//!
//! **No wake is lost** (I11). Let W1 be the store that reaches the target. Because of the fences, S3 sees W1, or W3
//! sees S1. In the first case the sleeper finds its target reached, and does not sleep. In the second the waker finds
//! the target, and wakes the sleeper. The cursor may still move between S3 and S4. Then it differs from the word that
//! S4 gives to the kernel, and the kernel does not let the sleeper sleep. The kernel compares 32 bits alone. That is
//! enough: while one side sleeps, the other moves by less than 2^32 bytes (I5), so the 32 bits cannot come round to the
//! same value.
//!
//! **A wake is for all who sleep on the word.** Every process that may read the ring's file can sleep on a cursor. The
//! kernel wakes in the order of arrival, so a wake for one sleeper alone could go to a stranger.
//!
//! **An announcement holds until its target is reached.** A waker sees it at each of its steps after the heavy fence.
//! So a side that sleeps again for the same target takes S3 and S4 alone. If W1 comes between the sleeps, S3 sees it,
//! or the kernel does. A peer that stores into this side's page (T9) can take the announcement back: then the sleeper
//! looks again after each nap.
//!
//! **A target costs the peer at most one wake.** At most one store of the cursor takes it across the target, however
//! long the sleeper takes to get up. A sleeper need not take its announcement back, not even when it gives up (I10): a
//! target that was reached is never crossed again. One wake may be in vain: where both sides saw each other, so that
//! the sleeper did not sleep, or where the sleeper gave up.
//!
//! **A peer that leaves wakes without a target.** It stores CLOSED in its cursor, then wakes. S4 sees CLOSED, or the
//! kernel finds that the word differs, or the wake comes. A sleeper that awaits a successor or an end sleeps again.
//!
//! **A peer that dies between W1 and W4 wakes nobody.** So no sleep is longer than [`NAP`]. After it the sleeper looks
//! again, and asks the kernel whether the peer still lives. If the sleeper would wait for a successor, it asks whether
//! the ring still has its name.

use core::time::Duration;

use super::position::Position;
use super::shared::SharedRing;
use super::words::Mark;
use crate::atomics::order::{Role, ANNOUNCE, HEED, LOOK_AGAIN};
use crate::atomics::{heavy_fence, light_fence, spin_hint, yield_now, Instant, Loss};

/// The longest sleep, and how often a side that waits asks whether its peer lives.
const NAP: Duration = Duration::from_millis(50);
/// The number of spin hints between two readings of the clock. The side looks at its peer after each.
const HINTS_A_READING: u32 = 16;
/// How long a side of [`SpinThenSleep`](WaitStrategy::SpinThenSleep) keeps the processor while it waits awake. A peer
/// that takes longer may be waiting for that processor, so after this time the side yields it.
const AWAKE_ALONE: Duration = Duration::from_micros(5);
/// The most spin hints of one pause of a [`Pace`].
const MOST_HINTS: u32 = 64;
/// With this many messages a look, looking is cheap enough, and pauses become shorter.
const ENOUGH_MOVES: u64 = 256;

/// How a side waits for its peer: awake, asleep, or first awake and then asleep.
///
/// ```
/// # let directory = tempfile::tempdir_in(ipc_ring::model::place())?;
/// # let path = directory.path().join("ring");
/// use ipc_ring::{RingOptions, WaitStrategy};
///
/// // A service that may wait for hours sleeps. A program that needs the lowest latency stays awake.
/// let mut writer = RingOptions::new().wait_strategy(WaitStrategy::Sleep).create(&path, 4096)?;
/// let mut reader = RingOptions::new().wait_strategy(WaitStrategy::Spin).open(&path)?;
/// writer.push(b"data", None)?;
/// assert_eq!(reader.pop(&mut Vec::new(), None)?, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WaitStrategy {
    /// Stay awake: the lowest latency, at the price of a whole core. Not for two sides that share one core: each would
    /// keep it from the other for as long as the scheduler allows.
    Spin,
    /// Stay awake for `spin`, then sleep. After the first 5 microseconds, the side yields the processor between two
    /// looks, since the peer may be waiting for it.
    SpinThenSleep {
        /// How long to stay awake at each wait.
        spin: Duration,
    },
    /// Sleep at once. Each message that is waited for costs both sides a system call. Where we measured it, it
    /// then came after 7 to 20 microseconds.
    Sleep,
}

impl Default for WaitStrategy {
    /// Returns [`SpinThenSleep`](WaitStrategy::SpinThenSleep) with 50 microseconds: more than a sleep and a wake took
    /// on busy cores.
    fn default() -> Self {
        WaitStrategy::SpinThenSleep { spin: Duration::from_micros(50) }
    }
}

/// Why a wait ended before its target was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GaveUp {
    TimedOut,
    PeerGone,
    /// There is no peer, and no successor can find the ring.
    Lost(Loss),
}

/// How long a side pauses before it looks at its peer again.
///
/// Each look costs: it takes the cursor's cache line away from the peer, which is storing to it. In a stream, a short
/// pause lets the next look find many messages at once, or space for many. If each message is waited for by itself, a
/// pause only delays it.
///
/// The number of messages that this side moved on by since its last wait tells the two cases apart. The pause doubles
/// if they make a stream and are not [many](ENOUGH_MOVES) yet. Else it is halved. A reader sees no stream in a single
/// message: to wait for a second one delays the first. A writer does: its ring is full, so a pause delays nobody.
#[derive(Default)]
pub(crate) struct Pace {
    hints: u32,
    /// This side's count of messages when a call last began to wait.
    messages: u64,
}

impl Pace {
    /// Counts messages from here on, where this side has moved on by `messages`.
    pub(crate) fn count_from(&mut self, messages: u64) {
        self.messages = messages;
    }

    /// Returns how many spin hints to pause for before a look, at most [`MOST_HINTS`]. This side has moved on by
    /// `messages` so far.
    fn next_pause<R: Role>(&mut self, messages: u64) -> u32 {
        // The fewest messages that make a stream.
        let least = if R::LEADS { 1 } else { 2 };
        // The messages since the last wait: what the last look brought.
        let moves = messages.wrapping_sub(self.messages);
        self.hints = match (least..ENOUGH_MOVES).contains(&moves) {
            true => (2 * self.hints).clamp(1, MOST_HINTS),
            false => self.hints / 2,
        };
        self.count_from(messages);
        self.hints
    }
}

/// One call's wait, from its first look to its deadline.
pub(crate) struct Wait {
    strategy: WaitStrategy,
    timeout: Option<Duration>,
    /// The spin hints that are left before the clock is read.
    hints: u32,
    clock: Option<Clock>,
    /// The target that this wait announced last. It stays announced from one sleep to the next.
    announced: Option<Position>,
    verdict: Option<GaveUp>,
}

/// The times that matter to a wait, fixed when the clock is first read. `None` never comes.
struct Clock {
    begin: Instant,
    deadline: Option<Instant>,
    yield_from: Option<Instant>,
    sleep_from: Option<Instant>,
    ask_at: Option<Instant>,
}

impl Wait {
    /// Begins a wait of at most `timeout`: `None` waits without limit, zero does not wait. The caller begins it when it
    /// has used up what it saw of the peer, before it looks again.
    pub(crate) fn begin<R: Role>(
        strategy: WaitStrategy,
        timeout: Option<Duration>,
        pace: &mut Pace,
        messages: u64,
    ) -> Self {
        let at_once = timeout == Some(Duration::ZERO);
        let awake = strategy != WaitStrategy::Sleep;
        if awake && !at_once {
            (0..pace.next_pause::<R>(messages)).for_each(|_| spin_hint());
        } else {
            pace.count_from(messages);
        }
        let hints = if awake { HINTS_A_READING } else { 0 };
        let verdict = if at_once { Some(GaveUp::TimedOut) } else { None };
        Self { strategy, timeout, hints, clock: None, announced: None, verdict }
    }

    /// Waits a while for the peer to reach `target`, or returns why the wait ends. The caller looks at the peer before
    /// each call. One call finds the reason, the next returns it: what the peer did before it died still counts.
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

    /// Reads the clock, then does what it is time for: gives up, asks, sleeps or yields.
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
            if self.announced != Some(target) {
                ring.own.figures.begin_wait(target, clock.begin);
                announce::<R>(ring, target);
                self.announced = Some(target);
            }
            sleep(ring, target, clock.nap(now));
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

    /// Tells onlookers how long this wait has taken by `now`, if it is the longest so far.
    fn report(&self, ring: &SharedRing, now: Instant) {
        let waited = now.saturating_duration_since(self.begin).as_nanos();
        ring.own.figures.longest_wait.raise_to(u64::try_from(waited).unwrap_or(u64::MAX));
    }

    /// Returns how long to sleep at `now`: until the deadline or the next question, whichever comes first.
    fn nap(&self, now: Instant) -> Duration {
        let to_deadline = self.deadline.map_or(NAP, |deadline| deadline.saturating_duration_since(now));
        let to_asking = self.ask_at.map_or(NAP, |ask_at| ask_at.saturating_duration_since(now));
        to_deadline.min(to_asking)
    }
}

/// Returns why a wait for the peer to reach `target` is in vain, if it is. Then no peer is there, and either this side
/// expects no successor, or none can find the ring. Makes at most two system calls.
fn in_vain(ring: &SharedRing, target: Position) -> Option<GaveUp> {
    let why = if ring.awaits_a_peer(target) { GaveUp::Lost(ring.presence.loss()?) } else { GaveUp::PeerGone };
    // Asked last: once the name is lost, no new peer can come.
    ring.presence.peer_is_gone().then_some(why)
}

fn has_come(time: Option<Instant>, now: Instant) -> bool {
    time.is_some_and(|time| now >= time)
}

/// Announces that this side will sleep until the peer's cursor reaches `target` (S1, S2).
fn announce<R: Role>(ring: &SharedRing, target: Position) {
    ring.own.wake_at.store(Mark::open(target).to_word(), ANNOUNCE);
    heavy_fence(ring.fences, R::SLEEPS);
}

/// Sleeps until the peer's cursor reaches `target`, which is announced, at most for `timeout` (S3, S4).
fn sleep(ring: &SharedRing, target: Position, timeout: Duration) {
    ring.own.figures.sleeps.count();
    let word = ring.peer.cursor.load(LOOK_AGAIN);
    let peer = Mark::from_word(word);
    if !ring.closed_for_good(peer) && !peer.position.reaches(target) {
        ring.peer.cursor.wait(word, timeout);
    }
}

/// Wakes the peer if the step from `from` to `to` reached its target (W2 to W4).
#[inline]
pub(crate) fn wake<R: Role>(ring: &SharedRing, from: Position, to: Position) {
    light_fence(ring.fences, R::WAKES);
    let target = Mark::from_word(ring.peer.wake_at.load(HEED)).position;
    if to.first_reaches(target, from) {
        ring.own.figures.wakes.count();
        ring.own.cursor.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atomics::order::{Reading, Writing};

    /// The hints of each pause of a side that moves on by these many messages before each.
    fn hints<R: Role>(moves: &[u64]) -> Vec<u32> {
        let (mut pace, mut messages) = (Pace::default(), 0);
        let pauses = moves.iter().map(|moves| {
            messages += moves;
            pace.next_pause::<R>(messages)
        });
        pauses.collect()
    }

    #[test]
    fn a_pause_doubles_in_a_stream_and_is_halved_where_messages_come_one_by_one_or_many_at_once() {
        assert_eq!(hints::<Reading>(&[2; 9]), [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        assert_eq!(hints::<Reading>(&[255, 2, 2, 1, 1, 1, 0]), [1, 2, 4, 2, 1, 0, 0]);
        assert_eq!(hints::<Reading>(&[2, 2, 2, 256, 1000]), [1, 2, 4, 2, 1]);
        assert_eq!(hints::<Writing>(&[1, 1, 1, 0, 256, 255]), [1, 2, 4, 2, 1, 2]);
    }

    #[test]
    fn a_call_that_does_not_stay_awake_pauses_for_nothing_and_counts_all_the_same() {
        for (strategy, timeout) in [(WaitStrategy::Spin, Some(Duration::ZERO)), (WaitStrategy::Sleep, None)] {
            let mut pace = Pace::default();
            Wait::begin::<Reading>(strategy, timeout, &mut pace, 7);
            assert_eq!((pace.hints, pace.messages), (0, 7));
            assert_eq!(pace.next_pause::<Reading>(8), 0, "one message since then");
        }
    }
}
