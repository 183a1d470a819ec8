//! Want of everything: space, inodes, descriptors, addresses, and every system call that can fail. Whatever is lacking,
//! creating, attaching and opening either work or return an error that says what the system refused; nothing is left
//! behind, and nothing ever kills the process.

#[cfg(target_os = "linux")]
mod failures;
#[cfg(target_os = "linux")]
mod full;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod operation;
#[cfg(target_os = "linux")]
mod trace;
#[cfg(target_os = "linux")]
mod trial;

use clap::{ArgMatches, Command};

use crate::report::Report;

pub fn command() -> Command {
    Command::new("resources").about("Want of space, of descriptors, of memory; every system call fails in turn")
}

#[cfg(target_os = "linux")]
pub fn run(_options: &ArgMatches) -> Result<Report, String> {
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

#[cfg(not(target_os = "linux"))]
pub fn run(_options: &ArgMatches) -> Result<Report, String> {
    let mut report = Report::default();
    report.not_run("want of everything", "this system has neither tmpfs nor a ptrace as Linux has it");
    Ok(report)
}
