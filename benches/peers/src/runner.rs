//! Runs single rounds, and looks at the bare line between them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ipc_ring_measure::job::{Lap, Task};
use ipc_ring_measure::round::{Events, Failure, Round};
use ipc_ring_measure::{pin, Outcome};
use nix::time::ClockId;
use nix::unistd::Pid;

use crate::job::{roles, Job};
use crate::peers;
use crate::place::Place;
use crate::result::Sample;
use crate::state::{self, State};

/// What runs rounds.
pub struct Runner {
    events: Events,
    place: Place,
    /// The cores of the two sides.
    pub cores: [usize; 2],
    deadline: Duration,
    /// How long two idle sides are watched.
    idle: Duration,
    /// What a run may still wait for the state that was asked for.
    patience: Duration,
}

impl Runner {
    /// One that gives up a round after `deadline`, watches idle sides for `idle`, and waits for a state for `patience`
    /// in all.
    pub fn new([deadline, idle, patience]: [f64; 3]) -> Outcome<Self> {
        let events = Events::new()?;
        let cores = match pin::allowed()?[..] {
            [left, right, ..] => [left, right],
            _ => return Err("this takes two cores".into()),
        };
        let [deadline, idle, patience] = [deadline, idle, patience].map(Duration::from_secs_f64);
        Ok(Self { events, place: Place::new()?, cores, deadline, idle, patience })
    }

    /// The directory of a round.
    pub fn directory(&self) -> PathBuf {
        self.place.of_round()
    }

    /// Returns how long the bare line takes now, in nanoseconds. Waits for `state` first, if one is asked for and there
    /// is patience left.
    pub fn line(&mut self, state: Option<State>) -> Outcome<f64> {
        const A_WHILE: Duration = Duration::from_millis(100);
        loop {
            let start = Instant::now();
            let line = state::line(self.cores)?;
            if self.patience.is_zero() || state.is_none_or(|state| state == State::of(line)) {
                return Ok(line);
            }
            std::thread::sleep(A_WHILE);
            self.events.go_on()?;
            self.patience = self.patience.saturating_sub(start.elapsed());
        }
    }

    /// Runs a round of `job` by processes of `program`, and removes all that it leaves behind. An error of the outer
    /// kind ends the run.
    pub fn run(&self, program: &Path, job: &Job) -> Outcome<Result<Sample, Failure>> {
        fs::create_dir(&job.directory)?;
        let sample = self.sample(program, job);
        self.place.clear();
        match sample {
            Err(signal @ Failure::Signal(_)) => Err(signal.into()),
            sample => Ok(sample),
        }
    }

    fn sample(&self, program: &Path, job: &Job) -> Result<Sample, Failure> {
        let roles = peers::named(&job.peer).map_or(&[][..], roles);
        let mut round = Round::start_program(program, &self.events, roles, job, Some(self.deadline))?;
        for _ in roles {
            round.step()?;
        }
        if job.passes.task == Task::Idle {
            return self.watch(&mut round);
        }
        let done = round.finish(|_| {})?;
        let lap = done.laps.last().copied().unwrap_or(Lap { counted: 0, nanoseconds: 0 });
        Ok(Sample::Passed { passed: done.passed, lap, times: done.times })
    }

    /// Watches the clocks of two sides that have nothing to do, from when they have noticed it.
    fn watch(&self, round: &mut Round<'_>) -> Result<Sample, Failure> {
        const SETTLE: Duration = Duration::from_millis(500);
        let clocks = |round: &Round<'_>| {
            let clock = |id: u32| Ok(Duration::from(ClockId::pid_cpu_clock_id(Pid::from_raw(id as i32))?.now()?));
            round.ids().into_iter().map(clock).collect::<nix::Result<Vec<_>>>().map_err(std::io::Error::from)
        };
        round.stay_silent(SETTLE)?;
        let (before, start) = (clocks(round)?, Instant::now());
        round.stay_silent(self.idle)?;
        let (after, elapsed) = (clocks(round)?, start.elapsed());
        Ok(Sample::Idle([0, 1].map(|side| (after[side] - before[side]).as_secs_f64() / elapsed.as_secs_f64())))
    }
}
