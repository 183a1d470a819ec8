//! What happened in one execution of a model, for the checkers to tell which executions there were.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// Who did what, each once however often it happened.
pub type Outcome = BTreeSet<(&'static str, &'static str)>;

// An engine runs all threads of a model on the thread that called it.
thread_local! {
    static OUTCOME: RefCell<Outcome> = const { RefCell::new(BTreeSet::new()) };
    static HEADERS: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Takes note that `who` did `what` in this execution.
pub fn note(who: &'static str, what: &'static str) {
    OUTCOME.with(|outcome| outcome.borrow_mut().insert((who, what)));
}

/// What was noted since this was last asked.
pub fn outcome() -> Outcome {
    OUTCOME.with(RefCell::take)
}

/// Takes note that the header at `index` was loaded.
pub(crate) fn loaded(index: usize) {
    HEADERS.with(|headers| headers.borrow_mut().push(index));
}

/// Where headers were loaded, in that order, since this was last asked.
pub fn headers_loaded() -> Vec<usize> {
    HEADERS.with(RefCell::take)
}
