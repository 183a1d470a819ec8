//! How a body is explored, and what is said of it.

pub use loom::thread;

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

/// How far the models look: how often a thread may be interrupted where it could have gone on. A switch where
/// a thread sleeps or ends costs nothing of it.
#[derive(Clone, Copy)]
pub enum Preemptions {
    Unbounded,
    AtMost(usize),
}

/// Explores all of `body`'s executions, and prints how many there were.
///
/// Loom calls a search that ran out of time or of permutations a success, so neither limit is ever set, and
/// what the environment says of them is overruled. Too many steps in one execution is a failure.
pub fn check(model: &str, start: u64, preemptions: Preemptions, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = 3;
    builder.max_branches = 1_000;
    builder.max_duration = None;
    builder.max_permutations = None;
    builder.checkpoint_file = None;
    let bound = match preemptions {
        Preemptions::Unbounded => {
            builder.preemption_bound = None;
            "unbounded".into()
        }
        Preemptions::AtMost(most) => {
            builder.preemption_bound = Some(most);
            format!("at most {most} preemptions")
        }
    };
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&executions);
    let begin = Instant::now();
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        body();
    });
    let (executions, seconds) = (executions.load(Ordering::Relaxed), begin.elapsed().as_secs_f64());
    // Not `println`: the test harness would keep it to itself.
    let _ =
        writeln!(std::io::stderr(), "loom: {model}, from {start:#x}: {executions} executions, {bound}, {seconds:.1} s");
}
