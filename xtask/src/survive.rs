//! What befalls processes, done to real ones (`verify/survive`), and the faults of which each is a test
//! (`tests/faults`). Every harness is a check; what each of them tried, and what went wrong, is a table.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{json, Value};

use crate::checks::tests;
use crate::explored::{self, explored_by, report_of, with_commas, Explored};
use crate::line::{line, Line};
use crate::outcome::Outcome;

/// What is asked of the harnesses, by their names: in CI, and in the long lane. On demand they take other arguments:
/// `cargo xtask crash --kills 500000`.
const ASKED_OF: [(&str, &str, &str); 5] = [
    ("crash", "--kills 1200", "--kills 100000"),
    ("step", "", "--all"),
    ("hostile", "--seconds 10", "--seconds 600"),
    ("resources", "", ""),
    ("namespaces", "", ""),
];

/// What libFuzzer tries, and where its corpus is.
const FUZZED: [&str; 2] = ["open", "protocol"];
const FUZZ: &str = "verify/fuzz";

/// What may be asked of it.
const FUZZ_USAGE: &str = "pass nothing, or --seconds and how many for each target";

/// Everything that is in the table, in its order.
pub const SURVIVE: [&str; 7] = ["faults", "crash", "step", "hostile", "fuzz", "resources", "namespaces"];

/// What was asked of a harness in place of that.
static ASKED: OnceLock<Vec<String>> = OnceLock::new();

/// Whether this check is a harness that takes arguments.
pub fn takes_arguments(check: &str) -> bool {
    check == "fuzz" || ASKED_OF.iter().any(|(name, ..)| *name == check)
}

/// From here on the harness that runs is asked for this.
pub fn ask(arguments: impl IntoIterator<Item = String>) {
    let arguments = Vec::from_iter(arguments);
    if !arguments.is_empty() {
        // Once a run: there is one command line.
        let _ = ASKED.set(arguments);
    }
}

/// Whether it is asked for nothing but what can be asked.
fn asks_for_help(asked: &[String]) -> bool {
    asked.iter().any(|word| word == "--help" || word == "-h")
}

/// Tells what can be asked of the harness `check`, where that is what it is asked for.
pub fn help(check: &str) -> Option<Result<(), String>> {
    let asked = ASKED.get().filter(|asked| asks_for_help(asked))?;
    Some(match check {
        "fuzz" => {
            println!("{FUZZ_USAGE}");
            Ok(())
        }
        _ => harness_line(check, &asked.join(" ")).run(),
    })
}

pub fn crash() -> Outcome {
    harness("crash")
}

pub fn step() -> Outcome {
    harness("step")
}

pub fn hostile() -> Outcome {
    harness("hostile")
}

pub fn resources() -> Outcome {
    harness("resources")
}

pub fn namespaces() -> Outcome {
    harness("namespaces")
}

fn harness(name: &'static str) -> Outcome {
    let is_long = explored::lane() == explored::FULL;
    let asked_of = ASKED_OF.iter().find(|(harness, ..)| *harness == name);
    let usual = asked_of.map_or("", |(_, in_ci, if_long)| if is_long { if_long } else { in_ci });
    let asked = ASKED.get().map(|asked| asked.join(" "));
    let line = harness_line(name, asked.as_deref().unwrap_or(usual));
    // Each row has a bound of its own: the table of `survive` tells them.
    explored_by(name, line).map(|explored| Explored { bound: "violations 0".into(), ..explored }).into()
}

fn harness_line(name: &str, asked: &str) -> Line {
    line("cargo run --quiet --release --package ipc_ring_survive --").and(name).and(asked)
}

/// Replays the corpus; or, where it is asked for seconds, has libFuzzer go on from it for as long.
pub fn fuzz() -> Outcome {
    let done = match ASKED.get() {
        None => tests("--test fuzz_corpus").run(),
        Some(asked) => seconds(asked).and_then(fuzz_for),
    };
    done.and_then(|()| corpus()).into()
}

fn seconds(asked: &[String]) -> Result<u32, String> {
    let usage = || FUZZ_USAGE.to_string();
    match asked {
        [flag, seconds] if flag == "--seconds" => seconds.parse().map_err(|_| usage()),
        _ => Err(usage()),
    }
}

/// It needs `cargo install cargo-fuzz`, and rustup's nightly toolchain.
fn fuzz_for(seconds: u32) -> Result<(), String> {
    let of = |target: &str| {
        let line = line("cargo +nightly fuzz run --fuzz-dir").and(FUZZ).and(target).and("--");
        line.and(&format!("-max_total_time={seconds}")).run()
    };
    FUZZED.into_iter().try_for_each(of)
}

/// Reports the corpus, which was tried without a finding.
fn corpus() -> Result<Explored, String> {
    let row = |target: &str| {
        let directory = Path::new(FUZZ).join("corpus").join(target);
        let inputs = fs::read_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let count = inputs.count();
        let what = format!("{target}, from the corpus");
        Ok(json!({ "check": "fuzz", "what": what, "count": count, "unit": "inputs", "bound": "as checked in",
                   "violations": 0 }))
    };
    write_down("fuzz", &FUZZED.into_iter().map(row).collect::<Result<Vec<_>, String>>()?)?;
    explored::of_report("fuzz")
}

