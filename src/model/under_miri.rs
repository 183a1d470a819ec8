//! What the bodies of the models ask of an engine, where it is Miri that runs them on the production arm of the facade.
//!
//! Nothing is written down of what happened: a record that both sides write would order what they do.

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::time::Duration;

use super::HeapRing;
use crate::protocol::{Mark, Position, SharedRing};
use crate::sys::futex;

/// How many sleeps so far were ended by their time-out alone.
pub fn sleeps_that_timed_out() -> usize {
    futex::timed_out()
}

/// Takes no note.
pub fn note(_whose: &'static str, _what: &'static str) {}

/// Has taken no note.
pub fn times(_whose: &'static str, _what: &'static str) -> usize {
    0
}

/// Has a side die before it does anything: what it owned is never dropped.
///
/// # Panics
/// For another number of `steps`: here none are counted.
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
    let _ = catch_unwind(AssertUnwindSafe(move || {
        let _unwinding = unwinding;
        resume_unwind(Box::new(()));
    }));
    done.expect("it ran while the panic unwound")
}

/// What ends a sleep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Awakening {
    /// Its time-out.
    ByTheTimer,
}

impl HeapRing {
    /// Sleeps where the reader does, as a process that may read the file can, if the writer still stands at `position`.
    pub fn sleep_beside_the_reader(&self, position: u64) {
        sleep_beside_the_peer_of(&self.writer, position);
    }

    /// Sleeps where the writer does, as a process that may read the file can, if the reader still stands at `position`.
    pub fn sleep_beside_the_writer(&self, position: u64) {
        sleep_beside_the_peer_of(&self.reader, position);
    }

    /// Ends the sleeps of the writer, and of whoever sleeps beside it.
    pub fn interrupt_writer(&self, _by: Awakening) {
        self.reader.own.cursor.wake();
    }

    /// Ends the sleeps of the reader, and of whoever sleeps beside it.
    pub fn interrupt_reader(&self, _by: Awakening) {
        self.writer.own.cursor.wake();
    }

    /// Takes no note: a handle that is dropped is gone.
    pub fn writer_is_dead(&self, _dead: bool) {}

    /// Takes no note: a handle that is dropped is gone.
    pub fn reader_is_dead(&self, _dead: bool) {}
}

fn sleep_beside_the_peer_of(side: &SharedRing, position: u64) {
    side.own.cursor.wait(Mark::open(Position::new(position)).to_word(), Duration::from_secs(1));
}
