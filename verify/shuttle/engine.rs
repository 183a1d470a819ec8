//! How a body is run under many schedules, and what is said of it.
//!
//! Schedules follow from a seed, the same every time. `IPC_RING_SEED=n` starts at another one: with the seed that a
//! failure prints, the first schedules are those that failed.

use std::collections::BTreeSet;
use std::io::Write;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ipc_ring::model::engine::outcome;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use ipc_ring_reference::bodies::{Start, Stream, STARTS};
use ipc_ring_reference::certificate::{conclude, Explored, Lane};
use ipc_ring_reference::replayed;

use crate::canaries;

/// The schedules run for each seed. PCT learns from the first how many steps there are to place its preemptions among.
const SCHEDULES_A_SEED: usize = 10;
/// How many preemptions PCT places in a schedule, less one.
const PCT_DEPTH: usize = 4;

/// How the next thread is chosen.
#[derive(Clone, Copy, Debug)]
enum Policy {
    Random,
    Pct,
}

impl Policy {
    fn scheduler(self, seed: u64) -> Box<dyn Scheduler + Send> {
        match self {
            Policy::Random => Box::new(RandomScheduler::new_from_seed(seed, SCHEDULES_A_SEED)),
            Policy::Pct => Box::new(PctScheduler::new_from_seed(seed, PCT_DEPTH, SCHEDULES_A_SEED)),
        }
    }
}

/// How many times the seeds of CI the full lane runs.
const FULL: u64 = 5;

/// Lengths of `count` messages: every one below `below`, `step` apart in turn.
pub fn lengths(count: usize, step: usize, below: usize) -> Vec<usize> {
    (0..count).map(|number| number * step % below).collect()
}

/// Runs `body` from each start, in a ring of `capacity` bytes with messages of these lengths, under both schedulers
/// with `seeds` seeds each, and holds what they reached against the certificate.
pub fn check(
    model: &str,
    seeds: u64,
    capacity: usize,
    lengths: &[usize],
    body: impl Fn(&Stream) + Send + Sync + Copy + 'static,
) {
    for start in STARTS {
        let stream = Stream::new(capacity, start, lengths);
        check_from(model, start, seeds, move || body(&stream));
    }
}

/// As [`check`], from one start.
pub fn check_from(model: &str, start: Start, seeds: u64, body: impl Fn() + Send + Sync + 'static) {
    canaries::sing();
    let seeds = match Lane::of_this_run() {
        Lane::Full => FULL * seeds,
        // A replay is slow, and one schedule shows what steps there are.
        Lane::Weaken if replayed::is_asked() => 1,
        Lane::Ci | Lane::Weaken => seeds,
    };
    let body = Arc::new(body);
    for policy in [Policy::Random, Policy::Pct] {
        let mut total = Explored::default();
        for seed in first_seed()..first_seed() + seeds {
            let explored = || explore(policy.scheduler(seed), Arc::clone(&body));
            total.add(catch_unwind(AssertUnwindSafe(explored)).unwrap_or_else(|failure| {
                let at = start.position;
                say(&format!("shuttle: {model}, from {at:#x}: FAILED, scheduler {policy:?}, IPC_RING_SEED={seed}"));
                resume_unwind(failure)
            }));
        }
        conclude("shuttle", &format!("{model}, {policy:?}"), start, &format!("seeds: {seeds}"), &total);
    }
}

/// Runs `body` under the schedules that `scheduler` makes up, and sees what comes of each.
fn explore(scheduler: Box<dyn Scheduler + Send>, body: Arc<impl Fn() + Send + Sync + 'static>) -> Explored {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let reached = Arc::clone(&outcomes);
    let begin = Instant::now();
    let counter = AtomicU64::new(0);
    let executions = run(scheduler, move || {
        replayed::begins(counter.fetch_add(1, Ordering::Relaxed), true);
        outcome();
        body();
        replayed::ends();
        reached.lock().unwrap().insert(outcome());
    });
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    Explored { executions: executions as u64, outcomes, seconds: begin.elapsed().as_secs_f64() }
}

/// Runs `body` under the schedules that `scheduler` makes up.
pub fn run(scheduler: Box<dyn Scheduler + Send>, body: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = Config::new();
    config.max_steps = MaxSteps::FailAfter(10_000_000);
    config.failure_persistence = FailurePersistence::None;
    Runner::new(scheduler, config).run(body)
}

fn first_seed() -> u64 {
    match std::env::var("IPC_RING_SEED") {
        Ok(seed) => seed.parse().expect("IPC_RING_SEED is a whole number"),
        Err(_) => 1,
    }
}

/// Prints a line past the test harness, which would keep it to itself.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
