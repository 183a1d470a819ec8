//! Measures a scenario: finds out how many messages make a round, then gives every peer its rounds, in turns.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::args::Compare;
use crate::job::{Job, Task, Toil};
use crate::link::Outcome;
use crate::peers::{self, Kind, Peer};
use crate::place::Place;
use crate::result::{Measured, Row};
use crate::round::{self, Bounds, Sample};
use crate::scenario::{Does, Scenario};
use crate::{pin, toil};

/// A peer that fails so often in a scenario is left out of its other rounds.
const FAILURES: usize = 2;
/// How long a slow side works on a message.
const TOIL: Duration = Duration::from_nanos(100);

/// What measures.
#[derive(Debug)]
pub struct Meter<'a> {
    args: &'a Compare,
    place: Place,
    interrupted: Arc<AtomicBool>,
    cores: [usize; 2],
    turns: u32,
}

impl<'a> Meter<'a> {
    /// One that is told what to do by `args`, and by a signal to give up.
    pub fn new(args: &'a Compare) -> Outcome<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        let cores = match pin::allowed()?[..] {
            [left, right, ..] => [left, right],
            _ => return Err("this takes two cores".into()),
        };
        Ok(Self { args, place: Place::new()?, interrupted, cores, turns: toil::turns_in(TOIL) })
    }

    /// Measures `scenario`. Peers that fail do not end it.
    pub fn measure(&self, scenario: &'static Scenario) -> Outcome<Measured> {
        let mut rows = self.rows(scenario);
        for row in &mut rows {
            row.messages = self.messages(scenario, row)?;
        }
        let rounds = scenario.rounds(self.args.rounds);
        for round in 1..=rounds {
            for row in rows.iter_mut().filter(|row| row.failures.len() < FAILURES) {
                self.progress(&format!("{}: round {round} of {rounds}: {}", scenario.name, row.peer.name));
                let messages = row.messages;
                let sample = self.round(scenario, row, messages)?;
                row.samples.extend(sample);
            }
        }
        self.progress("");
        Ok(Measured { scenario, rows })
    }

    /// A row for each peer that was asked for and takes part. Ours and limits always do.
    fn rows(&self, scenario: &'static Scenario) -> Vec<Row> {
        let asked_for = |name: &str| self.args.peers.is_empty() || self.args.peers.iter().any(|peer| peer == name);
        let all = scenario.peers.iter().filter_map(|name| peers::named(name));
        let here = all.filter(|peer| peer.kind != Kind::Peer || asked_for(peer.name));
        let rows = |peer: &'static Peer| {
            let built_for = scenario.geometries.iter().filter(|geometry| peer.takes(geometry.size));
            built_for.map(move |geometry| Row::new(peer, *geometry))
        };
        here.flat_map(rows).collect()
    }

    /// How many messages a round has to have to take as long as was asked for.
    fn messages(&self, scenario: &Scenario, row: &mut Row) -> Outcome<u64> {
        const FEW: u64 = 1000;
        const FASTER_AT_MOST: u64 = 30;
        // What was in the ring when the clock began must not matter much.
        const RINGFULS: u64 = 4;
        match scenario.does {
            Does::Idle => return Ok(1),
            Does::New(messages) => return Ok(self.args.messages.unwrap_or(messages)),
            _ => {}
        }
        if let Some(messages) = self.args.messages {
            return Ok(messages);
        }
        let slots = row.geometry.slots() as u64;
        let mut messages = FEW.min(slots * RINGFULS);
        while row.failures.len() < FAILURES {
            self.progress(&format!("{}: how fast is {}?", scenario.name, row.peer.name));
            let Some(Sample::Passed(done)) = self.round(scenario, row, messages)? else { continue };
            let seconds = done.nanoseconds as f64 / 1e9;
            let enough = (done.counted as f64 / seconds.max(1e-9) * self.args.seconds).ceil().max(1.0) as u64;
            if seconds * 10.0 >= self.args.seconds {
                let is_stream = scenario.does != Does::PingPong;
                return Ok(if is_stream { enough.max(slots * RINGFULS) } else { enough });
            }
            messages = enough.min(messages * FASTER_AT_MOST);
        }
        Ok(messages)
    }

    /// A round; nothing where it fails, which is said aloud.
    fn round(&self, scenario: &Scenario, row: &mut Row, messages: u64) -> Outcome<Option<Sample>> {
        let bounds = Bounds {
            deadline: Duration::from_secs_f64(self.args.deadline),
            idle: Duration::from_secs_f64(self.args.idle_seconds),
            interrupted: &self.interrupted,
        };
        let sample = round::run(row.peer, &self.job(scenario, row, messages), bounds);
        self.place.clear();
        match sample {
            Ok(sample) => Ok(Some(sample)),
            Err(_) if self.interrupted.load(Ordering::Relaxed) => Err("interrupted".into()),
            Err(error) => {
                self.progress("");
                eprintln!("{}: {} failed: {error}", scenario.name, row.peer.name);
                row.failures.push(error.to_string());
                Ok(None)
            }
        }
    }

    fn job(&self, scenario: &Scenario, row: &Row, messages: u64) -> Job {
        let [left, right] = self.cores;
        Job {
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
                // The ring has been gone round once, and more.
                _ => row.geometry.slots() as u64 + messages / 10,
            },
            messages: match scenario.does {
                Does::Idle => 1 << 40,
                _ => messages,
            },
            cores: if scenario.does == Does::OneCore { [left, left] } else { [left, right] },
            directory: self.place.of_round(),
        }
    }

    /// Shows what is going on, where somebody looks on.
    fn progress(&self, text: &str) {
        use std::io::IsTerminal;
        if std::io::stderr().is_terminal() {
            eprint!("\r\x1b[K{text}");
        }
    }
}
