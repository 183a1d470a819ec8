//! Runs checks, and says in the end what came out of each. That one was not run is never a pass.

use std::fmt;
use std::process::ExitCode;
use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::checks::{Check, ALONE};
use crate::explored::Explored;
use crate::shell::{table, with_commas};

/// What a check returns: that it passed, and how much it looked at if it says so, or why it did not pass.
pub type Checked = anyhow::Result<Option<Explored>>;

/// The error of a check that could not be run here, and why not.
#[derive(Debug)]
pub struct NotRun(pub String);

impl std::error::Error for NotRun {}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What came of a check, in words that one process can tell another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Outcome {
    Passed(Option<Explored>),
    Failed(String),
    NotRun(String),
}

impl From<Checked> for Outcome {
    fn from(checked: Checked) -> Self {
        match checked {
            Ok(explored) => Outcome::Passed(explored),
            Err(why) if why.is::<NotRun>() => Outcome::NotRun(why.to_string()),
            Err(why) => Outcome::Failed(format!("{why:#}")),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed(None) => f.write_str("passed"),
            Outcome::Passed(Some(Explored { count, unit, bound })) => {
                write!(f, "passed: {} {unit}, {bound}", with_commas(*count))
            }
            Outcome::Failed(why) => write!(f, "FAILED: {why}"),
            Outcome::NotRun(why) => write!(f, "NOT RUN: {why}"),
        }
    }
}

/// Names the file in which a check's process says what came of it, to the process that waits for that.
pub const TELL: &str = "XTASK_TELL";

/// A check that is over, and the seconds that it took.
type Done<'a> = (&'a Check, Outcome, f64);

/// Runs all `checks`, also those after one that failed: first those that may run beside others, then those that run
/// alone.
pub fn run(checks: &[&Check], asked: &[String]) -> ExitCode {
    let begin = Instant::now();
    let all = match checks {
        [check] => vec![timed(check, |check| watched(check, asked))],
        checks => in_order(checks),
    };
    if all.len() > 1 {
        println!("\n{}in all, some beside others: {:.0} s", told(&all), begin.elapsed().as_secs_f64());
    }
    let (text, is_well) = verdict(&all);
    println!("\n{text}");
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn in_order<'a>(checks: &[&'a Check]) -> Vec<Done<'a>> {
    let (alone, others): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(|check| ALONE.contains(&check.name));
    // Each worker takes the first that is left.
    let mut all: Vec<Done> = others.into_iter().par_bridge().map(|check| timed(check, kept)).collect();
    all.extend(alone.into_iter().map(|check| timed(check, |check| watched(check, &[]))));
    all.sort_by_key(|(done, ..)| checks.iter().position(|check| check.name == done.name));
    all
}

fn timed(check: &Check, run: impl FnOnce(&Check) -> Outcome) -> Done<'_> {
    let begin = Instant::now();
    (check, run(check), begin.elapsed().as_secs_f64())
}

/// Runs the check. What it prints is seen as it comes.
pub fn watched(check: &Check, asked: &[String]) -> Outcome {
    println!("\n== {}: {}", check.name, check.about);
    let outcome = xshell::Shell::new().map_err(Into::into).and_then(|sh| (check.run)(&sh, asked)).into();
    println!("== {}: {outcome}", check.name);
    outcome
}

/// Runs the check in a process of its own. What it prints is seen when it is over, in one piece.
fn kept(check: &Check) -> Outcome {
    println!("\n== {}: begins; what it prints follows when it is over", check.name);
    let outcome = || -> anyhow::Result<Outcome> {
        let place = tempfile::tempdir()?;
        let [printed, told] = ["printed", "told"].map(|name| place.path().join(name));
        // This very program, also after cargo has put another in its place, as its tests may have it do.
        let linux = std::path::PathBuf::from("/proc/self/exe");
        let own = if linux.exists() { linux } else { std::env::current_exe()? };
        let process = duct::cmd!(own, check.name).env(TELL, &told).stdin_null().stderr_to_stdout();
        let status = process.stdout_path(&printed).unchecked().run()?.status;
        print!("{}", String::from_utf8_lossy(&std::fs::read(printed)?));
        let told = std::fs::read(told).ok().and_then(|told| serde_json::from_slice(&told).ok());
        told.ok_or_else(|| anyhow::anyhow!("does not say what came of it: {status}"))
    };
    outcome().unwrap_or_else(|why| Outcome::Failed(format!("xtask {}: {why}", check.name)))
}

