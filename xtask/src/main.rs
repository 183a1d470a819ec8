//! `cargo xtask`: each check of this repository by its name, and `ci`, which is all of them in order.
//!
//! The checks are a table (`checks.rs`); the subcommands, their help, `ci` and `verify` follow from it, so a check that
//! is in the table is in all of them.

mod checks;
mod cross;
mod explored;
mod files;
mod instructions;
mod line;
mod msrv;
mod musl;
mod outcome;
mod parallel;
mod refusals;
mod replica;
mod report;
mod sanitizers;
mod spin;
mod survive;
mod tidy;
mod weaken;

use std::path::Path;
use std::process::ExitCode;

use checks::{Check, CHECKS, LONG, VERIFY};
use clap::{Arg, ArgAction, Command};

const CI: &str = "ci";
/// The options that ask for more than CI does.
const LONG_LANE: &str = "long";
const FULL: &str = "full";
const CERTIFY: &str = "certify";
const VERIFY_ALL: &str = "verify";
const SURVIVE_ALL: &str = "survive";
const INSTRUCTIONS: &str = "instructions";
/// What a harness is asked for.
const ARGUMENTS: &str = "arguments";

fn main() -> ExitCode {
    end_where_nobody_reads();
    let matches = interface().get_matches();
    let (wanted, options) = matches.subcommand().expect("clap asks for a subcommand");
    if let Err(error) = std::env::set_current_dir(root()) {
        eprintln!("xtask: cannot enter {}: {error}", root().display());
        return ExitCode::FAILURE;
    }
    let is_set = |flag| matches!(options.try_get_one::<bool>(flag), Ok(Some(true)));
    let wants = |check: &&Check| is_wanted(check.name, wanted) || wanted == CI && is_set(LONG_LANE);
    let chosen: Vec<&Check> = CHECKS.iter().filter(wants).collect();
    if let Ok(Some(path)) = options.try_get_one::<String>(report::TELL) {
        return report::tell(chosen[0], path);
    }
    forget_what_is_set_outside();
    if wanted == INSTRUCTIONS {
        let asked = [("accept", instructions::ACCEPT), ("annotate", instructions::ANNOTATE)];
        asked.iter().filter(|(flag, _)| is_set(flag)).for_each(|(_, name)| std::env::set_var(name, "1"));
    }
    if survive::takes_arguments(wanted) {
        survive::ask(options.get_many::<String>(ARGUMENTS).into_iter().flatten().cloned());
        if let Some(told) = survive::help(wanted) {
            return told.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
        }
    }
    if is_set(FULL) || is_set(LONG_LANE) {
        std::env::set_var(explored::LANE, explored::FULL);
    }
    if is_set(CERTIFY) {
        return certified(&chosen);
    }
    let code = report::run(&chosen);
    if wanted == SURVIVE_ALL {
        print!("\n{}", survive::table());
    }
    code
}

/// Runs `checks`, and writes down what they explored as what must be from now on.
fn certified(checks: &[&Check]) -> ExitCode {
    std::env::set_var(explored::CERTIFY, "1");
    let code = report::run(checks);
    if code != ExitCode::SUCCESS {
        eprintln!("xtask: nothing was certified");
        return code;
    }
    match explored::certify(&explored::lane()) {
        Ok(()) => code,
        Err(why) => {
            eprintln!("xtask: nothing was certified: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Lets SIGPIPE end this process where nobody reads what it prints, as it ends other tools: Rust has it ignored, so
/// that `println!` would panic. Where it ends a check's own process first, there is nobody to be told of that either.
fn end_where_nobody_reads() {
    extern "C" {
        fn signal(number: i32, action: usize) -> usize;
    }
    const SIGPIPE: i32 = 13;
    const SIG_DFL: usize = 0;
    // SAFETY: declared as in the C library, which std links; there is no handler that could be wrong.
    unsafe { signal(SIGPIPE, SIG_DFL) };
}

/// Forgets what is set outside for the checks: it would reach all of them, and make them others than they are called.
fn forget_what_is_set_outside() {
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("IPC_RING_")) {
        println!("xtask: {} is set; the checks go without it", name.to_string_lossy());
        std::env::remove_var(name);
    }
}

fn is_wanted(check: &str, wanted: &str) -> bool {
    match wanted {
        CI => !LONG.contains(&check),
        VERIFY_ALL => VERIFY.contains(&check),
        SURVIVE_ALL => survive::SURVIVE.contains(&check),
        _ => wanted == check,
    }
}

fn interface() -> Command {
    let flag = |name, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let verify = Command::new(VERIFY_ALL)
        .about("Those of the above that explore what the ring does, and a table of how much that was")
        .arg(flag(FULL, "Explores as far as ends within hours, not just what CI does"))
        .arg(flag(CERTIFY, "Writes down what was explored as what must be from now on (verify/certificate.json)"));
    Command::new("xtask")
        .bin_name("cargo xtask")
        .about("The checks of this repository. Each prints the command lines that it runs.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(CHECKS.iter().map(subcommand))
        .mut_subcommand(INSTRUCTIONS, |instructions| {
            instructions
                .arg(flag(
                    "annotate",
                    "Shows where the instructions of a message of 256 bytes go, function by function",
                ))
                .arg(flag("accept", "Writes down what was counted as what is expected from now on"))
        })
        .subcommand(verify)
        .subcommand(Command::new(SURVIVE_ALL).about("What befalls processes, as CI does it, and a table of all of it"))
        .subcommand(Command::new(CI).about("All checks, and a table of what came out").arg(flag(
            LONG_LANE,
            "Also what does not fit in CI: explores as `verify --full` does, and asks more of each harness",
        )))
}

/// The subcommand of a check. A harness passes on what it is asked for.
fn subcommand(check: &Check) -> Command {
    let tell = Arg::new(report::TELL).long(report::TELL).hide(true);
    let command = Command::new(check.name).about(check.about).arg(tell);
    if !survive::takes_arguments(check.name) {
        return command;
    }
    let help = "For the harness, in place of what CI asks of it; `--help` lists them";
    let arguments = Arg::new(ARGUMENTS).help(help).num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    command.disable_help_flag(true).arg(arguments)
}

/// The repository's root, where all command lines run.
fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use checks::ALONE;

    #[test]
    fn every_check_is_a_subcommand_and_says_what_it_does() {
        let interface = interface();
        interface.clone().debug_assert();
        for check in CHECKS {
            assert!(interface.find_subcommand(check.name).is_some(), "{} is no subcommand", check.name);
            assert!(!check.about.is_empty(), "{} does not say what it does", check.name);
        }
    }

    #[test]
    fn all_checks_are_in_ci_and_those_that_explore_in_verify() {
        let wanted = |by: &str| CHECKS.iter().map(|check| check.name).filter(|name| is_wanted(name, by)).count();
        assert_eq!(wanted(CI), CHECKS.len() - LONG.len());
        assert_eq!(wanted(VERIFY_ALL), VERIFY.len());
        assert_eq!(wanted(SURVIVE_ALL), survive::SURVIVE.len());
        assert_eq!(wanted("loom"), 1);
    }

    #[test]
    fn every_check_that_a_list_names_is_in_the_table() {
        for name in ALONE.iter().chain(LONG).chain(&VERIFY).chain(&survive::SURVIVE) {
            assert!(CHECKS.iter().any(|check| check.name == *name), "there is no check {name}");
        }
    }
}
