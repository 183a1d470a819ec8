//! Whether the peer lives, judged where that is hard to see: in other PID namespaces, with equal PIDs; when it is
//! stopped, killed, or has not come yet; under a storm of signals; and by clocks that disagree. The wall clock is not
//! stepped, which could not be undone for whatever else runs on the machine: the library does not ask it.

mod clocks;
mod death;
mod peer;
mod pids;
mod side;
mod stopped;
mod storm;

use clap::{ArgMatches, Command};

use crate::report::Report;
use crate::Part;

pub const HARNESS: Part = Part { command, run };
pub const PEER: Part = Part { command: peer::command, run: peer::run };

fn command() -> Command {
    Command::new("namespaces").about("Other PIDs, stopped and killed peers, storms of signals, clocks that disagree")
}

fn run(_options: &ArgMatches) -> Result<Report, String> {
    let place = crate::linux::place()?;
    let mut report = Report::default();
    match crate::linux::privilege::acquire() {
        Ok(()) => {
            pids::run(place.path(), &mut report);
            clocks::run(place.path(), &mut report);
        }
        Err(why) => report.not_run("sides in PID and time namespaces of their own", &why),
    }
    death::run(place.path(), &mut report);
    storm::run(place.path(), &mut report);
    stopped::run(place.path(), &mut report);
    Ok(report)
}

/// The median, for an odd number of durations the one in the middle.
fn median(durations: &mut [std::time::Duration]) -> std::time::Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}
