//! A pipe between programs, by a ring that outlives both of them, and a look inside such rings.

mod args;
mod doctor;
mod error;
#[path = "../../fences.rs"]
mod fences;
mod generate;
mod input;
mod join;
mod look;
#[path = "../../number.rs"]
mod number;
mod output;
mod peek;
mod progress;
mod quoted;
mod recv;
mod rm;
mod send;
mod split;
mod stat;
mod stop;
mod top;
mod turn;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let done = match Args::parse().command {
        Command::Send(asked) => send::run(&asked),
        Command::Recv(asked) => recv::run(&asked),
        Command::Stat(asked) => stat::run(&asked),
        Command::Top(asked) => top::run(&asked),
        Command::Doctor(asked) => doctor::run(&asked),
        Command::Peek(asked) => peek::run(&asked),
        Command::Rm(asked) => rm::run(&asked),
        Command::Completions(asked) => generate::completions(&asked),
        Command::Man(asked) => generate::man(&asked),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_silent() {
                // Whom to tell that nobody listens?
                let _ = writeln!(io::stderr(), "error: {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
