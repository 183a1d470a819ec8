//! The job of a process that the driver starts.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use ipc_ring::RingOptions;
use ipc_ring_measure::console::Console;
use ipc_ring_measure::job::{self, Task};
use ipc_ring_measure::link::Side;
use ipc_ring_measure::part::Between;
use ipc_ring_measure::ring::{self, Manner};
use ipc_ring_measure::Outcome;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::ring_file::RingFile;
use crate::waiting;

/// What to measure, through which rings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The path of the ring; for round trips, of the ring for calls. The ring for answers has `.back` appended.
    pub ring: OsString,
    /// How both sides wait, if `--wait` says it.
    pub wait: Option<String>,
    /// How messages get into the ring and out of it.
    pub manner: Manner,
    /// Which messages pass, and how often.
    pub passes: job::Job,
}

impl Job {
    /// Returns the names of the processes; the one that sends, or calls, is first.
    pub fn roles(&self) -> [&'static str; 2] {
        match self.passes.task {
            Task::PingPong => ["caller", "echo"],
            Task::Stream { .. } | Task::Idle => ["writer", "reader"],
        }
    }

    /// Returns the paths of the rings.
    pub fn rings(&self) -> Vec<PathBuf> {
        match self.passes.task {
            Task::PingPong => vec![self.path("forth"), self.path("back")],
            Task::Stream { .. } | Task::Idle => vec![self.path("forth")],
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        let mut path = self.ring.clone();
        if name == "back" {
            path.push(".back");
        }
        path.into()
    }

    /// Plays `role`. A driver that is killed removes no ring, so its processes hold the rings too and remove them.
    pub fn play(&self, role: &str) -> Result<ExitCode, Error> {
        let rings = self.rings().iter().map(|path| RingFile::held(path)).collect::<Result<Vec<_>, _>>();
        let rings = rings.map_err(|error| Error::System("open the ring", error))?;
        let console = Console::new(rings).map_err(|error| Error::System("start a thread", error))?;
        let part = self.part(role == self.roles()[0], &console);
        Ok(console.end(part))
    }

    fn part(&self, is_first: bool, console: &Console) -> Outcome<()> {
        let mut options = RingOptions::new();
        if let Some(wait) = &self.wait {
            options.wait_strategy(waiting::strategy(wait)?);
        }
        // The writer attaches first: the driver, which created the ring, was its writer before and has abandoned it.
        let between = Between {
            first: Side::Sender,
            sender: &|name| Ok(ring::sender(options.attach(self.path(name))?, self.manner)),
            receiver: &|name| Ok(ring::receiver(options.open(self.path(name))?, self.manner)),
        };
        between.play(&self.passes, is_first, console)
    }
}