/// A line a check: its name, what came out, the seconds it took, what it looked at. Why one failed stands below.
fn told(all: &[Done]) -> String {
    let head = ["check", "result", "seconds", "cases", "bound", "what it shows"].map(String::from);
    let rows = all.iter().map(|(check, outcome, seconds)| {
        let (result, cases, bound) = match outcome {
            Outcome::Passed(Some(Explored { count, unit, bound })) => {
                ("passed", format!("{} {unit}", with_commas(*count)), bound.clone())
            }
            Outcome::Passed(None) => ("passed", String::new(), String::new()),
            Outcome::Failed(_) => ("FAILED", String::new(), String::new()),
            Outcome::NotRun(_) => ("NOT RUN", String::new(), String::new()),
        };
        [check.name.into(), result.into(), format!("{seconds:.1}"), cases, bound, check.about.into()]
    });
    table(&[2, 3], &Vec::from_iter(std::iter::once(head).chain(rows)))
}

/// The last words, and whether all is well.
fn verdict(all: &[Done]) -> (String, bool) {
    let such = |is: fn(&Outcome) -> bool| {
        Vec::from_iter(all.iter().filter(|done| is(&done.1)).map(|done| format!("{}: {}\n", done.0.name, done.1)))
    };
    let failed = such(|outcome| matches!(outcome, Outcome::Failed(_)));
    let not_run = such(|outcome| matches!(outcome, Outcome::NotRun(_)));
    let passed = all.len() - failed.len() - not_run.len();
    let counts = format!("{passed} passed, {} failed, {} not run", failed.len(), not_run.len());
    // Who asks for one check asks for its result; among many, one may be for other machines.
    let is_well = failed.is_empty() && (not_run.is_empty() || all.len() > 1);
    ([failed, not_run].concat().concat() + &counts, is_well)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: Check = Check { name: "a", about: "Something", run: |_, _| Ok(None) };

    fn three() -> [Done<'static>; 3] {
        let (failed, not_run) = (Outcome::Failed("it broke".into()), NotRun("no compiler".into()).into());
        [Outcome::Passed(None), Err::<_, anyhow::Error>(not_run).into(), failed].map(|outcome| (&CHECK, outcome, 1.25))
    }

    #[test]
    fn the_table_has_a_line_for_each_check() {
        let explored = Explored { count: 1234, unit: "cases".into(), bound: "up to 2".into() };
        let all = Vec::from_iter(three().into_iter().chain([(&CHECK, Outcome::Passed(Some(explored)), 0.0)]));
        let expected = "check  result   seconds        cases  bound    what it shows\n\
                        a      passed       1.2                        Something\n\
                        a      NOT RUN      1.2                        Something\n\
                        a      FAILED       1.2                        Something\n\
                        a      passed       0.0  1,234 cases  up to 2  Something\n";
        assert_eq!(told(&all), expected);
    }

    #[test]
    fn one_failure_fails_the_run_and_what_was_not_run_is_named_and_is_no_pass() {
        let all = three();
        let said = "a: FAILED: it broke\na: NOT RUN: no compiler\n1 passed, 1 failed, 1 not run";
        assert_eq!(verdict(&all), (said.into(), false));
        assert_eq!(verdict(&all[..2]), ("a: NOT RUN: no compiler\n1 passed, 0 failed, 1 not run".into(), true));
        assert_eq!(verdict(&all[..1]), ("1 passed, 0 failed, 0 not run".into(), true));
        assert_eq!(verdict(&all[1..2]), ("a: NOT RUN: no compiler\n0 passed, 0 failed, 1 not run".into(), false));
    }
}
