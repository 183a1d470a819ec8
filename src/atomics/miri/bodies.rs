//! What the bodies of the models ask of an engine, where Miri runs them on the production arm.
//!
//! There are no steps, so nobody dies in the midst of anything. And nobody notes what happened: a record that both
//! sides write would order what they do.

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::time::Duration;

use super::{copy, futex};
use crate::atomics::engine::{Bytes, Presence, Word};

/// What happened to those who slept since this was last asked.
#[derive(Debug)]
pub struct Outcome {
    /// How often somebody slept.
    pub sleeps: u64,
    /// How often somebody slept on, although the word on which it slept had changed.
    pub missed_wakes: u64,
}

/// Returns what happened since it was last asked, and begins anew, with a ring that nobody races.
pub fn outcome() -> Outcome {
    copy::may_be_raced(0..0);
    let (sleeps, missed_wakes) = futex::take_counts();
    Outcome { sleeps, missed_wakes }
}

/// Takes no note.
pub fn note(_who: &'static str, _what: &'static str) {}

/// Has taken no note.
pub fn times(_who: &'static str, _what: &'static str) -> usize {
    0
}

/// Has taken no note.
pub fn headers_loaded() -> Vec<usize> {
    Vec::new()
}

/// Makes a ring that a view looks at: what a view reads are atomics in any ring.
pub(crate) fn in_sight<T>(make: impl FnOnce() -> T) -> T {
    make()
}

/// Takes no note.
pub(crate) fn is_a_stranger() {}

/// Does nothing here, as above.
pub(crate) fn nobody_follows() {}

/// Has a side die before it does anything: what it owns is never dropped.
///
/// # Panics
/// For another number of `steps`: there are none to be counted.
pub fn dies_after<T>(steps: usize, side: impl FnOnce() -> T) -> Option<T> {
    assert_eq!(steps, 0, "Miri counts no steps");
    std::mem::forget(side);
    None
}

/// Runs `drops` while a panic unwinds.
pub fn by_a_panic<T>(drops: impl FnOnce() -> T) -> T {
    struct Unwinding<'a, F: FnOnce() -> T, T>(Option<F>, &'a mut Option<T>);

    impl<F: FnOnce() -> T, T> Drop for Unwinding<'_, F, T> {
        fn drop(&mut self) {
            *self.1 = self.0.take().map(|drops| drops());
        }
    }

    let mut done = None;
    let unwinding = Unwinding(Some(drops), &mut done);
    let panics = AssertUnwindSafe(move || {
        let _unwinding = unwinding;
        resume_unwind(Box::new(()));
    });
    let _ = catch_unwind(panics);
    done.expect("it runs while the panic unwinds")
}

/// Makes `call`. Miri's clock goes on while the program runs, so it does not show whether a sleep is too long.
pub fn within<T>(_timeout: Option<Duration>, call: impl FnOnce() -> T) -> T {
    call()
}

/// Makes `calls`, in which a side may not sleep. Its peer may.
pub fn awake<T>(calls: impl FnOnce() -> T) -> T {
    calls()
}

/// Lets no time pass: Miri's clock goes on by itself.
pub fn time_passes(_time: Duration) {}

/// What ends a sleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awakening {
    /// The time-out. The sleeper looks at the clock, by which its time is over or not.
    ByTheTimer,
    /// A signal.
    ByASignal,
}

impl Word {
    /// Ends all sleeps on this word, if there are any.
    pub(crate) fn interrupt(&self, _by: Awakening) {
        self.wake();
    }

    /// Nothing wakes a sleeper whose peer is dead, nor does it here.
    pub(crate) fn forsake(&self, _forsaken: bool) {}
}

impl Presence {
    /// Who was dropped is gone, and nobody else.
    pub(crate) fn set_gone(&self, _gone: bool) {}
}

impl Bytes {
    /// Whoever copies to or from these bytes may be raced from here on: by a view, or a peer that breaks the protocol.
    pub(crate) fn may_be_raced(&self, capacity: usize) {
        // SAFETY: I2 (all of the ring), I3 (nobody uses it yet).
        let start = unsafe { self.span(0, capacity).as_slice() }.as_ptr() as usize;
        copy::may_be_raced(start..start + capacity);
    }

    /// Stores the granule at `index`, whoever reads it meanwhile. No writer that keeps to the protocol does so.
    pub(crate) fn scribble(&self, index: usize, word: u64) {
        // SAFETY: I2 (a body's index is one of the ring).
        unsafe { self.write_word(index, word) };
    }
}
