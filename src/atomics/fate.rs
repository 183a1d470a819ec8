//! The fate of a side in a model: it dies between two steps, or a time-out or a signal ends its sleep.
//!
//! In a model, a side is a thread, and a **step** is a call of the facade. Each step first asks whether the side still
//! lives ([`step`]). A model sets the step at which a side dies ([`dies_after`]). The side then unwinds, and its drops
//! on the way have no effect ([`unwinding`]). The rest of this file is the side's clock, what the models note of a run
//! (`witness.rs`), and [`Presence`], by which a peer learns of the death.

use std::cell::Cell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::checker;
use super::checker::sync::atomic::AtomicBool;
use super::engine::fence;
use super::order::{Edge, Reading, Role, Writing, ASKED, LET_GO};
use super::trace::{self, Did};
use super::{weaken, witness};
use crate::sys::{self, Loss};

checker::thread_local! {
    static FATE: Fate = Fate::default();
}

#[derive(Default)]
struct Fate {
    /// The steps that the side has left to live; `None`: no limit.
    steps_left: Cell<Option<usize>>,
    /// The side's clock. It advances when a sleep ends by its time-out, and while the side waits awake.
    now: Cell<Duration>,
    /// The side's name: known once it has passed an edge that only one side has, or once it was named.
    side: Cell<&'static str>,
    /// Whether the side acts as if a panic were unwinding it.
    panics: Cell<bool>,
    /// The call that the side makes, if its time-out is known.
    call: Cell<Option<Call>>,
    /// Whether the side may not sleep.
    stays_awake: Cell<bool>,
}

/// A call that may wait, by the clock of its side.
#[derive(Clone, Copy)]
struct Call {
    timeout: Option<Duration>,
    /// When its wait began: when the call first looked at the clock.
    begin: Option<Duration>,
    /// When it last asked whether its peer lives, or could find the ring.
    asked: Option<Duration>,
}

/// How often a side that waits asks whether its peer lives. It may not sleep past that.
const QUESTION: Duration = Duration::from_millis(50);

/// What one is called who is neither side.
const STRANGER: &str = "thief";

/// The panic payload of a dying side.
struct Died;

/// Runs `side`, which dies before its step number `steps`, counted from 0. Nothing that it would have done after that
/// happens, not even at the drop of what it owns. Returns `None` if it died.
pub fn dies_after<T>(steps: usize, side: impl FnOnce() -> T) -> Option<T> {
    FATE.with(|fate| fate.steps_left.set(Some(steps)));
    trace::did(Did::MayDie);
    let result = catch_unwind(AssertUnwindSafe(side));
    FATE.with(|fate| {
        fate.steps_left.set(None);
        fate.call.set(None);
        fate.stays_awake.set(false);
    });
    match result {
        Ok(value) => Some(value),
        Err(cause) if cause.is::<Died>() => None,
        Err(cause) => resume_unwind(cause),
    }
}

/// Takes one step of the side that runs. The side dies here if it has none left.
pub(crate) fn step() {
    let left = FATE.with(|fate| fate.steps_left.get());
    if let Some(left) = left {
        if left == 0 {
            // Not by a panic, whose hook would print a message: nothing has gone wrong.
            resume_unwind(Box::new(Died));
        }
        FATE.with(|fate| fate.steps_left.set(Some(left - 1)));
    }
}

/// Whether the side that runs dies before its next step.
#[cfg_attr(shuttle, allow(dead_code))] // Shuttle has no fences.
pub(crate) fn dies_next() -> bool {
    FATE.with(|fate| fate.steps_left.get()) == Some(0)
}

/// Whether the side that runs is unwinding, because of its death or of a failed assertion. Its drops have no effect and
/// are no steps: a step would count for another side, which may run on the same thread.
pub(crate) fn unwinding() -> bool {
    std::thread::panicking()
}

/// Names who runs.
fn is_called(name: &'static str) {
    FATE.with(|fate| fate.side.set(name));
}

/// Says that who runs is neither side, and sleeps beside one.
pub(crate) fn is_a_stranger() {
    is_called(STRANGER);
}

/// Says that somebody takes part who is no side that keeps to the protocol: nobody follows from here on what is done.
pub(crate) fn nobody_follows() {
    trace::ends();
}

/// Whether who runs is a side, and no stranger.
pub(crate) fn is_a_side() -> bool {
    FATE.with(|fate| fate.side.get()) != STRANGER
}

/// Runs `drops` as a panic would. A real panic is a death here (see [`unwinding`]), so what its drops do can be seen
/// only in this way.
pub fn by_a_panic<T>(drops: impl FnOnce() -> T) -> T {
    FATE.with(|fate| fate.panics.set(true));
    let done = drops();
    FATE.with(|fate| fate.panics.set(false));
    done
}

/// Makes `call`, which may wait for `timeout`, or without a limit. None of its sleeps may end after its deadline, nor
/// after its next question ([`is_to_sleep`]).
pub fn within<T>(timeout: Option<Duration>, call: impl FnOnce() -> T) -> T {
    FATE.with(|fate| fate.call.set(Some(Call { timeout, begin: None, asked: None })));
    let done = call();
    FATE.with(|fate| fate.call.set(None));
    done
}

/// Makes `calls`, in which the side may not sleep.
pub fn awake<T>(calls: impl FnOnce() -> T) -> T {
    FATE.with(|fate| fate.stays_awake.set(true));
    let done = calls();
    FATE.with(|fate| fate.stays_awake.set(false));
    done
}

