//! What a process does that was started by a comparison.

use nix::sys::prctl;
use nix::sys::signal::Signal;

use crate::console::Console;
use crate::job::{Job, Part};
use crate::link::Outcome;
use crate::peers::{self, Run};

/// Plays `part` in `job`, both JSON, and tells the driver what went wrong, if something did.
pub fn play(part: &str, job: &str) -> Outcome<()> {
    // Where the driver is killed, so are its children.
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    let (part, job): (Part, Job) = (serde_json::from_str(part)?, serde_json::from_str(job)?);
    let console = Console;
    let peer = peers::named(&job.peer).ok_or("no such peer")?;
    let played = match peer.run {
        Run::Processes(run) => run(&job, part, &console),
        Run::Threads(run) | Run::Alone(run) => run(&job, &console),
    };
    played.inspect_err(|error| console.failed(error.as_ref()))
}
