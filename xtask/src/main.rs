//! `cargo xtask`: each check of this repository by its name, and `ci`, which is all of them in order.
//!
//! The checks are a table (`checks.rs`); the subcommands, their help, `ci`, `verify`, `survive` and `deny` follow from
//! it, so a check that is in the table is in all of them.

mod arm64;
mod browser;
mod check;
mod checks;
mod cross;
mod deny;
mod documents;
mod explored;
mod instructions;
mod lines;
mod miri;
mod msrv;
mod musl;
mod mutants;
#[cfg(test)]
mod named;
mod package;
mod page;
mod refusals;
mod replay;
mod report;
mod rooms;
mod sanitizers;
mod schemata;
mod shell;
mod smt;
mod spin;
mod survive;
mod tidy;
mod traced;
mod weaken;
#[cfg(test)]
mod workflows;

use std::path::Path;
use std::process::ExitCode;

use checks::{Check, CHECKS, GROUPS, LONG, MUTANTS};
use clap::{Arg, ArgAction, Command};

/// Flags from outside, which would reach every check and undo what makes it that check.
const FLAGS: [&str; 4] = ["RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_ENCODED_RUSTDOCFLAGS"];

fn main() -> anyhow::Result<ExitCode> {
    // Who prints for nobody ends without a word.
    sigpipe::reset();
    let matches = interface().get_matches();
    let (wanted, options) = matches.subcommand().expect("clap asks for a subcommand");
    std::env::set_current_dir(root())?;
    // As much at once as continuous integration has cores.
    rayon::ThreadPoolBuilder::new().num_threads(2).build_global()?;
    let is_set = |flag| matches!(options.try_get_one::<bool>(flag), Ok(Some(true)));
    let wanted = if is_set("production") { "weaken-production" } else { wanted };
    let is_left_out = |check: &str| check == "test" && is_set("after-test");
    let is_chosen = |check: &&Check| is_wanted(check.0, wanted) && !is_left_out(check.0);
    let is_asked_for = |check: &&Check| check.0 == wanted || (is_set("long") && check.0 != MUTANTS.0);
    let others = LONG.iter().chain([&MUTANTS]).filter(is_asked_for);
    let chosen: Vec<&Check> = CHECKS.iter().filter(is_chosen).chain(others).collect();
    if let Some(path) = std::env::var_os(report::TELL) {
        std::env::remove_var(report::TELL);
        shell::write(path, &serde_json::to_string(&report::watched(chosen[0], &[]))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("IPC_RING_") || FLAGS.contains(&&**name)) {
        println!("xtask: {name} is set; the checks go without it");
        std::env::remove_var(name);
    }
    if is_set("full") || is_set("long") {
        std::env::set_var(explored::LANE, explored::FULL);
    }
    if is_set("certify") {
        std::env::set_var(explored::CERTIFY, "1");
    }
    let value = |name: &str, before: &str| {
        options.try_get_one::<String>(name).ok().flatten().map(|value| format!("{before}{value}"))
    };
    let of_mutants = [value("in-diff", mutants::SINCE), value("re", mutants::NAMED)].into_iter().flatten();
    let words = options.try_get_many::<String>("arguments").ok().flatten().into_iter().flatten().cloned();
    let flags = ["accept", "annotate", "mutants", "pictures", "write"]
        .into_iter()
        .filter(|flag| is_set(flag))
        .map(String::from);
    let asked = Vec::from_iter(of_mutants.chain(words).chain(flags));
    if wanted == "lines" {
        return lines::print().map(|()| ExitCode::SUCCESS);
    }
    if wanted == "report" {
        return page::run(&xshell::Shell::new()?).map(|()| ExitCode::SUCCESS);
    }
    if wanted == "check" {
        return check::run(&asked, is_set("list"));
    }
    if asked.iter().any(|word| word == "--help" || word == "-h") {
        return survive::help(wanted).map(|()| ExitCode::SUCCESS);
    }
    let code = report::run(&chosen, &asked);
    match wanted {
        "survive" => print!("\n{}", survive::table()?),
        _ if is_set("certify") && code == ExitCode::SUCCESS => explored::certify()?,
        _ if is_set("certify") => eprintln!("xtask: nothing was certified"),
        _ => {}
    }
    Ok(code)
}

fn is_wanted(check: &str, wanted: &str) -> bool {
    let is_of_group = GROUPS.iter().any(|(name, _, checks)| *name == wanted && checks.contains(&check));
    check == wanted || is_of_group || wanted == "ci"
}

fn interface() -> Command {
    let flag = |name, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let harness = |command: Command| {
        let help = "For the harness, in place of what CI asks of it; `--help` lists them";
        let words = Arg::new("arguments").help(help).num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
        command.disable_help_flag(true).arg(words)
    };
    let help = "Tries this many seeds; CI tries 32, `ci --long` and `verify --full` 1,024";
    let seeds = Arg::new("arguments").long("seeds").value_name("NUMBER").help(help);
    let all = Command::new("xtask")
        .bin_name("cargo xtask")
        .about("The checks of this repository. Each prints the command lines that it runs.")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(CHECKS.iter().chain(LONG).map(|check| Command::new(check.0).about(check.1)))
        .subcommands(GROUPS.iter().map(|(name, about, _)| Command::new(*name).about(*about)))
        .mut_subcommand("miri", |command| command.arg(seeds))
        .subcommand(by_name())
        .subcommand(mutants())
        .subcommand(
            Command::new("report")
                .about("Writes a page for auditors: what is guaranteed, and what the last runs say of it"),
        )
        .subcommand(Command::new("lines").about("Prints how many lines of code each part has"))
        .subcommand(Command::new("ci").about("All checks, and a table of what came out"));
    let all = [
        ("ci", "long", "Also what does not fit in CI: explores as `verify --full`, and asks more of each harness"),
        ("ci", "after-test", "Leaves out `test`: `cargo test` was run before"),
        ("weaken", "full", "Has every edge meet every model, not just those that are tagged with it"),
        ("verify", "full", "Explores as far as ends within hours, not just what CI does"),
        ("verify", "certify", "Writes down what was explored as what must be from now on (verify/certificate.json)"),
        ("browser", "pictures", "Takes pictures of some pages, light and dark (target/browser/pictures)"),
        ("instructions", "annotate", "Shows where the instructions of a message of 256 bytes go, by function"),
        ("weaken", "production", "In the arm that ships, in place of loom's"),
        ("replay", "mutants", "Has the replay meet every mutant of the protocol, and counts those that it notices"),
        ("traced", "write", "Writes the page"),
        ("documents", "write", "Writes what the modules make, in place of comparing it with what is there"),
        ("replay", "accept", "With --mutants, writes down which it notices"),
        ("instructions", "accept", "Writes down what was counted as what is expected from now on"),
    ]
    .into_iter()
    .fold(all, |all, (command, name, help)| all.mut_subcommand(command, |command| command.arg(flag(name, help))));
    survive::SURVIVE[1..].iter().fold(all, |all, name| all.mut_subcommand(name, harness))
}

/// The command that breaks a change, or files.
fn mutants() -> Command {
    let since =
        Arg::new("in-diff").long("in-diff").value_name("REVISION").num_args(0..=1).default_missing_value("HEAD");
    let paths = Arg::new("arguments").value_name("PATH").num_args(1..).required_unless_present("in-diff");
    Command::new("mutants")
        .about(MUTANTS.1)
        .arg(since.help("What changed in src since this revision, HEAD where none is named"))
        .arg(
            Arg::new("re")
                .long("re")
                .value_name("REGEX")
                .help("Those alone whose names match, as cargo-mutants has it"),
        )
        .arg(paths.help("Files or folders of src, such as src/protocol"))
}

/// The command that runs a test, a model and the like by its name.
fn by_name() -> Command {
    let names = Arg::new("arguments").value_name("NAME").num_args(1..).required_unless_present("list");
    let list = Arg::new("list").long("list").action(ArgAction::SetTrue).help("Prints all names with their kinds");
    Command::new("check")
        .about("Runs by name: tests, models, mutants (\"no wake on push\"), faults (f12), edges (O5), invariants (I3)")
        .arg(names.help("The whole name, or a part of it that no other name contains"))
        .arg(list)
}

/// The repository's root, where all command lines run.
fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

#[test]
fn every_check_is_in_ci_and_every_name_in_a_list_is_a_check() {
    interface().debug_assert();
    let wanted = |by: &str| CHECKS.iter().filter(|check| is_wanted(check.0, by)).count();
    assert_eq!(wanted("ci"), CHECKS.len());
    GROUPS.iter().for_each(|(name, _, checks)| assert_eq!(wanted(name), checks.len(), "{name}"));
    for name in checks::ALONE {
        assert_eq!(wanted(name), 1, "there is no check {name}");
    }
}
