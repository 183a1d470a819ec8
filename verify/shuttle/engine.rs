//! How a body is run under many schedules, and what is said of it.
//!
//! Schedules follow from a seed, the same every time. `IPC_RING_SEED=n` starts at another one: with the seed that a
//! failure prints, the first schedules are those that failed.

pub use shuttle::thread;

use std::io::Write;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

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

/// Runs `body` under both schedulers with `seeds` seeds each, and prints how many executions there were.
pub fn check(model: &str, start: u64, seeds: u64, body: impl Fn() + Send + Sync + 'static) {
    let body = Arc::new(body);
    for policy in [Policy::Random, Policy::Pct] {
        let begin = Instant::now();
        let mut executions = 0;
        for seed in first_seed()..first_seed() + seeds {
            let mut config = Config::new();
            config.max_steps = MaxSteps::FailAfter(10_000_000);
            config.failure_persistence = FailurePersistence::None;
            let body = Arc::clone(&body);
            let run = || Runner::new(policy.scheduler(seed), config).run(move || body());
            executions += catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|failure| {
                say(&format!("shuttle: {model}, from {start:#x}: FAILED, scheduler {policy:?}, IPC_RING_SEED={seed}"));
                resume_unwind(failure)
            });
        }
        let seconds = begin.elapsed().as_secs_f64();
        say(&format!(
            "shuttle: {model}, from {start:#x}: {executions} executions, scheduler {policy:?}, {seconds:.1} s"
        ));
    }
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
