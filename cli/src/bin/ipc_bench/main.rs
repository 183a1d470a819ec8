//! `ipc_bench`: measures how fast messages go through a ring between two processes, or how long a round trip takes.
//!
//! There are three processes. The driver creates the rings, starts the other two (this program again), listens to them,
//! prints the result and removes the rings. The package `ipc_ring_measure` starts and measures the processes.

mod args;
mod driver;
mod error;
#[path = "../../fences.rs"]
mod fences;
mod histogram;
mod job;
mod latency;
#[path = "../../number.rs"]
mod number;
#[cfg(test)]
#[path = "../../page.rs"]
mod page;
mod pin;
mod progress;
mod ring_file;
mod throughput;
mod waiting;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use ipc_ring_measure::console;
use ipc_ring_measure::round::Events;

use args::{Args, Other};
use error::Error;
use job::Job;

fn main() -> ExitCode {
    let ended = match console::role::<Job>() {
        Some(told) => told.map_err(|error| Error::Refused(error.to_string())).and_then(|(role, job)| job.play(&role)),
        None => bench(&Args::parse()).map(|()| ExitCode::SUCCESS),
    };
    ended.unwrap_or_else(|error| {
        // Standard error is gone, so there is nobody to tell.
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::from(error.exit_code())
    })
}

/// Measures what the command line asks for, and prints the result.
fn bench(args: &Args) -> Result<(), Error> {
    // Catch signals before there is anything to clean up.
    let events = Events::new().map_err(|error| Error::System("listen to signals", error))?;
    let text = match &args.other {
        None => throughput::measure(&args.throughput, &events)?,
        Some(Other::Latency(options)) => latency::measure(options, &events)?,
    };
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        // It is no error if nobody reads the result.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::System("print the result", error)),
        _ => Ok(()),
    }
}
