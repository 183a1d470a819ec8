//! What befalls a side in a model: it dies between two steps, and a sleep of it ends by its time-out or by a signal.
//!
//! A side is a thread here. Each step of it, which is each call of the facade, asks whether it still lives.

use std::cell::Cell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use super::checker;
use super::checker::sync::atomic::AtomicBool;
use super::order::{Edge, Reading, Role, Writing, ASKED, LET_GO};
use super::{weaken, witness};
use crate::sys::{self, Loss};

checker::thread_local! {
    static FATE: Fate = Fate::default();
}

#[derive(Default)]
struct Fate {
    /// How many steps the side has left to live; `None`: as many as it likes.
    steps_left: Cell<Option<usize>>,
    /// The side's clock. It stands still but for sleeps that end by their time-out, and while the side waits awake.
    now: Cell<Duration>,
    /// What the side is called, once an edge was of only one side, or who else runs.
    side: Cell<&'static str>,
    /// Whether what it does is done by a panic.
    panics: Cell<bool>,
}

/// What a side that dies unwinds with.
struct Died;

/// Runs `side`, which dies before its step number `steps`, counted from 0: nothing that it would still have done
/// happens, not even at the drop of what it owned. `None` if it died.
pub fn dies_after<T>(steps: usize, side: impl FnOnce() -> T) -> Option<T> {
    FATE.with(|fate| fate.steps_left.set(Some(steps)));
    let result = catch_unwind(AssertUnwindSafe(side));
    FATE.with(|fate| fate.steps_left.set(None));
    match result {
        Ok(value) => Some(value),
        Err(cause) if cause.is::<Died>() => None,
        Err(cause) => resume_unwind(cause),
    }
}

/// One step of the side that runs.
pub(crate) fn step() {
    let left = FATE.with(|fate| fate.steps_left.get());
    if let Some(left) = left {
        if left == 0 {
            // Past the panic hook: nothing has gone wrong.
            resume_unwind(Box::new(Died));
        }
        FATE.with(|fate| fate.steps_left.set(Some(left - 1)));
    }
}

/// Whether the side that runs dies before its next step.
#[cfg_attr(shuttle, allow(dead_code))] // There a fence is nothing.
pub(crate) fn dies_next() -> bool {
    FATE.with(|fate| fate.steps_left.get()) == Some(0)
}

/// Whether the side that runs is on its way out, by its death or by a check that failed: what it drops now has no
/// effect, and is no step: another side, which may run on the same thread, would be taken for it.
pub(crate) fn unwinding() -> bool {
    std::thread::panicking()
}

/// Names who runs, where that is neither side.
pub(crate) fn is_called(name: &'static str) {
    FATE.with(|fate| fate.side.set(name));
}

/// Runs `drops` as a panic would. A panic itself is a death here (see [`unwinding`]): so what its drops do is seen only
/// where there is none.
pub fn by_a_panic<T>(drops: impl FnOnce() -> T) -> T {
    FATE.with(|fate| fate.panics.set(true));
    let done = drops();
    FATE.with(|fate| fate.panics.set(false));
    done
}

/// Whether what the side that runs does is done by a panic.
pub(crate) fn panicking() -> bool {
    unwinding() || FATE.with(|fate| fate.panics.get())
}

/// Takes note that the side that runs has just passed `edge`.
pub(crate) fn passes(edge: Edge) {
    let side = match edge.name {
        name if is_of::<Writing>(name) => "writer",
        name if is_of::<Reading>(name) => "reader",
        _ => return,
    };
    is_called(side);
}

/// Whether only this role passes the edge.
fn is_of<R: Role>(name: &str) -> bool {
    [R::STORE_CURSOR, R::WAKES, R::SLEEPS].iter().any(|edge| edge.name == name)
}

/// Takes note of what the side that runs did.
pub(crate) fn did(what: &'static str) {
    witness::note(FATE.with(|fate| fate.side.get()), what);
}

/// What ends a sleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awakening {
    /// The peer's wake.
    ByThePeer,
    /// Its time-out: the sleeper's clock goes on by as much.
    ByTheTimer,
    /// A signal, in no time.
    ByASignal,
}

/// The side that runs has slept, for all of `timeout` if its timer rang.
pub(crate) fn slept(timeout: Duration, awakening: Awakening) {
    if awakening == Awakening::ByTheTimer {
        FATE.with(|fate| fate.now.set(fate.now.get() + timeout));
    }
}

/// The side that runs has waited awake: for long, so that a call's end is not far.
pub(crate) fn waited_awake() {
    FATE.with(|fate| fate.now.set(fate.now.get() + Duration::from_millis(20)));
}

/// Takes note that somebody else ended a sleep.
pub(crate) fn interrupted(by: Awakening) {
    match by {
        Awakening::ByThePeer => {}
        Awakening::ByTheTimer => witness::note("a timer", "ended a sleep"),
        Awakening::ByASignal => witness::note("a signal", "ended a sleep"),
    }
}

/// What the clock of the side that runs says.
pub(crate) fn now() -> Duration {
    FATE.with(|fate| fate.now.get())
}

/// Whether the two sides still live.
#[derive(Clone)]
pub(crate) struct Presence {
    own: Arc<AtomicBool>,
    peer: Arc<AtomicBool>,
}

impl Presence {
    /// What the two sides of a ring on the heap know of each other: writer, reader. Both live.
    pub(crate) fn on_heap() -> (Self, Self) {
        let writer = Self { own: Arc::new(AtomicBool::new(false)), peer: Arc::new(AtomicBool::new(false)) };
        let reader = Self { own: Arc::clone(&writer.peer), peer: Arc::clone(&writer.own) };
        (writer, reader)
    }

    /// Never in a model, where no file is mapped.
    pub(crate) fn by_lock(
        _file: Arc<sys::fork::Descriptor>,
        _peer: sys::lock::Range,
        _own: Arc<sys::lock::Held>,
        _name: Option<Arc<sys::Name>>,
    ) -> Self {
        Self::on_heap().0
    }

    /// How the ring has lost the name by which a peer finds it: never in a model.
    pub(crate) fn loss(&self) -> Option<Loss> {
        None
    }

    /// Whether this process was forked from the one that the handle belongs to: never in a model.
    pub(crate) fn is_forked(&self) -> bool {
        false
    }

    /// Whether nobody holds the peer's side.
    pub(crate) fn peer_is_gone(&self) -> bool {
        step();
        self.peer.load(weaken::ordering(ASKED))
    }

    /// Says of the own side that its holder has died, or that there is another one.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.own.store(gone, weaken::ordering(LET_GO));
    }
}
