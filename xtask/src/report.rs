//! Runs checks, and says in the end what came out of each.

use std::io::{Read, Seek};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::checks::{Check, ALONE};
use crate::explored::with_commas;
use crate::line::IGNORED;
use crate::outcome::Outcome;
use crate::parallel::in_parallel;

/// The option by which a check's process is told that another one waits for its outcome, and where.
pub const TELL: &str = "tell";

/// A check that is over.
struct Done {
    name: &'static str,
    about: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Runs all `checks`, also those after one that failed: first those that may run beside others, then those that run
/// alone.
pub fn run(checks: &[&Check]) -> ExitCode {
    for name in IGNORED.iter().filter(|name| std::env::var_os(name).is_some()) {
        println!("xtask: {name} is set; the checks go without it");
    }
    let begin = Instant::now();
    let all = match checks {
        [check] => vec![watched(check)],
        checks => beside_each_other(checks),
    };
    if all.len() > 1 {
        print!("\n{}", table(&all, begin.elapsed()));
    }
    let (text, code) = verdict(&all);
    println!("\n{text}");
    code
}

fn beside_each_other(checks: &[&Check]) -> Vec<Done> {
    let (alone, others): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(|check| ALONE.contains(&check.name));
    let mut all = in_parallel(&others, |check| Ok(kept(check))).unwrap_or_else(|why| panic!("no check says so: {why}"));
    all.extend(alone.into_iter().map(watched));
    all.sort_by_key(|done| checks.iter().position(|check| check.name == done.name));
    all
}

/// Runs the check. What it prints is seen as it comes.
fn watched(check: &Check) -> Done {
    println!("\n== {}: {}", check.name, check.about);
    let begin = Instant::now();
    let outcome = (check.run)();
    println!("== {}: {outcome}", check.name);
    Done { name: check.name, about: check.about, outcome, took: begin.elapsed() }
}

/// Runs the check in a process of its own. What it prints is seen when it is over, in one piece.
fn kept(check: &Check) -> Done {
    println!("\n== {}: begins; what it prints follows when it is over", check.name);
    let begin = Instant::now();
    let outcome = process_of(check).unwrap_or_else(|why| Outcome::Failed(format!("xtask {}: {why}", check.name)));
    Done { name: check.name, about: check.about, outcome, took: begin.elapsed() }
}

fn process_of(check: &Check) -> Result<Outcome, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut printed = tempfile::tempfile().map_err(failed)?;
    let told = tempfile::NamedTempFile::new().map_err(failed)?;
    let status = Command::new(own_program().map_err(failed)?)
        .arg(check.name)
        .arg(format!("--{TELL}"))
        .arg(told.path())
        .stdin(Stdio::null())
        .stdout(printed.try_clone().map_err(failed)?)
        .stderr(printed.try_clone().map_err(failed)?)
        .status()
        .map_err(failed)?;
    let mut text = Vec::new();
    printed.rewind().and_then(|()| printed.read_to_end(&mut text)).map_err(failed)?;
    print!("{}", String::from_utf8_lossy(&text));
    let told = serde_json::from_reader(told.as_file()).ok();
    told.and_then(|told| Outcome::from_json(&told)).ok_or_else(|| format!("does not say what came of it: {status}"))
}

/// The program of this process, also after cargo has put another in its place, as its tests may have it do.
fn own_program() -> std::io::Result<PathBuf> {
    let linux = PathBuf::from("/proc/self/exe");
    if linux.exists() {
        Ok(linux)
    } else {
        std::env::current_exe()
    }
}

