//! Runs checks, and says in the end what came out of each. That one was not run is never a pass.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result};
use rayon::prelude::*;
use serde_json::json;

use crate::checks::{Check, ALONE};
use crate::shell::{cmd, read, table, target_directory, write, Shell};

/// What a check returns: that it passed, and how much it looked at if it says so, or why it did not pass.
pub type Checked = Result<String>;

/// The error of a check that could not be run here, and why not.
#[derive(Debug)]
pub struct NotRun(pub String);

impl std::error::Error for NotRun {}

impl fmt::Display for NotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const PASSED: &str = "passed";
const FAILED: &str = "FAILED";
const NOT_RUN: &str = "NOT RUN";

/// What came of a check: one of these three, and how much it looked at, or why it did not pass.
pub type Outcome = (String, String);

pub fn outcome(checked: Checked) -> Outcome {
    match checked {
        Ok(explored) => (PASSED.into(), explored),
        Err(why) if why.is::<NotRun>() => (NOT_RUN.into(), format!("{why:#}")),
        Err(why) => (FAILED.into(), format!("{why:#}")),
    }
}

/// Names the file in which a check's process says what came of it, to the process that waits for that.
pub const TELL: &str = "XTASK_TELL";

/// What is over: its name and what it shows, what came of it, and the seconds that it took.
pub type Done<'a> = ([&'a str; 2], Outcome, f64);

/// Runs all `checks`, also those after one that failed: first those that may run beside others, then those that run
/// alone.
pub fn run(checks: &[&Check], asked: &[String]) -> ExitCode {
    let begin = Instant::now();
    let is_alone = |check: &&Check| ALONE.contains(&check.0) || checks.len() == 1;
    let (alone, others): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(|check| is_alone(check));
    let words = |check: &Check| [check.0, check.1];
    let told_by = |check| in_a_process(check).unwrap_or_else(|why| outcome(Err(why)));
    let in_a_process = |check| timed(words(check), || told_by(check));
    // Each worker takes the first that is left.
    let mut all: Vec<Done> = others.into_iter().par_bridge().map(in_a_process).collect();
    all.extend(alone.into_iter().map(|check| timed(words(check), || watched(check, asked))));
    all.sort_by_key(|([name, _], ..)| checks.iter().position(|check| check.0 == *name));
    // A run that was asked for in part, or in another way, is not the check's.
    if asked.is_empty() {
        keep(&all);
    }
    if all.len() > 1 {
        println!("\n{}in all, some beside others: {:.0} s", told(CHECK, &all), begin.elapsed().as_secs_f64());
    }
    let (text, code) = verdict(&all);
    println!("\n{text}");
    code.into()
}

/// Where it is kept what came of a check.
pub fn last_run_of(check: &str) -> PathBuf {
    target_directory().join("checked").join(check).with_extension("json")
}

/// Keeps what came of the checks, for the page (`page.rs`). Where that cannot be written, the page has less to say.
fn keep(all: &[Done]) {
    let when = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let of = Shell::new().map(|sh| revision(&sh)).unwrap_or_default();
    for ([name, _], (result, told), seconds) in all {
        let run = json!({ "result": result, "told": told, "seconds": seconds, "when": when, "revision": of });
        let _ = write(last_run_of(name), &run.to_string());
    }
}

/// What is checked: the commit, and whether it was changed.
pub fn revision(sh: &Shell) -> String {
    cmd!(sh, "git describe --always --dirty").quiet().ignore_stderr().read().unwrap_or_default()
}

/// Runs what has this name and shows this.
pub fn timed<'a>(words: [&'a str; 2], run: impl FnOnce() -> Outcome) -> Done<'a> {
    let begin = Instant::now();
    (words, run(), begin.elapsed().as_secs_f64())
}

