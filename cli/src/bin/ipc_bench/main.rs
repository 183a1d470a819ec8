//! Measures how fast messages get through a ring from one process to another, or how long one takes there and back.
//!
//! Three processes: the driver makes the rings, starts two others (this program again, with `--role`), hears what they
//! say, prints what came of it and removes the rings.

mod args;
mod child;
mod driver;
mod error;
mod event;
#[path = "../../fences.rs"]
mod fences;
mod finish;
mod job;
mod latency;
mod leash;
mod measured;
mod message;
mod mode;
#[path = "../../number.rs"]
mod number;
mod pace;
mod pin;
mod print;
mod progress;
mod ring_file;
mod role;
mod said;
mod side;
mod throughput;
mod waiting;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::Args;
use error::Error;
use job::Job;
use measured::Measured;
use print::print;

fn main() -> ExitCode {
    let job = Args::parse().job();
    let ended = match job.options.role {
        Some(role) => side::run(role, &job),
        None => bench(&job),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whom to tell that nobody listens?
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn bench(job: &Job) -> Result<(), Error> {
    let (messages, msg_size) = (job.options.messages, job.options.msg_size);
    let printed = match driver::run(job)? {
        Measured::Stream(elapsed) => {
            let report = throughput::report::Report::new(messages, msg_size, job.passing, elapsed);
            print(&report, &report.for_people())
        }
        Measured::RoundTrips(times) => {
            let report = latency::report::Report::new(msg_size, &times);
            print(&report, &report.for_people(&times))
        }
    };
    printed.map_err(Error::system("print the result"))
}
