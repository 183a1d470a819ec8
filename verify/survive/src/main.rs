//! What befalls processes, done to real ones. Each harness is a subcommand, and so is each of the processes that it
//! starts; `cargo xtask survive` runs them all.

mod crash;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod hostile;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod namespaces;
mod report;
#[cfg(target_os = "linux")]
mod resources;
mod step;

use std::process::ExitCode;

use clap::{ArgMatches, Command};
#[cfg(not(target_os = "linux"))]
use elsewhere::{namespaces, resources};
use report::Report;

/// A harness, or a process of one.
struct Part {
    command: fn() -> Command,
    /// What a harness found, or why it could not look. A process of a harness finds nothing.
    run: fn(&ArgMatches) -> Result<Report, String>,
}

const HARNESSES: &[Part] = &[
    crash::HARNESS,
    Part { command: step::command, run: step::run },
    hostile::HARNESS,
    resources::HARNESS,
    namespaces::HARNESS,
];

/// The processes that the harnesses start.
const PROCESSES: &[Part] = &[
    crash::WRITER,
    crash::READER,
    Part { command: step::subject_command, run: step::run_subject },
    hostile::LIAR,
    hostile::VICTIM,
    #[cfg(target_os = "linux")]
    namespaces::PEER,
];

fn main() -> ExitCode {
    let interface = Command::new("ipc_ring_survive")
        .about("What befalls processes, done to real ones")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(HARNESSES.iter().map(|part| (part.command)()))
        .subcommands(PROCESSES.iter().map(|part| (part.command)().hide(true)));
    let matches = interface.get_matches();
    let (name, options) = matches.subcommand().expect("clap asks for a subcommand");
    let is_wanted = |part: &&Part| (part.command)().get_name() == name;
    if let Some(process) = PROCESSES.iter().find(is_wanted) {
        return match (process.run)(options) {
            Ok(_) => ExitCode::SUCCESS,
            Err(why) => fail(name, &why),
        };
    }
    let harness = HARNESSES.iter().find(is_wanted).expect("clap knows no other subcommands");
    match (harness.run)(options) {
        Ok(report) => report.tell(name),
        Err(why) => fail(name, &why),
    }
}

fn fail(name: &str, why: &str) -> ExitCode {
    eprintln!("{name}: {why}");
    ExitCode::FAILURE
}
