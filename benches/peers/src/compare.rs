//! The comparison: scenario by scenario, round by round, peer by peer.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tempfile::TempDir;

use crate::args::Compare;
use crate::job::{Job, Task, Toil};
use crate::link::{Geometry, Outcome};
use crate::peers::{self, Peer};
use crate::round::{self, Bounds, Sample};
use crate::scenario::{Does, Scenario, SCENARIOS};
use crate::{pin, scenario, table, toil};

/// One row of a scenario's table, as it grows.
#[derive(Debug)]
pub struct Row {
    /// Who.
    pub peer: &'static Peer,
    /// With what.
    pub geometry: Geometry,
    /// How many messages a round has.
    pub messages: u64,
    /// What came of the rounds.
    pub samples: Vec<Sample>,
    /// What went wrong in a round.
    pub failures: Vec<String>,
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Result {
    /// Which.
    pub scenario: &'static Scenario,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A peer that fails so often in a scenario is left out of its other rounds.
const FAILURES: usize = 2;

/// Compares as `args` say.
pub fn run(args: &Compare) -> Outcome<()> {
    let run = Run::new(args)?;
    let mut results = Vec::new();
    for scenario in run.scenarios()? {
        let result = run.measure(scenario)?;
        print!("{}", table::markdown(&result));
        results.push(result);
    }
    Ok(())
}

struct Run<'a> {
    args: &'a Compare,
    directory: TempDir,
    interrupted: Arc<AtomicBool>,
    cores: [usize; 2],
    turns: u32,
}

impl<'a> Run<'a> {
    fn new(args: &'a Compare) -> Outcome<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        let cores = match pin::allowed()?[..] {
            [left, right, ..] => [left, right],
            _ => return Err("two cores are needed".into()),
        };
        let shared = Path::new("/dev/shm");
        let directory = tempfile::Builder::new().prefix("ipc_ring_peers.").tempdir_in(shared)?;
        Ok(Self { args, directory, interrupted, cores, turns: toil::turns_in(Duration::from_nanos(100)) })
    }

    fn scenarios(&self) -> Outcome<Vec<&'static Scenario>> {
        if self.args.scenarios.is_empty() {
            return Ok(SCENARIOS.iter().collect());
        }
        let find = |name: &String| scenario::named(name).ok_or_else(|| format!("there is no scenario {name}").into());
        self.args.scenarios.iter().map(find).collect()
    }

    fn measure(&self, scenario: &'static Scenario) -> Outcome<Result> {
        let mut rows = self.rows(scenario);
        for row in &mut rows {
            self.choose_messages(scenario, row)?;
        }
        for round in 1..=self.args.rounds {
            for row in rows.iter_mut().filter(|row| row.failures.len() < FAILURES) {
                eprint!("\r\x1b[K{}: round {round} of {}: {} ", scenario.name, self.args.rounds, row.peer.name);
                if let Some(sample) = self.round(scenario, row, row.messages)? {
                    row.samples.push(sample);
                }
            }
        }
        eprint!("\r\x1b[K");
        Ok(Result { scenario, rows })
    }

    fn rows(&self, scenario: &'static Scenario) -> Vec<Row> {
        let wanted = |name: &&&str| {
            **name == scenario.ours || self.args.peers.is_empty() || self.args.peers.iter().any(|peer| peer == **name)
        };
        let mut rows = Vec::new();
        for peer in scenario.peers.iter().filter(wanted).filter_map(|name| peers::named(name)) {
            for &geometry in scenario.geometries.iter().filter(|geometry| peer.takes(geometry.size)) {
                rows.push(Row { peer, geometry, messages: 1, samples: Vec::new(), failures: Vec::new() });
            }
        }
        rows
    }

    /// Finds out how many messages a round has to have to take as long as was asked for.
    fn choose_messages(&self, scenario: &Scenario, row: &mut Row) -> Outcome<()> {
        const FIRST: u64 = 1000;
        const LONG_ENOUGH: f64 = 0.02;
        if let Some(messages) = self.args.messages {
            row.messages = messages;
            return Ok(());
        }
        if let Does::New(messages) = scenario.does {
            row.messages = messages;
            return Ok(());
        }
        if scenario.does == Does::Idle {
            return Ok(());
        }
        let mut messages = FIRST;
        while row.failures.len() < FAILURES {
            eprint!("\r\x1b[K{}: how fast is {}? ", scenario.name, row.peer.name);
            if let Some(Sample::Passed(done)) = self.round(scenario, row, messages)? {
                let seconds = done.nanoseconds as f64 / 1e9;
                let rate = done.counted as f64 / seconds.max(1e-9);
                row.messages = ((rate * self.args.seconds) as u64).clamp(FIRST.min(messages), 1 << 40);
                if seconds >= LONG_ENOUGH.min(self.args.seconds) || row.messages <= messages {
                    break;
                }
                messages = row.messages.min(messages * 20);
            }
        }
        Ok(())
    }

    /// A round; nothing where it fails, which is said.
    fn round(&self, scenario: &Scenario, row: &mut Row, messages: u64) -> Outcome<Option<Sample>> {
        let [left, right] = self.cores;
        let job = Job {
            peer: row.peer.name.into(),
            task: match scenario.does {
                Does::Stream | Does::New(_) | Does::OneCore => Task::Stream { toil: None },
                Does::Slow(side) => Task::Stream { toil: Some(Toil { side, turns: self.turns }) },
                Does::PingPong => Task::PingPong,
                Does::Idle => Task::Idle,
            },
            geometry: row.geometry,
            warm_up: match scenario.does {
                Does::New(_) => 0,
                Does::PingPong => messages / 10,
                _ => row.geometry.slots() as u64 + messages / 10,
            },
            messages,
            cores: if scenario.does == Does::OneCore { [left, left] } else { [left, right] },
            directory: self.directory.path().join("round"),
        };
        let bounds = Bounds {
            deadline: Duration::from_secs(20),
            idle: Duration::from_secs(10),
            interrupted: &self.interrupted,
        };
        match round::run(row.peer, &job, bounds) {
            Ok(sample) => Ok(Some(sample)),
            Err(_) if self.interrupted.load(Ordering::Relaxed) => Err("interrupted".into()),
            Err(error) => {
                eprintln!("\r\x1b[K{}: {} failed: {error}", scenario.name, row.peer.name);
                row.failures.push(error.to_string());
                Ok(None)
            }
        }
    }
}