/// Runs the check. What it prints is seen as it comes.
pub fn watched(check: &Check, asked: &[String]) -> Outcome {
    println!("\n== {}: {}", check.0, check.1);
    let (result, told) = outcome(xshell::Shell::new().map_err(Into::into).and_then(|sh| (check.2)(&sh, asked)));
    println!("== {}: {result}{}{told}", check.0, if told.is_empty() { "" } else { ": " });
    (result, told)
}

/// Runs the check in a process of its own. What it prints is seen when it is over, in one piece.
fn in_a_process(check: &Check) -> Result<Outcome> {
    println!("\n== {}: begins; what it prints follows when it is over", check.0);
    let place = tempfile::tempdir()?;
    let [printed, told] = ["printed", "told"].map(|name| place.path().join(name));
    // This very program, also after cargo has put another in its place, as its tests may have it do.
    let linux = std::path::PathBuf::from("/proc/self/exe");
    let own = if linux.exists() { linux } else { std::env::current_exe()? };
    let process = duct::cmd!(own, check.0).env(TELL, &told).stdin_null().stderr_to_stdout();
    let status = process.stdout_path(&printed).unchecked().run()?.status;
    print!("{}", String::from_utf8_lossy(&std::fs::read(printed)?));
    let told = read(told).with_context(|| format!("xtask does not say what came of it: {status}"))?;
    Ok(serde_json::from_str(&told)?)
}

/// What the two words of a check are.
const CHECK: [&str; 2] = ["check", "what it shows"];

/// A line a check: its name, what came out, the seconds it took, its other words, and how much it looked at.
pub fn told([name, shows]: [&str; 2], all: &[Done]) -> String {
    let rows = all.iter().map(|([name, shows], (result, told), seconds)| {
        let explored = if result == PASSED { told } else { "" };
        [*name, result, &format!("{seconds:.1}"), shows, explored].map(String::from)
    });
    table([name, "result", ">seconds", shows, "cases"], rows)
}

/// The last words, and the code with which the process ends.
pub fn verdict(all: &[Done]) -> (String, u8) {
    let such = |wanted| all.iter().filter(move |(_, (result, _), _)| result == wanted);
    let why = |([name, _], (result, why), _): &Done| format!("{name}: {result}: {why}\n");
    let [passed, failed, not_run] = [PASSED, FAILED, NOT_RUN].map(|result| such(result).count());
    // Who asks for one check asks for its result; among many, one may be for other machines.
    let is_well = failed == 0 && (not_run == 0 || all.len() > 1);
    let wrong: String = such(FAILED).chain(such(NOT_RUN)).map(why).collect();
    (format!("{wrong}{passed} passed, {failed} failed, {not_run} not run"), u8::from(!is_well))
}

#[test]
fn one_failure_fails_the_run_and_what_was_not_run_is_named_and_is_no_pass() {
    let not_run = NotRun("no compiler".into()).into();
    let all = [Ok("7 cases".into()), Err(not_run), Err(anyhow::anyhow!("it broke"))];
    let all = all.map(|checked| (["a", "Something"], outcome(checked), 1.25));
    let expected = "check  result   seconds  what it shows  cases\n\
                    a      passed       1.2  Something      7 cases\n\
                    a      NOT RUN      1.2  Something\n\
                    a      FAILED       1.2  Something\n";
    assert_eq!(told(CHECK, &all), expected);
    let said = |last: &str| format!("a: NOT RUN: no compiler\n{last}");
    assert_eq!(verdict(&all).0, "a: FAILED: it broke\n".to_string() + &said("1 passed, 1 failed, 1 not run"));
    assert_eq!((verdict(&all).1, verdict(&all[2..]).1), (1, 1));
    assert_eq!(verdict(&all[..2]), (said("1 passed, 0 failed, 1 not run"), 0));
    assert_eq!(verdict(&all[..1]), ("1 passed, 0 failed, 0 not run".into(), 0));
    assert_eq!(verdict(&all[1..2]), (said("0 passed, 0 failed, 1 not run"), 1));
}
