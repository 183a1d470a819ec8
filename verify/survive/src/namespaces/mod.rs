//! Whether the peer lives, judged where that is hard to see: in other PID namespaces, with equal PIDs, and by clocks
//! that disagree. The wall clock is not stepped, which could not be undone for whatever else runs on the machine: the
//! library does not ask it. Peers that are stopped or killed, and storms of signals, are faults 19 and 32 of `tests/faults`.

mod clocks;
mod peer;
mod pids;
mod side;

use clap::{ArgMatches, Command};

use ipc_ring_reference::Place;

use crate::report::Report;
use crate::Part;

pub const HARNESS: Part = Part { command, run };
pub const PEER: Part = Part { command: peer::command, run: peer::run };

fn command() -> Command {
    Command::new("namespaces").about("Peers with other PIDs, and with clocks that disagree")
}

fn run(_options: &ArgMatches) -> Result<Report, String> {
    let place = Place::make().map_err(|error| format!("no directory for rings: {error}"))?;
    let mut report = Report::default();
    match crate::linux::privilege::acquire() {
        Ok(()) => {
            pids::run(place.directory(), &mut report);
            clocks::run(place.directory(), &mut report);
        }
        Err(why) => report.not_run("sides in PID and time namespaces of their own", &why),
    }
    Ok(report)
}

/// The median, for an odd number of durations the one in the middle.
fn median(durations: &mut [std::time::Duration]) -> std::time::Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}
