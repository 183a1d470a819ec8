//! Every system call that can fail does, in turn and in many ways; full filesystems and limits are faults 12 and 13 of
//! `tests/faults`. Creating, attaching and opening either work or return an error that says what the system refused;
//! nothing is left behind, and nothing ever kills the process.

mod failures;
mod operation;
mod trace;
mod trial;

use clap::{ArgMatches, Command};

use ipc_ring_reference::Place;

use crate::report::Report;
use crate::Part;

pub const HARNESS: Part = Part { command, run };

fn command() -> Command {
    Command::new("resources").about("Every system call of create, attach and open fails in turn")
}

fn run(_options: &ArgMatches) -> Result<Report, String> {
    let place = Place::make().map_err(|error| format!("no directory for rings: {error}"))?;
    let mut report = Report::default();
    if cfg!(target_arch = "x86_64") {
        failures::run(place.directory(), &mut report)?;
    } else {
        report.not_run("system calls that fail", "how they are made to is written for x86-64 alone");
    }
    Ok(report)
}
