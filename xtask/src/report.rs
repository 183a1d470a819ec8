//! Runs checks, and says in the end what came out of each.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::checks::Check;
use crate::explored::with_commas;
use crate::line::IGNORED;
use crate::outcome::Outcome;

/// A check that is over.
struct Done {
    name: &'static str,
    about: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Runs all `checks`, also those after one that failed.
pub fn run(checks: &[&Check]) -> ExitCode {
    for name in IGNORED.iter().filter(|name| std::env::var_os(name).is_some()) {
        println!("xtask: {name} is set; the checks go without it");
    }
    let mut all = Vec::new();
    for check in checks {
        println!("\n== {}: {}", check.name, check.about);
        let begin = Instant::now();
        let outcome = (check.run)();
        println!("== {}: {outcome}", check.name);
        all.push(Done { name: check.name, about: check.about, outcome, took: begin.elapsed() });
    }
    if all.len() > 1 {
        print!("\n{}", table(&all));
    }
    let (text, code) = verdict(&all);
    println!("\n{text}");
    code
}

/// A line a check: its name, what came out, what it looked at and the seconds it took. Why one failed stands below the
/// table.
fn table(all: &[Done]) -> String {
    let head = ["check", "result", "seconds", "cases", "bound", "what it shows"].map(String::from);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(all.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [a, b, c, d, e, _] = [0, 1, 2, 3, 4, 5].map(width);
    let line = |[name, result, seconds, cases, bound, about]: &[String; 6]| {
        format!("{name:<a$}  {result:<b$}  {seconds:>c$}  {cases:>d$}  {bound:<e$}  {about}")
    };
    rows.iter().map(|row| format!("{}\n", line(row).trim_end())).collect()
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
    let lines = |wanted: fn(&Outcome) -> bool| {
        let chosen = all.iter().filter(move |done| wanted(&done.outcome));
        chosen.map(|done| format!("{}: {}", done.name, done.outcome)).collect::<Vec<_>>()
    };
    let failed = lines(|outcome| matches!(outcome, Outcome::Failed(_)));
    let not_run = lines(|outcome| matches!(outcome, Outcome::NotRun(_)));
    if failed.is_empty() && not_run.is_empty() {
        return ("Passed.".into(), ExitCode::SUCCESS);
    }
    // Who asks for one check asks for its result; among many, one may be for other machines.
    let code = if failed.is_empty() && all.len() > 1 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    ([failed, not_run].concat().join("\n"), code)
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
                        loom   passed       1.2  1,234 cases  up to 2  Something\n";
        assert_eq!(table(&all), expected);
    }

    #[test]
    fn one_failure_fails_the_run_and_what_was_not_run_is_named() {
        let [passed, not_run, failed] = three();
        let both = [passed, not_run, failed];
        let not_run = "cross: not run: no such compiler";
        let failed = format!("test: FAILED: exit status: 101: cargo test\n{not_run}");
        assert_eq!(verdict(&both), (failed, ExitCode::FAILURE));
        assert_eq!(verdict(&both[..2]), (not_run.into(), ExitCode::SUCCESS));
        assert_eq!(verdict(&both[..1]), ("Passed.".into(), ExitCode::SUCCESS));
        assert_eq!(verdict(&both[1..2]), (not_run.into(), ExitCode::FAILURE));
    }
}