/// Runs the check for another process, which is told in the file at `path` what came of it.
pub fn tell(check: &Check, path: &str) -> ExitCode {
    let told = std::fs::write(path, watched(check).outcome.to_json().to_string());
    told.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// A line a check: its name, what came out, what it looked at and the seconds it took, and how long it took in all. Why
/// one failed stands below the table.
fn table(all: &[Done], took: Duration) -> String {
    let head = ["check", "result", "seconds", "cases", "bound", "what it shows"].map(String::from);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(all.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [a, b, c, d, e, _] = [0, 1, 2, 3, 4, 5].map(width);
    let line = |[name, result, seconds, cases, bound, about]: &[String; 6]| {
        format!("{name:<a$}  {result:<b$}  {seconds:>c$}  {cases:>d$}  {bound:<e$}  {about}")
    };
    let lines: String = rows.iter().map(|row| format!("{}\n", line(row).trim_end())).collect();
    format!("{lines}in all, some beside others: {:.0} s\n", took.as_secs_f64())
}

fn row(done: &Done) -> [String; 6] {
    let (result, cases, bound) = match &done.outcome {
        Outcome::Explored(explored) => {
            ("passed".into(), format!("{} {}", with_commas(explored.count), explored.unit), explored.bound.clone())
        }
        Outcome::Failed(_) => ("FAILED".into(), String::new(), String::new()),
        Outcome::NotRun(_) => ("not run".into(), String::new(), String::new()),
        Outcome::Passed => ("passed".into(), String::new(), String::new()),
    };
    [done.name.into(), result, format!("{:.1}", done.took.as_secs_f64()), cases, bound, done.about.into()]
}

/// The last words, and how the process ends.
fn verdict(all: &[Done]) -> (String, ExitCode) {
    let (mut failed, mut not_run) = (Vec::new(), Vec::new());
    for done in all {
        match done.outcome {
            Outcome::Failed(_) => failed.push(format!("{}: {}\n", done.name, done.outcome)),
            Outcome::NotRun(_) => not_run.push(format!("{}: {}\n", done.name, done.outcome)),
            Outcome::Passed | Outcome::Explored(_) => {}
        }
    }
    let passed = all.len() - failed.len() - not_run.len();
    let counts = format!("{passed} passed, {} failed, {} not run", failed.len(), not_run.len());
    // Who asks for one check asks for its result; among many, one may be for other machines.
    let is_well = failed.is_empty() && (not_run.is_empty() || all.len() > 1);
    let code = if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    ([failed, not_run].concat().concat() + &counts, code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explored::Explored;

    fn done(name: &'static str, outcome: Outcome) -> Done {
        Done { name, about: "Something", outcome, took: Duration::from_millis(1250) }
    }

    fn three() -> [Done; 3] {
        [
            done("fmt", Outcome::Passed),
            done("cross", Outcome::NotRun("no such compiler".into())),
            done("test", Outcome::Failed("exit status: 101: cargo test".into())),
        ]
    }

    #[test]
    fn the_table_has_a_line_for_each_check() {
        let explored = Explored { count: 1234, unit: "cases".into(), bound: "up to 2".into() };
        let all = Vec::from_iter(three().into_iter().chain([done("loom", Outcome::Explored(explored))]));
        let expected = "check  result   seconds        cases  bound    what it shows\n\
                        fmt    passed       1.2                        Something\n\
                        cross  not run      1.2                        Something\n\
                        test   FAILED       1.2                        Something\n\
                        loom   passed       1.2  1,234 cases  up to 2  Something\n\
                        in all, some beside others: 5 s\n";
        assert_eq!(table(&all, Duration::from_millis(4600)), expected);
    }

    #[test]
    fn one_failure_fails_the_run_and_what_was_not_run_is_named() {
        let [passed, not_run, failed] = three();
        let all = [passed, not_run, failed];
        let not_run = "cross: not run: no such compiler";
        let failed = format!("test: FAILED: exit status: 101: cargo test\n{not_run}\n1 passed, 1 failed, 1 not run");
        assert_eq!(verdict(&all), (failed, ExitCode::FAILURE));
        let both = format!("{not_run}\n1 passed, 0 failed, 1 not run");
        assert_eq!(verdict(&all[..2]), (both, ExitCode::SUCCESS));
        assert_eq!(verdict(&all[..1]), ("1 passed, 0 failed, 0 not run".into(), ExitCode::SUCCESS));
        let alone = format!("{not_run}\n0 passed, 0 failed, 1 not run");
        assert_eq!(verdict(&all[1..2]), (alone, ExitCode::FAILURE));
    }
}
