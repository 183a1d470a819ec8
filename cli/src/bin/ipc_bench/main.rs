//! Measures how fast messages get through a ring from one process to another.
//!
//! Three processes: the driver makes the ring, starts a writer and a reader (this program again, with `--role`), hears
//! what they say, prints what came of it and removes the ring.

mod args;
mod child;
mod driver;
mod error;
mod event;
mod leash;
mod message;
mod number;
mod pin;
mod progress;
mod reader;
mod report;
mod ring_file;
mod said;
mod side;
mod waiting;
mod writer;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::Args;
use error::Error;
use report::Report;

fn main() -> ExitCode {
    let args = Args::parse();
    let ended = match args.role {
        Some(side) => side::run(side, &args),
        None => bench(&args),
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

fn bench(args: &Args) -> Result<(), Error> {
    let elapsed = driver::run(args)?;
    Report::new(args.messages, args.msg_size, elapsed).print().map_err(Error::system("print the result"))
}
