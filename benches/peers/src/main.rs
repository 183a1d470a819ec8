//! ipc_ring beside its peers and the limits of the machine. The guide says how to run it and what its numbers mean.

#[cfg(not(target_os = "linux"))]
compile_error!("the comparison needs Linux: it pins processes to cores, and keeps rings in /dev/shm");

use std::process::ExitCode;

use clap::Parser;
use ipc_ring_measure::console;

use crate::args::{Args, Command};
use crate::job::Job;

mod ab;
mod args;
mod compare;
mod goals;
mod job;
mod meter;
mod peers;
mod picture;
mod place;
mod report;
mod result;
mod runner;
mod scenarios;
mod shared;
mod state;
mod table;

fn main() -> ExitCode {
    let outcome = match console::role::<Job>() {
        Some(told) => told.and_then(|(role, job)| job.play(&role)),
        None => match Args::parse().command {
            Command::Compare(args) => compare::run(&args),
            Command::Ab(args) => ab::run(&args),
            Command::Draw(args) => compare::draw(&args),
            Command::List => compare::list(),
        }
        .map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
