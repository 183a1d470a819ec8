//! ipc_ring beside its peers and the limits of the machine. README.md says how to run it and what its numbers mean.

#[cfg(not(target_os = "linux"))]
compile_error!("the comparison needs Linux: it pins processes to cores, and keeps rings in /dev/shm");

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

mod args;
mod body;
mod boxes;
mod child;
mod compare;
mod console;
mod goals;
mod job;
mod link;
mod list;
mod machine;
mod measure;
mod part;
mod peers;
mod pin;
mod place;
mod plot;
mod report;
mod result;
mod role;
mod round;
mod scenario;
mod scenarios;
mod shared;
mod statistics;
mod table;
mod toil;

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Compare(args) => compare::run(&args),
        Command::List => {
            print!("{}", list::all());
            Ok(())
        }
        // Its driver is told what went wrong, and tells it.
        Command::Role { part, job } => match role::play(&part, &job) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(_) => return ExitCode::FAILURE,
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