/// Fails if the side that runs may not sleep for `timeout` now.
pub(crate) fn is_to_sleep(timeout: Duration) {
    let (call, awake, now) = FATE.with(|fate| (fate.call.get(), fate.stays_awake.get(), fate.now.get()));
    assert!(!awake, "a side that spins would sleep");
    let begin = call.and_then(|call| call.begin).unwrap_or(now);
    let asked = call.and_then(|call| call.asked).unwrap_or(begin);
    assert!(now + timeout <= asked + QUESTION, "a sleep would go past the next question");
    let deadline = call.and_then(|call| call.timeout).map(|timeout| begin + timeout);
    assert!(deadline.map_or(true, |deadline| now + timeout <= deadline), "a sleep would go past the deadline");
}

/// Notes that the side that runs asks whether a peer is there, or could come.
fn asks() {
    FATE.with(|fate| fate.call.set(fate.call.get().map(|call| Call { asked: Some(fate.now.get()), ..call })));
}

/// Whether a panic unwinds the side that runs, or is taken to.
pub(crate) fn panicking() -> bool {
    unwinding() || FATE.with(|fate| fate.panics.get())
}

/// Notes that the side that runs has just passed `edge`, which may tell its name.
pub(crate) fn passes(edge: Edge) {
    let side = match edge.name {
        name if is_of::<Writing>(name) => "writer",
        name if is_of::<Reading>(name) => "reader",
        _ => return,
    };
    is_called(side);
}

/// Whether `name` is an edge that only this role passes.
fn is_of<R: Role>(name: &str) -> bool {
    [R::STORE_CURSOR, R::WAKES, R::SLEEPS].iter().any(|edge| edge.name == name)
}

/// Notes what the side that runs did.
pub(crate) fn did(what: &'static str) {
    witness::note(FATE.with(|fate| fate.side.get()), what);
}

/// The cause that ends a sleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awakening {
    /// A wake by the peer.
    ByThePeer,
    /// The time-out: the sleeper's clock advances by it.
    ByTheTimer,
    /// A signal: the sleeper's clock advances by half of the time-out.
    ByASignal,
}

/// Ends a sleep of the side that runs, which was to last for `timeout`. Its clock advances as `awakening` says.
pub(crate) fn slept(timeout: Duration, awakening: Awakening) {
    let slept = match awakening {
        Awakening::ByThePeer => Duration::ZERO,
        Awakening::ByTheTimer => timeout,
        Awakening::ByASignal => timeout / 2,
    };
    FATE.with(|fate| fate.now.set(fate.now.get() + slept));
}

/// Lets `time` pass for the side that runs, or for a view.
pub fn time_passes(time: Duration) {
    FATE.with(|fate| fate.now.set(fate.now.get() + time));
}

/// Advances the clock of a side that waited awake, so that its deadline is not far.
pub(crate) fn waited_awake() {
    FATE.with(|fate| fate.now.set(fate.now.get() + Duration::from_millis(20)));
}

/// Notes that a timer or a signal ended a sleep.
pub(crate) fn interrupted(by: Awakening) {
    match by {
        Awakening::ByThePeer => {}
        Awakening::ByTheTimer => witness::note("a timer", "ended a sleep"),
        Awakening::ByASignal => witness::note("a signal", "ended a sleep"),
    }
}

/// Returns what the clock of the side that runs says.
pub(crate) fn now() -> Duration {
    FATE.with(|fate| {
        let now = fate.now.get();
        fate.call.set(fate.call.get().map(|call| Call { begin: call.begin.or(Some(now)), ..call }));
        now
    })
}

/// How a side of a model learns whether its peer lives.
#[derive(Clone)]
pub(crate) struct Presence {
    own: Arc<AtomicBool>,
    peer: Arc<AtomicBool>,
}

impl Presence {
    /// Returns what the two sides of a ring on the heap know of each other: the writer, the reader. Both live.
    pub(crate) fn on_heap() -> (Self, Self) {
        let writer = Self { own: Arc::new(AtomicBool::new(false)), peer: Arc::new(AtomicBool::new(false)) };
        let reader = Self { own: Arc::clone(&writer.peer), peer: Arc::clone(&writer.own) };
        (writer, reader)
    }

    /// Never called in a model, which maps no file.
    pub(crate) fn by_lock(
        _file: Arc<sys::fork::Descriptor>,
        _peer: sys::lock::Range,
        _own: Arc<sys::lock::Held>,
        _name: Option<Arc<sys::Name>>,
    ) -> Self {
        Self::on_heap().0
    }

    /// Returns how the ring lost the name by which a peer finds it: in a model, never.
    pub(crate) fn loss(&self) -> Option<Loss> {
        asks();
        None
    }

    /// Whether this process was forked by the one that owns the handle: in a model, never.
    pub(crate) fn is_forked(&self) -> bool {
        false
    }

    /// Whether nobody holds the peer's side.
    pub(crate) fn peer_is_gone(&self) -> bool {
        asks();
        step();
        self.peer.load(weaken::ordering(ASKED))
    }

    /// Says whether the own side's holder has died: false again for a successor.
    ///
    /// The kernel is asked for a lock, and takes it, in one order (T3). So whoever sees what a holder stored, and asks
    /// after that, is told of this holder or of a later one: the fence says so.
    pub(crate) fn set_gone(&self, gone: bool) {
        if gone {
            trace::did(Did::MayDie);
        }
        self.own.store(gone, weaken::ordering(LET_GO));
        fence(LET_GO);
    }
}
