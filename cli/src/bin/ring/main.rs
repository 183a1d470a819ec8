//! `ring`: a pipe between programs through a ring that outlives them, and a look inside rings.

mod apart;
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
#[cfg(test)]
#[path = "../../page.rs"]
mod page;
mod peek;
mod progress;
mod quoted;
mod recv;
mod rm;
mod send;
mod split;
mod standard;
mod stat;
mod stop;
mod top;
mod turn;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use error::{Error, Status};
use output::{complain, Output};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(answer) => return answered(&answer),
    };
    ended(match args.command {
        Command::Send(asked) => send::run(&asked),
        Command::Recv(asked) => recv::run(&asked),
        Command::Stat(asked) => stat::run(&asked),
        Command::Top(asked) => top::run(&asked),
        Command::Doctor(asked) => doctor::run(&asked),
        Command::Peek(asked) => peek::run(&asked),
        Command::Rm(asked) => rm::run(&asked),
        Command::Completions(asked) => generate::completions(&asked),
        Command::Man(asked) => generate::man(&asked),
    })
}

/// Prints clap's own answer: help, the version, or what is wrong with the command line.
fn answered(answer: &clap::Error) -> ExitCode {
    if answer.use_stderr() {
        let _ = answer.print();
        return ExitCode::from(Status::WrongCommandLine.code());
    }
    let text = match console::colors_enabled() {
        true => answer.render().ansi().to_string(),
        false => answer.render().to_string(),
    };
    ended(Output::new().and_then(|mut output| output.print(&text)))
}

/// Prints the error of a command, if there is one, and returns the exit status.
fn ended(done: Result<(), Error>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_silent() {
                complain(&format!("error: {error}\n"));
            }
            ExitCode::from(error.status().code())
        }
    }
}
