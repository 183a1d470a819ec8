//! Steps the code, and tries both sides on the memory after each instruction. It is the production code. Both sides of
//! a ring go on with a copy of the shared memory, after each instruction that changed it.
//!
//! A process that is killed leaves in shared memory just what it had stored by then, so the memory between two
//! instructions **is** what a crash there leaves. No crash is left out by chance: not the ones within a copy of bytes,
//! nor those between two stores that stand in one line of the source. The oracle (`ledger.rs`) says which states a work
//! may leave and in which order; what a state is, the judge (`judge.rs`) learns from the production code alone, by
//! taking over.
//!
//! That is both sides gone. A peer that lives on, by what it had seen before, is tried with a part of the scripts: they
//! are played again, as often as the memory changed, and the process that is stepped is killed there (`survivor.rs`).
//!
//! A system call is one step: what it does half way is the kernel's to answer for. Both processes run on one processor
//! in turn, so this says nothing of the order in which another processor sees the stores: that is the models' part.

mod ends;
pub mod hand;
mod judge;
mod ledger;
mod memory;
mod places;
mod reading;
mod run;
mod scenarios;
mod script;
mod stage;
mod subject;
mod survivor;
#[cfg(test)]
mod tests;
mod trace;
mod watch;
pub mod work;
mod writing;

use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use run::Counts;
use scenarios::{Scenario, SCENARIOS};
pub use subject::{command as subject_command, run as run_subject};

use ipc_ring_reference::Place;

use crate::report::{Report, Row};

/// One script of this many in a scenario is played again for each change of the memory, to end in a death there.
const EVERY: usize = 4;

pub fn command() -> Command {
    Command::new("step")
        .about("Death after every machine instruction: the memory that it leaves is taken over and has to go on")
        .arg(Arg::new("all").long("all").action(ArgAction::SetTrue).help("Messages of all sizes around boundaries"))
        .arg(Arg::new("scenario").long("scenario").value_name("NAME").help("This scenario alone"))
}

pub fn run(options: &ArgMatches) -> Result<Report, String> {
    let mut report = Report::default();
    if !trace::IS_HERE {
        report.not_run("all scenarios", "single steps are taken on Linux on x86-64; run this there");
        return Ok(report);
    }
    if cfg!(debug_assertions) {
        return Err("what is stepped is the code that ships: run this with --release".into());
    }
    let all = options.get_flag("all");
    let named = options.get_one::<String>("scenario");
    let wanted: Vec<&Scenario> =
        SCENARIOS.iter().filter(|scenario| named.is_none_or(|name| scenario.name == name)).collect();
    if wanted.is_empty() {
        let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        return Err(format!("there is no such scenario; there are {}", names.join(", ")));
    }
    let place =
        Place::make().map_err(|error| format!("cannot make a directory: {error}; mount a tmpfs at /dev/shm"))?;
    for scenario in wanted {
        report.add(play_all(scenario, all, place.directory()));
    }
    Ok(report)
}

fn play_all(scenario: &Scenario, all: bool, directory: &Path) -> Row {
    let scripts = (scenario.scripts)(all);
    let mut counts = Counts::default();
    let mut violations = Vec::new();
    for (number, script) in scripts.iter().enumerate() {
        let found = run::play(script, number % EVERY == 0, directory, &mut counts);
        let found = found.unwrap_or_else(|why| vec![format!("it could not be played: {why}")]);
        violations.extend(found.into_iter().map(|violation| format!("{script}: {violation}")));
    }
    let Counts { instructions, changes, states, checks, survivors } = counts;
    let bound = format!(
        "in {} scripts; the memory changed {changes} times, to {states} states, taken over {checks} times; \
         a peer lived on {survivors} times",
        scripts.len()
    );
    Row { what: scenario.name.into(), cases: instructions, unit: "instructions", bound, violations }
}
