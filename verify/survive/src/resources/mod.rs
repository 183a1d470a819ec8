//! Want of everything: space, inodes, descriptors, addresses, and every system call that can fail. Whatever is lacking,
//! creating, attaching and opening either work or return an error that says what the system refused; nothing is left
//! behind, and nothing ever kills the process.

mod failures;
mod full;
mod limits;
mod operation;
mod trace;
mod trial;

use clap::{ArgMatches, Command};

use crate::report::Report;
use crate::Part;

pub const HARNESS: Part = Part { command, run };

fn command() -> Command {
    Command::new("resources").about("Want of space, of descriptors, of memory; every system call fails in turn")
}

fn run(_options: &ArgMatches) -> Result<Report, String> {
    let place = crate::linux::place()?;
    let mut report = Report::default();
    full::run(&mut report)?;
    limits::run(place.path(), &mut report)?;
    if cfg!(target_arch = "x86_64") {
        failures::run(place.path(), &mut report)?;
    } else {
        report.not_run("system calls that fail", "how they are made to is written for x86-64 alone");
    }
    Ok(report)
}
