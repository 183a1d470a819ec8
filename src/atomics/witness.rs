//! Notes what happens in one execution of a model, so that a check can tell which executions there were.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// An event: who did what.
pub type Event = (&'static str, &'static str);
/// The outcome of an execution: each event once, however often it occurred.
pub type Outcome = BTreeSet<Event>;

// An engine runs all threads of a model on the thread that called it.
thread_local! {
    static EVENTS: RefCell<BTreeMap<Event, usize>> = const { RefCell::new(BTreeMap::new()) };
    static HEADERS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Notes that `who` did `what` in this execution.
pub fn note(who: &'static str, what: &'static str) {
    EVENTS.with(|events| *events.borrow_mut().entry((who, what)).or_default() += 1);
}

/// Returns how often `who` did `what` since the outcome was last taken.
pub fn times(who: &'static str, what: &'static str) -> usize {
    EVENTS.with(|events| events.borrow().get(&(who, what)).copied().unwrap_or_default())
}

/// Takes what was noted since it was last taken.
pub fn outcome() -> Outcome {
    EVENTS.with(RefCell::take).into_keys().collect()
}

/// Notes that the header at `index` was loaded.
pub(crate) fn loaded(index: usize) {
    HEADERS.with(|headers| headers.borrow_mut().push(index));
}

/// Takes the indices of the headers that were loaded, in that order, since they were last taken.
pub fn headers_loaded() -> Vec<usize> {
    HEADERS.with(RefCell::take)
}
