//! How a body is explored, and what is said of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ipc_ring::model::engine::outcome;

use ipc_ring_reference::bodies::{Start, Stream, STARTS};
use ipc_ring_reference::certificate::{conclude, Explored, Lane};
use ipc_ring_reference::replayed;

use crate::canaries;

/// How far a model looks: how often a thread may be interrupted where it could have gone on. A switch where
/// a thread sleeps or ends costs nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Preemptions {
    AtMost(usize),
    Unbounded,
}

use Preemptions::{AtMost, Unbounded};

impl Preemptions {
    fn limit(self) -> Option<usize> {
        match self {
            Unbounded => None,
            AtMost(most) => Some(most),
        }
    }

    fn in_words(self) -> String {
        match self {
            Unbounded => "unbounded".into(),
            AtMost(most) => format!("preemptions: at most {most}"),
        }
    }
}

/// How far a model looks in CI, and how far on demand.
pub type Bounds = (Preemptions, Preemptions);

/// No bound, even in CI.
pub const ALWAYS: Bounds = (Unbounded, Unbounded);

/// A ring of the smallest capacity that stands at `start`, and messages of these lengths.
pub fn stream(start: Start, lengths: &[usize]) -> Stream {
    Stream::new(64, start, lengths)
}

/// Explores all executions of `body` with messages of these lengths, from each start, says how many there were, and
/// holds them against the certificate.
pub fn check(model: &str, bounds: Bounds, lengths: &[usize], body: impl Fn(&Stream) + Send + Sync + Copy + 'static) {
    for start in STARTS {
        check_from(model, start, bounds, stream(start, lengths), body);
    }
}

/// As [`check`], of one stream, from one start.
pub fn check_from(
    model: &str,
    start: Start,
    bounds: Bounds,
    stream: Stream,
    body: impl Fn(&Stream) + Send + Sync + 'static,
) {
    if let Some(bound) = bound_of_this_run(start, bounds, 2) {
        conclude("loom", model, start, &bound.in_words(), &explore(bound, move || body(&stream)));
    }
}

/// As [`check`], for a `body` that is explored for each number of steps, from 0 to the first at which it returns
/// `false` in every execution: then there is no such step.
pub fn check_each_step(
    model: &str,
    bounds: Bounds,
    lengths: &[usize],
    body: impl Fn(&Stream, usize) -> bool + Send + Sync + Copy + 'static,
) {
    for start in STARTS {
        each_step(model, bounds, stream(start, lengths), body);
    }
}

fn each_step(
    model: &str,
    bounds: Bounds,
    stream: Stream,
    body: impl Fn(&Stream, usize) -> bool + Send + Sync + Copy + 'static,
) {
    let start = stream.start;
    let Some(bound) = bound_of_this_run(start, bounds, 1) else { return };
    let mut total = Explored::default();
    let mut steps = 0;
    loop {
        let reached = Arc::new(AtomicBool::new(false));
        let (stream, this_time) = (stream.clone(), Arc::clone(&reached));
        total.add(explore(bound, move || {
            if body(&stream, steps) {
                this_time.store(true, Ordering::Relaxed);
            }
        }));
        if !reached.load(Ordering::Relaxed) {
            break;
        }
        steps += 1;
    }
    conclude("loom", model, start, &format!("{}, {steps} steps", bound.in_words()), &total);
}

/// As [`check`], for a `body` that is explored with each of the `cases` that there are of a stream.
pub fn check_all<C: Copy + Send + Sync + 'static>(
    model: &str,
    bounds: Bounds,
    lengths: &[usize],
    cases: impl Fn(&Stream) -> Vec<C>,
    body: impl Fn(&Stream, C) + Send + Sync + Copy + 'static,
) {
    for stream in STARTS.map(|start| stream(start, lengths)) {
        let (start, cases) = (stream.start, cases(&stream));
        check_cases(model, start, bounds, cases, move |&case| body(&stream, case));
    }
}

/// As [`check_all`], from one start.
pub fn check_cases<C: Send + Sync + 'static>(
    model: &str,
    start: Start,
    bounds: Bounds,
    cases: Vec<C>,
    body: impl Fn(&C) + Send + Sync + Clone + 'static,
) {
    let Some(bound) = bound_of_this_run(start, bounds, 1) else { return };
    let every = if Lane::of_this_run() == Lane::Weaken { 7 } else { 1 };
    let cases: Vec<C> = cases.into_iter().step_by(every).collect();
    let count = cases.len();
    let mut total = Explored::default();
    for case in cases {
        let body = body.clone();
        total.add(explore(bound, move || body(&case)));
    }
    conclude("loom", model, start, &format!("{}, {count} cases", bound.in_words()), &total);
}

/// The bound of the lane that runs; `None` where the lane leaves this start out. To see that a break of the code is
/// noticed, one start and `enough` preemptions do: what breaks, breaks early.
fn bound_of_this_run(start: Start, (ci, full): Bounds, enough: usize) -> Option<Preemptions> {
    match Lane::of_this_run() {
        Lane::Ci => Some(ci),
        Lane::Full => Some(full),
        Lane::Weaken if start.position == STARTS[2].position => {
            Some(AtMost(ci.limit().map_or(enough, |most| most.min(enough))))
        }
        Lane::Weaken => None,
    }
}

/// Explores all of `body`'s executions, once the canaries have shown that this engine sees what is wrong.
fn explore(bound: Preemptions, body: impl Fn() + Send + Sync + 'static) -> Explored {
    canaries::sing();
    let (counter, outcomes) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(BTreeSet::new())));
    let (executions, reached) = (Arc::clone(&counter), Arc::clone(&outcomes));
    let begin = Instant::now();
    builder(bound.limit()).check(move || {
        // Loom's asymmetric mode has no barrier for the peer.
        replayed::begins(counter.fetch_add(1, Ordering::Relaxed), false);
        outcome();
        body();
        replayed::ends();
        outcomes.lock().unwrap().insert(outcome());
    });
    let outcomes = std::mem::take(&mut *reached.lock().unwrap());
    Explored { executions: executions.load(Ordering::Relaxed), outcomes, seconds: begin.elapsed().as_secs_f64() }
}

/// Loom calls a search that ran out of time or of permutations a success, so neither limit is ever set, and
/// what the environment says of them is overruled. Too many steps in one execution is a failure.
pub fn builder(preemptions: Option<usize>) -> loom::model::Builder {
    let mut builder = loom::model::Builder::new();
    builder.max_threads = 4;
    builder.max_branches = 1_000;
    builder.max_duration = None;
    builder.max_permutations = None;
    builder.checkpoint_file = None;
    builder.preemption_bound = preemptions;
    builder
}
