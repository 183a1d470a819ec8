//! Measures a scenario: finds out how many messages make a round, then gives every peer its rounds, in turns.

use std::fs;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use ipc_ring_measure::job::{self, Lap, Task, Toil};
use ipc_ring_measure::message::Look;
use ipc_ring_measure::round::{Events, Failure, Round};
use ipc_ring_measure::{enough, pin, toil, Outcome};
use nix::time::ClockId;
use nix::unistd::Pid;

use crate::args::Compare;
use crate::job::{roles, Job};
use crate::peers::{self, Geometry, Kind, Peer};
use crate::place::Place;
use crate::result::{Measured, Row, Sample};
use crate::scenarios::{Does, Scenario};

/// A peer that fails so often in a scenario is left out of its other rounds.
const FAILURES: usize = 2;
/// How long a slow side works on a message.
const TOIL: Duration = Duration::from_nanos(100);

/// What measures.
pub struct Meter<'a> {
    args: &'a Compare,
    place: Place,
    events: Events,
    cores: [usize; 2],
    turns: u32,
}

impl<'a> Meter<'a> {
    /// One that is told what to do by `args`, and by a signal to give up.
    pub fn new(args: &'a Compare) -> Outcome<Self> {
        let events = Events::new()?;
        let cores = match pin::allowed()?[..] {
            [left, right, ..] => [left, right],
            _ => return Err("this takes two cores".into()),
        };
        Ok(Self { args, place: Place::new()?, events, cores, turns: toil::turns_in(TOIL) })
    }

    /// Measures `scenario`. Peers that fail do not end it.
    pub fn measure(&self, scenario: &'static Scenario) -> Outcome<Measured> {
        let mut rows = self.rows(scenario);
        for row in &mut rows {
            row.messages = self.messages(scenario, row)?;
        }
        // One round of nothing says all: it is long.
        let rounds = if scenario.does == Does::Idle { 1 } else { self.args.rounds };
        for round in 1..=rounds {
            for row in rows.iter_mut().filter(|row| row.failures.len() < FAILURES) {
                self.progress(&format!("{}: round {round} of {rounds}: {}", scenario.name, row.peer.name));
                let sample = self.round(scenario, row, row.messages)?;
                row.samples.extend(sample);
            }
        }
        self.progress("");
        Ok(Measured { scenario, rows })
    }

    /// A row for each peer that was asked for and takes part. Ours and limits always do.
    fn rows(&self, scenario: &'static Scenario) -> Vec<Row> {
        let asked_for = |name: &str| self.args.peers.is_empty() || self.args.peers.iter().any(|peer| peer == name);
        let here = scenario.peers().filter_map(peers::named);
        let here = here.filter(|peer| peer.kind != Kind::Peer || asked_for(peer.name));
        let rows = |peer: &'static Peer| {
            scenario.geometries().filter(|geometry| peer.takes(geometry.size)).map(move |at| Row::new(peer, at))
        };
        here.flat_map(rows).collect()
    }

    /// How many messages a round has to have to take as long as was asked for.
    fn messages(&self, scenario: &Scenario, row: &mut Row) -> Outcome<u64> {
        match (scenario.does, self.args.messages) {
            (Does::Idle, _) => Ok(1 << 40),
            (_, Some(messages)) | (Does::New(messages), None) => Ok(messages),
            _ => enough::messages(self.args.seconds, ringful(scenario, row.geometry), |messages| {
                while row.failures.len() < FAILURES {
                    self.progress(&format!("{}: how fast is {}?", scenario.name, row.peer.name));
                    if let Some(Sample::Passed { lap, .. }) = self.round(scenario, row, messages)? {
                        return Ok(Some(lap));
                    }
                }
                Ok(None::<Lap>)
            }),
        }
    }

    /// A round; nothing where it fails, which is said aloud.
    fn round(&self, scenario: &Scenario, row: &mut Row, messages: u64) -> Outcome<Option<Sample>> {
        let job = self.job(scenario, row, messages);
        fs::create_dir(&job.directory)?;
        let sample = self.sample(row.peer, &job);
        self.place.clear();
        match sample {
            Ok(sample) => Ok(Some(sample)),
            Err(signal @ Failure::Signal(_)) => Err(signal.into()),
            Err(failure) => {
                self.progress("");
                eprintln!("{}: {} failed: {}", scenario.name, row.peer.name, failure.why());
                row.failures.push(failure.why());
                Ok(None)
            }
        }
    }

    fn sample(&self, peer: &Peer, job: &Job) -> Result<Sample, Failure> {
        let deadline = Duration::from_secs_f64(self.args.deadline);
        let roles = roles(peer);
        let mut round = Round::start(&self.events, roles, job, Some(deadline))?;
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
        round.stay_silent(Duration::from_secs_f64(self.args.idle_seconds))?;
        let (after, elapsed) = (clocks(round)?, start.elapsed());
        Ok(Sample::Idle([0, 1].map(|side| (after[side] - before[side]).as_secs_f64() / elapsed.as_secs_f64())))
    }

    fn job(&self, scenario: &Scenario, row: &Row, messages: u64) -> Job {
        let [left, right] = self.cores;
        let passes = job::Job {
            task: match scenario.does {
                Does::Stream | Does::New(_) | Does::OneCore => Task::Stream { toil: None },
                Does::Slow(side) => Task::Stream { toil: Some(Toil { side, turns: self.turns }) },
                Does::PingPong => Task::PingPong,
                Does::Idle => Task::Idle,
            },
            size: row.geometry.size,
            look: Look::Number,
            warm_up: match scenario.does {
                Does::New(_) => 0,
                _ => enough::warm_up(messages, ringful(scenario, row.geometry)),
            },
            messages,
            rounds: 1,
            cores: Some(if scenario.does == Does::OneCore { [left, left] } else { [left, right] }),
            tells: false,
        };
        Job { peer: row.peer.name.into(), geometry: row.geometry, directory: self.place.of_round(), passes }
    }

    /// Shows what is going on, where somebody looks on.
    fn progress(&self, text: &str) {
        if std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K{text}");
        }
    }
}

/// How many messages fill a ring, where that matters.
fn ringful(scenario: &Scenario, geometry: Geometry) -> u64 {
    if scenario.does == Does::PingPong {
        0
    } else {
        geometry.slots() as u64
    }
}
