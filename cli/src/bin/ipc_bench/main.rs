//! Measures how fast messages get through a ring from one process to another, or how long one takes there and back.
//!
//! Three processes: the driver makes the rings, starts two others (this program again), hears what they say, prints
//! what came of it and removes the rings. How processes are started and measured is in the package `ipc_ring_measure`.

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
        // Whom to tell that nobody listens?
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::from(error.exit_code())
    })
}

fn bench(args: &Args) -> Result<(), Error> {
    // Before there is anything to clean up.
    let events = Events::new().map_err(|error| Error::System("listen to signals", error))?;
    let text = match &args.other {
        None => throughput::measure(&args.throughput, &events)?,
        Some(Other::Latency(options)) => latency::measure(options, &events)?,
    };
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        // Nobody reading it is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::System("print the result", error)),
        _ => Ok(()),
    }
}
