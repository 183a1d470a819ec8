//! What befalls processes, done to real ones (`verify/survive`), and the faults, each a test (`tests/faults`). Every
//! harness is a check; what each of them tried, and what went wrong, is a table.

use std::path::Path;

use anyhow::{bail, ensure, Result};
use serde_json::{json, Value};

use crate::checks::tests;
use crate::explored::{explored_by, lane, report_of, rows, sum, FULL};
use crate::report::Checked;
use crate::shell::{cmd, files, output, read, run_all, table as aligned, with_commas, write, Cmd, Shell};

/// What libFuzzer tries, and where its corpus is.
const FUZZED: [&str; 2] = ["open", "protocol"];
const FUZZ: &str = "verify/fuzz";
/// What may be asked of it.
const FUZZ_USAGE: &str = "pass nothing, or --seconds and how many for each target";

/// Everything that is in the table, in its order. All but the first take arguments: `cargo xtask crash --kills 500000`.
pub const SURVIVE: [&str; 7] = ["faults", "crash", "step", "hostile", "fuzz", "resources", "namespaces"];

/// Runs a harness for what it is asked for; if that is nothing, for what it is in CI, or in the long lane.
pub fn harness(sh: &Shell, name: &str, asked: &[String], in_ci: &str, if_long: &str) -> Checked {
    let usual = if lane() == FULL { if_long } else { in_ci };
    let line = match asked {
        [] => run(sh, name).args(usual.split_whitespace()),
        asked => run(sh, name).args(asked),
    };
    // Each row has a bound of its own: the table of `survive` tells them.
    let explored = explored_by(name, line)?;
    Ok(format!("{}, violations 0", explored.split(", ").next().unwrap_or_default()))
}

fn run<'a>(sh: &'a Shell, name: &str) -> Cmd<'a> {
    cmd!(sh, "cargo run --quiet --release --package ipc_ring_survive -- {name}")
}

/// Tells what can be asked of the harness.
pub fn help(name: &str) -> Result<()> {
    match name {
        "fuzz" => println!("{FUZZ_USAGE}"),
        _ => run(&Shell::new()?, name).arg("--help").run()?,
    }
    Ok(())
}

/// Replays the corpus; or, where it is asked for seconds, has libFuzzer go on from it for as long, which needs `cargo
/// install cargo-fuzz`, and rustup's nightly toolchain.
pub fn fuzz(sh: &Shell, asked: &[String]) -> Checked {
    match asked {
        [] => run_all([tests(sh, "--package ipc_ring_survive --test fuzz_corpus")])?,
        [flag, seconds] if flag == "--seconds" && seconds.parse::<u32>().is_ok() => run_all(FUZZED.map(|target| {
            cmd!(sh, "cargo +nightly fuzz run --fuzz-dir {FUZZ} {target} -- -max_total_time={seconds}")
        }))?,
        _ => bail!(FUZZ_USAGE),
    };
    let row = |target| {
        let count = files(&Path::new(FUZZ).join("corpus").join(target))?.len();
        Ok(json!({ "check": "fuzz", "what": format!("{target}, from the corpus"), "count": count, "unit": "inputs",
                   "bound": "as checked in", "violations": 0 }))
    };
    sum(&write_down("fuzz", FUZZED.into_iter().map(row).collect::<Result<_>>()?)?)
}

/// Runs the tests of the faults, and reports each as a case.
pub fn faults(sh: &Shell, _: &[String]) -> Checked {
    let mut line = tests(sh, "--test faults");
    let (ended, printed, said) = output(&mut line)?;
    let rows = printed.lines().filter_map(tested_fault).chain(said.lines().filter_map(left_out));
    let report = write_down("faults", rows.collect())?;
    ensure!(ended.success(), "{ended}: {line}");
    sum(&report)
}

fn write_down(name: &str, rows: Vec<Value>) -> Result<String> {
    let report: String = rows.iter().map(|row| format!("{row}\n")).collect();
    write(report_of(name), &report)?;
    Ok(report)
}

/// What a line of the test harness says of a fault, if it is about one.
fn tested_fault(line: &str) -> Option<Value> {
    let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let name = name.rsplit("::").next()?;
    let is_a_fault = name.strip_prefix('f')?.starts_with(|digit: char| digit.is_ascii_digit());
    let violations = ["ok", "FAILED"].iter().position(|known| *known == verdict)?;
    is_a_fault.then(|| {
        json!({ "check": "faults", "what": name.replace('_', " "), "count": 1, "unit": "faults",
                "bound": "a test each", "violations": violations })
    })
}

/// What a test says of a fault that it could not provoke here.
fn left_out(line: &str) -> Option<Value> {
    Some(json!({ "check": "faults", "not_run": line.trim().strip_prefix("NOT RUN: ")? }))
}

/// What every harness tried, a line each: how often, and how often it went wrong.
pub fn table() -> Result<String> {
    let reports: String = SURVIVE.iter().filter_map(|name| read(report_of(name)).ok()).collect();
    Ok(told(&rows(&reports)?))
}

fn told(rows: &[Value]) -> String {
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_string();
    let number = |row: &Value, field: &str| row[field].as_u64().unwrap_or_default();
    let (not_run, tried): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["not_run"].is_string());
    let lines = tried.iter().map(|row| {
        let cases = format!("{} {}", with_commas(number(row, "count")), text(row, "unit"));
        [text(row, "check"), text(row, "what"), cases, with_commas(number(row, "violations"))]
    });
    let told = aligned(["harness", "what", ">cases", ">violations"], lines);
    let not_run = not_run.iter().map(|row| format!("NOT RUN: {}: {}\n", text(row, "check"), text(row, "not_run")));
    let violations: u64 = tried.iter().map(|row| number(row, "violations")).sum();
    format!("{told}{}violations in all: {violations}\n", not_run.collect::<String>())
}

#[test]
fn a_fault_is_read_from_what_its_test_says_and_nothing_else_is() {
    for (verdict, violations) in [("ok", 0), ("FAILED", 1)] {
        let row = tested_fault(&format!("test death::f14_a_writer_dies ... {verdict}")).expect("it is about a fault");
        assert_eq!((row["what"].as_str(), row["violations"].as_u64()), (Some("f14 a writer dies"), Some(violations)));
    }
    for line in ["test death::other ... ok", "test f14_a ... ignored", "test fast ... ok", "running 3 tests"] {
        assert_eq!(tested_fault(line), None, "{line}");
    }
}

#[test]
fn the_table_tells_every_row_what_was_not_run_and_the_sum() {
    let row = |what, bad| json!({ "check": "crash", "what": what, "count": 1_000, "unit": "kills", "violations": bad });
    let left_out = left_out("NOT RUN: f12: no root").expect("it was left out");
    let rows = [row("of the writer", 0), row("of both", 2), left_out];
    let expected = "harness  what                 cases  violations\n\
                    crash    of the writer  1,000 kills           0\n\
                    crash    of both        1,000 kills           2\n\
                    NOT RUN: faults: f12: no root\n\
                    violations in all: 2\n";
    assert_eq!(told(&rows), expected);
}
