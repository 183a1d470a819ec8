//! What is to be measured, and how: as the driver was asked, and as it asks the processes it starts.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::args::{Options, Passing, LATENCY};
use crate::mode::Mode;

/// What is to be measured, and how.
#[derive(Clone, Debug)]
pub struct Job {
    pub mode: Mode,
    pub options: Options,
    /// Of no concern to the latency.
    pub passing: Passing,
}

impl Job {
    /// Where its rings are.
    pub fn rings(&self) -> Vec<PathBuf> {
        self.mode.rings(&self.options.ring)
    }

    /// The command line that asks a process of this program for it: what concerns the driver alone is left out.
    pub fn arguments(&self) -> Vec<OsString> {
        let Options { messages, msg_size, ring, wait, .. } = &self.options;
        let mut arguments = match self.mode {
            Mode::Throughput => passing_arguments(self.passing),
            Mode::Latency => vec![LATENCY.into()],
        };
        let mut option = |name: &str, value: OsString| arguments.extend([name.into(), value]);
        option("--ring", ring.into());
        option("--messages", messages.to_string().into());
        option("--msg-size", msg_size.to_string().into());
        if let Some(wait) = wait {
            option("--wait", wait.to_string().into());
        }
        arguments
    }
}

fn passing_arguments(passing: Passing) -> Vec<OsString> {
    let batch = passing.batch.map(|batch| ["--batch".into(), batch.to_string().into()]);
    let in_place = passing.in_place.then(|| "--in-place".into());
    batch.into_iter().flatten().chain(in_place).collect()
}
