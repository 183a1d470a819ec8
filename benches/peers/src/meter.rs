//! Measures a scenario: finds out how many messages make a round, then gives every peer its rounds, in turns.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use ipc_ring_measure::job::{self, Lap, Task, Toil};
use ipc_ring_measure::message::Look;
use ipc_ring_measure::{enough, toil, Outcome};

use crate::args::Compare;
use crate::job::Job;
use crate::peers::{self, Geometry, Kind, Pages, Peer, BATCH};
use crate::result::{Measured, Round, Row, Sample};
use crate::runner::Runner;
use crate::scenarios::{Does, Scenario};
use crate::state::{Around, State};

/// A peer that fails so often in a scenario is left out of its other rounds.
const FAILURES: usize = 2;
/// The most messages that a ring counts as holding. A round passes several ringfuls, and with more it would take
/// seconds.
pub const MANY: u64 = 1 << 20;
/// How long a slow side works on a message.
const TOIL: Duration = Duration::from_nanos(100);

/// What measures.
pub struct Meter<'a> {
    args: &'a Compare,
    runner: Runner,
    program: PathBuf,
    turns: u32,
}

impl<'a> Meter<'a> {
    /// One that is told what to do by `args`, and by a signal to give up.
    pub fn new(args: &'a Compare) -> Outcome<Self> {
        let runner = Runner::new([args.deadline, args.idle_seconds, args.patience])?;
        Ok(Self { args, runner, program: std::env::current_exe()?, turns: toil::turns_in(TOIL) })
    }

    /// Measures `scenario`. Peers that fail do not end it.
    ///
    /// There is a look at the bare line before the first round and after each one.
    pub fn measure(&mut self, scenario: &'static Scenario) -> Outcome<Measured> {
        let mut rows = self.rows(scenario);
        for row in &mut rows {
            row.messages = self.messages(scenario, row)?;
        }
        // One round of nothing says all: it is long.
        let rounds = if scenario.does == Does::Idle { 1 } else { self.args.rounds };
        let wanted = self.args.state.filter(|_| scenario.does.crosses());
        let mut before = self.runner.line(None)?;
        for round in 1..=rounds {
            for row in rows.iter_mut().filter(|row| row.failures.len() < FAILURES) {
                self.progress(&format!("{}: round {round} of {rounds}: {}", scenario.name, row.peer.name));
                if wanted.is_some_and(|state| state != State::of(before)) {
                    before = self.runner.line(wanted)?;
                }
                let sample = self.round(scenario, row, row.messages)?;
                let around = Around { before, after: self.runner.line(None)? };
                row.rounds.extend(sample.map(|sample| Round { around, sample }));
                before = around.after;
            }
        }
        self.progress("");
        Ok(Measured { scenario, rows, asked_for: self.args.state })
    }

    /// A row for each peer that was asked for and takes part, ring by ring. Ours and limits always do.
    fn rows(&self, scenario: &'static Scenario) -> Vec<Row> {
        let asked_for = |name: &str| self.args.peers.is_empty() || self.args.peers.iter().any(|peer| peer == name);
        let takes_part = |peer: &Peer| peer.kind != Kind::Peer || asked_for(peer.name);
        let here = Vec::from_iter(scenario.peers().flat_map(peers::called).filter(|peer| takes_part(peer)));
        let rows = |geometry: Geometry| {
            let here = here.iter().filter(move |peer| scenario.holds(peer, geometry));
            here.map(move |peer| Row::new(peer, geometry))
        };
        let first = scenario.capacities.first().copied().unwrap_or_default();
        let most = self.args.up_to.map_or(usize::MAX, |most| most.max(first));
        scenario.geometries().filter(|geometry| geometry.capacity <= most).flat_map(rows).collect()
    }

    /// How many messages a round has to have to take as long as was asked for.
    fn messages(&self, scenario: &Scenario, row: &mut Row) -> Outcome<u64> {
        match (scenario.does, self.args.messages) {
            (Does::Idle, _) => Ok(1 << 40),
            (_, Some(messages)) | (Does::New { messages, .. }, None) => Ok(messages),
            _ => enough::messages(self.args.seconds, ringful(scenario, row.geometry).min(MANY), |messages| {
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
        match self.runner.run(&self.program, &self.job(scenario, row, messages))? {
            Ok(sample) => Ok(Some(sample)),
            Err(failure) => {
                self.progress("");
                eprintln!("{}: {} failed: {}", scenario.name, row.peer.name, failure.why());
                row.failures.push(failure.why());
                Ok(None)
            }
        }
    }

    fn job(&self, scenario: &Scenario, row: &Row, messages: u64) -> Job {
        let [left, right] = self.runner.cores;
        let passes = job::Job {
            task: match scenario.does {
                Does::Stream | Does::New { .. } | Does::OneCore => Task::Stream { toil: None },
                Does::Slow(side) => Task::Stream { toil: Some(Toil { side, turns: self.turns }) },
                Does::PingPong => Task::PingPong,
                Does::Idle => Task::Idle,
            },
            size: row.geometry.size,
            look: Look::Number { buffers: scenario.buffers, opaque: self.args.opaque },
            warm_up: match scenario.does {
                Does::New { .. } => 0,
                _ => enough::warm_up(messages, ringful(scenario, row.geometry)),
            },
            messages,
            rounds: 1,
            cores: Some(if scenario.does == Does::OneCore { [left, left] } else { [left, right] }),
            tells: false,
        };
        let pages = match scenario.does {
            Does::New { pages, .. } => pages,
            _ => Pages::Usual,
        };
        let (peer, geometry, directory) = (row.peer.name.into(), row.geometry, self.runner.directory());
        Job { peer, geometry, batch: BATCH, pages, directory, passes }
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
