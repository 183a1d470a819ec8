//! How much a check explored, as it says itself (`verify/report.rs`), and the certificate made of that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};
use serde_json::{Map, Value};

use crate::report::Checked;
use crate::shell::{read, target_directory, with_commas, write, Cmd};

/// What is certified: lane by lane, engine by engine, what `cargo xtask verify` explores.
const CERTIFICATE: &str = "verify/certificate.json";
/// The checks whose exploration is certified.
const CERTIFIED: [&str; 2] = ["loom", "shuttle"];
/// By these a check is told its lane, and that what it explores is to be certified (`verify/certificate.rs`).
pub const LANE: &str = "IPC_RING_LANE";
pub const CERTIFY: &str = "IPC_RING_CERTIFY";
/// The lane that explores as far as ends within hours.
pub const FULL: &str = "full";

/// The lane of this run.
pub fn lane() -> String {
    std::env::var(LANE).unwrap_or_else(|_| "ci".into())
}

/// Where a check says what it explored.
pub fn report_of(name: &str) -> PathBuf {
    target_directory().join("explored").join(name).with_extension("jsonl")
}

/// Runs the line of the check `name` and sums up what it reports. That it explored nothing is a failure, and that it
/// left out anything that is certified.
pub fn explored_by(name: &str, line: Cmd) -> Checked {
    let report = reported(&report_of(name), line)?;
    if CERTIFIED.contains(&name) && std::env::var_os(CERTIFY).is_none() {
        nothing_is_left_out(&certificate()?[lane()][name], &report)?;
    }
    sum(&report)
}

/// Runs the line, and returns what it reports in the file at `path`.
fn reported(path: &Path, line: Cmd) -> Result<String> {
    write(path, "")?;
    // The tests of a package run in its own directory.
    line.env("IPC_RING_REPORT", std::path::absolute(path)?).run()?;
    read(path)
}

/// Fails unless the report tells of everything in this part of the certificate.
fn nothing_is_left_out(certified: &Value, report: &str) -> Result<()> {
    let rows = rows(report)?;
    let told: BTreeSet<&str> = rows.iter().filter_map(|row| row["what"].as_str()).collect();
    let certified = certified.as_object().context("nothing of this is certified")?;
    let missing = certified.keys().find(|what| !told.contains(what.as_str()));
    ensure!(missing.is_none(), "{missing:?} is certified, and was not explored");
    Ok(())
}

pub fn rows(report: &str) -> Result<Vec<Value>> {
    report.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_string())).collect()
}

/// What a report comes to. What is counted otherwise than the first of it is told by itself.
pub fn sum(report: &str) -> Checked {
    let rows = rows(report)?;
    let unit = rows.iter().find_map(|row| row["unit"].as_str()).context("nothing was explored")?;
    let count: u64 = rows.iter().filter(|row| row["unit"] == unit).filter_map(|row| row["count"].as_u64()).sum();
    let bounds: BTreeSet<&str> = rows.iter().filter_map(|row| row["bound"].as_str()?.split(", ").next()).collect();
    Ok(format!("{} {unit}, {}", with_commas(count), Vec::from_iter(bounds).join("; ")))
}

/// What is certified.
pub fn certificate() -> Result<Value> {
    serde_json::from_str(&read(CERTIFICATE)?).context(CERTIFICATE)
}

/// Writes down what the last run explored as what has to be explored from now on, in this lane.
pub fn certify() -> Result<()> {
    let mut certificate = certificate()?;
    for name in CERTIFIED {
        let rows = rows(&read(report_of(name))?)?.into_iter();
        let entry = |mut row: Value| Some((row["what"].as_str()?.to_string(), row["certify"].take()));
        certificate[lane()][name] = Value::Object(Map::from_iter(rows.filter_map(entry)));
    }
    write(CERTIFICATE, &format!("{certificate:#}\n"))
}

#[test]
fn what_was_explored_is_summed_up_and_nothing_is_no_report() {
    let line = |bound: &str| format!(r#"{{ "what": "a", "count": 1000, "unit": "executions", "bound": "{bound}" }}"#);
    let report = ["unbounded", "at most 2 things", "unbounded, 7 cases"].map(line).join("\n");
    let other = line("unbounded").replace("executions", "messages");
    assert_eq!(sum(&format!("{report}\n{other}")).unwrap(), "3,000 executions, at most 2 things; unbounded");
    assert!(sum("").is_err() && sum("no JSON").is_err());
}

#[test]
fn what_is_certified_and_left_out_is_found_out() {
    let certified = serde_json::json!({ "a": {}, "b": {} });
    let [a, b] = [r#"{ "what": "a" }"#, r#"{ "what": "b" }"#];
    assert!(nothing_is_left_out(&certified, &format!("{a}\n{b}")).is_ok());
    assert!(nothing_is_left_out(&certified, a).is_err() && nothing_is_left_out(&Value::Null, a).is_err());
}