fn write_down(name: &str, rows: &[Value]) -> Result<(), String> {
    let path = report_of(name);
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    fs::write(&path, rows.iter().map(|row| format!("{row}\n")).collect::<String>()).map_err(failed)
}

/// Runs the tests of the faults, and reports each as a case.
pub fn faults() -> Outcome {
    tested("faults", tests("--test faults")).into()
}

fn tested(name: &str, line: Line) -> Result<Explored, String> {
    let output = line.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{said}");
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    let rows: Vec<Value> =
        said.lines().filter_map(tested_fault).chain(complained.lines().filter_map(left_out)).collect();
    write_down(name, &rows)?;
    match output.status.success() {
        true => explored::of_report(name),
        false => Err(format!("{}: {line}", output.status)),
    }
}

/// What a line of the test harness says of a fault, if it is about one.
fn tested_fault(line: &str) -> Option<Value> {
    let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let name = name.rsplit("::").next()?;
    let is_a_fault = name.starts_with('f') && name[1..].starts_with(|digit: char| digit.is_ascii_digit());
    let violations = match verdict {
        "ok" => 0,
        "FAILED" => 1,
        _ => return None,
    };
    is_a_fault.then(|| {
        let what = name.replace('_', " ");
        json!({ "check": "faults", "what": what, "count": 1, "unit": "faults", "bound": "a test each",
                "violations": violations })
    })
}

/// What a test says of a fault that it could not provoke here.
fn left_out(line: &str) -> Option<Value> {
    let why = line.trim().strip_prefix("NOT RUN: ")?;
    Some(json!({ "check": "faults", "not_run": why }))
}

/// What every harness tried, a line each: how often, and how often it went wrong.
pub fn table() -> String {
    let reports = SURVIVE.map(|name| fs::read_to_string(report_of(name)).unwrap_or_default());
    let rows = reports.iter().flat_map(|report| report.lines()).filter_map(|line| serde_json::from_str(line).ok());
    told(&Vec::from_iter(rows))
}

fn told(rows: &[Value]) -> String {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_string();
    let number = |row: &Value, field: &str| with_commas(row[field].as_u64().unwrap_or_default());
    let head = ["harness", "what", "cases", "violations"].map(String::from);
    let lines = rows.iter().filter(|row| row["what"].is_string()).map(|row| {
        let cases = format!("{} {}", number(row, "count"), text(row, "unit"));
        [text(row, "check"), text(row, "what"), cases, number(row, "violations")]
    });
    let lines: Vec<[String; 4]> = std::iter::once(head).chain(lines).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let [a, b, c, d] = [0, 1, 2, 3].map(width);
    let mut told: String = lines
        .iter()
        .map(|[harness, what, cases, violations]| format!("{harness:<a$}  {what:<b$}  {cases:>c$}  {violations:>d$}\n"))
        .collect();
    for row in rows.iter().filter(|row| row["not_run"].is_string()) {
        told += &format!("NOT RUN: {}: {}\n", text(row, "check"), text(row, "not_run"));
    }
    let violations: u64 = rows.iter().filter_map(|row| row["violations"].as_u64()).sum();
    told + &format!("violations in all: {violations}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_from_what_its_test_says_and_nothing_else_is() {
        let row = tested_fault("test death::f14_a_writer_dies ... ok").expect("it is about a fault");
        assert_eq!((row["what"].as_str(), row["violations"].as_u64()), (Some("f14 a writer dies"), Some(0)));
        let row = tested_fault("test f14_a_writer_dies ... FAILED").expect("it is about a fault");
        assert_eq!(row["violations"].as_u64(), Some(1));
        let row = left_out("NOT RUN: f12: there is no root").expect("it was left out");
        assert_eq!(row["not_run"].as_str(), Some("f12: there is no root"));
        for line in ["test death::other ... ok", "test f14_a ... ignored", "test fast ... ok", "running 3 tests"] {
            assert_eq!(tested_fault(line), None, "{line}");
        }
    }

    #[test]
    fn help_is_asked_for_by_a_word_of_its_own() {
        let asks = |words: &[&str]| asks_for_help(&words.iter().map(|word| word.to_string()).collect::<Vec<_>>());
        assert!(asks(&["--help"]) && asks(&["-h"]) && asks(&["--kills", "200", "--help"]));
        assert!(!asks(&[]) && !asks(&["--kills", "200"]));
    }

    #[test]
    fn the_table_tells_every_row_what_was_not_run_and_the_sum() {
        let row = |what: &str, violations: u64| {
            json!({
                "check": "crash", "what": what, "count": 1_000, "unit": "kills", "violations": violations,
            })
        };
        let rows = [row("of the writer", 0), row("of both", 2), json!({ "check": "step", "not_run": "no ptrace" })];
        let told = told(&rows);
        assert_eq!(
            told,
            "harness  what                 cases  violations\n\
             crash    of the writer  1,000 kills           0\n\
             crash    of both        1,000 kills           2\n\
             NOT RUN: step: no ptrace\n\
             violations in all: 2\n"
        );
    }

    #[test]
    fn every_harness_is_in_the_table() {
        assert!(ASKED_OF.iter().all(|(name, ..)| SURVIVE.contains(name)));
        assert!(takes_arguments("crash") && !takes_arguments("faults"));
    }
}
