//! What happened in one execution of a model, for the checkers to tell which executions there were.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Who did what.
pub type Event = (&'static str, &'static str);
/// What happened, each once however often it did.
pub type Outcome = BTreeSet<Event>;

// An engine runs all threads of a model on the thread that called it.
thread_local! {
    static EVENTS: RefCell<BTreeMap<Event, usize>> = const { RefCell::new(BTreeMap::new()) };
    static HEADERS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Takes note that `who` did `what` in this execution.
pub fn note(who: &'static str, what: &'static str) {
    EVENTS.with(|events| *events.borrow_mut().entry((who, what)).or_default() += 1);
}

/// How often `who` did `what` since the outcome was last asked for.
pub fn times(who: &'static str, what: &'static str) -> usize {
    EVENTS.with(|events| events.borrow().get(&(who, what)).copied().unwrap_or_default())
}

/// What was noted since this was last asked.
pub fn outcome() -> Outcome {
    EVENTS.with(RefCell::take).into_keys().collect()
}

/// Takes note that the header at `index` was loaded.
pub(crate) fn loaded(index: usize) {
    HEADERS.with(|headers| headers.borrow_mut().push(index));
}

/// Where headers were loaded, in that order, since this was last asked.
pub fn headers_loaded() -> Vec<usize> {
    HEADERS.with(RefCell::take)
}
