//! What is to be measured, and how: as the driver was asked, and as it asks the processes it starts.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::args::{Options, LATENCY};
use crate::mode::Mode;

/// What is to be measured, and how.
#[derive(Clone, Debug)]
pub struct Job {
    pub mode: Mode,
    pub options: Options,
}

impl Job {
    /// Where its rings are.
    pub fn rings(&self) -> Vec<PathBuf> {
        self.mode.rings(&self.options.ring)
    }

    /// The command line that asks a process of this program for it: what concerns the driver alone is left out.
    pub fn arguments(&self) -> Vec<OsString> {
        let Options { messages, msg_size, ring, wait, .. } = &self.options;
        let mode = match self.mode {
            Mode::Throughput => None,
            Mode::Latency => Some(LATENCY.into()),
        };
        let mut arguments = Vec::from_iter(mode);
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
