//! `cargo xtask`: each check of this repository by its name, and `ci`, which is all of them in order.
//!
//! The checks are a table (`checks.rs`); the subcommands, their help and `ci` follow from it, so a check that
//! is in the table is in all three.

mod checks;
mod cross;
mod line;
mod outcome;
mod refusals;
mod report;
mod spin;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use checks::{Check, CHECKS};
use clap::Command;

const ALL: &str = "ci";

fn main() -> ExitCode {
    let matches = interface().get_matches();
    let wanted = matches.subcommand_name().expect("clap asks for a subcommand");
    let chosen: Vec<&Check> = CHECKS.iter().filter(|check| wanted == ALL || wanted == check.name).collect();
    if let Err(error) = std::env::set_current_dir(root()) {
        eprintln!("xtask: cannot enter {}: {error}", root().display());
        return ExitCode::FAILURE;
    }
    report::run(&chosen)
}

fn interface() -> Command {
    Command::new("xtask")
        .bin_name("cargo xtask")
        .about("The checks of this repository. Each prints the command lines that it runs.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(CHECKS.iter().map(|check| Command::new(check.name).about(check.about)))
        .subcommand(Command::new(ALL).about("All of the above in this order, and a table of what came out"))
}

/// The repository's root, where all command lines run.
fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_a_subcommand_and_says_what_it_does() {
        let interface = interface();
        interface.clone().debug_assert();
        for check in CHECKS {
            assert!(interface.find_subcommand(check.name).is_some(), "{} is no subcommand", check.name);
            assert!(!check.about.is_empty(), "{} does not say what it does", check.name);
        }
    }
}
