//! What a process that the driver starts is told, and what it does.

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

/// What is to be measured, through which rings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Where the ring is, or the one there: the one back has `.back` after its name.
    pub ring: OsString,
    /// How both sides wait, where it was said.
    pub wait: Option<String>,
    /// How messages get into the ring and out of it.
    pub manner: Manner,
    /// What passes.
    pub passes: job::Job,
}

impl Job {
    /// The processes, the one that sends or begins first.
    pub fn roles(&self) -> [&'static str; 2] {
        match self.passes.task {
            Task::PingPong => ["caller", "echo"],
            Task::Stream { .. } | Task::Idle => ["writer", "reader"],
        }
    }

    /// Where its rings are.
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

    /// Does the part of `role`. A driver that was killed removes no ring, so its processes remove them.
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
        // The writer comes first, because the driver leaves the ring closed: a reader would find the stream at its end.
        let between = Between {
            first: Side::Sender,
            sender: &|name| Ok(ring::sender(options.attach(self.path(name))?, self.manner)),
            receiver: &|name| Ok(ring::receiver(options.open(self.path(name))?, self.manner)),
        };
        between.play(&self.passes, is_first, console)
    }
}
