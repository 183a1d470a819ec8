//! How much a check explored, as it says itself (`verify/report.rs`), and the certificate made of that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::line::{target_directory, Line};

/// What is certified: engine by engine, what `cargo xtask verify` explores.
const CERTIFICATE: &str = "verify/certificate.json";
/// By these a check is told its lane, and that what it explores is to be certified (`verify/certificate.rs`).
pub const LANE: &str = "IPC_RING_LANE";
/// The lane that explores as far as ends within hours.
pub const FULL: &str = "full";
pub const CERTIFY: &str = "IPC_RING_CERTIFY";
/// The checks whose exploration is certified.
pub const CERTIFIED: [&str; 2] = ["loom", "shuttle"];

/// How much a check explored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explored {
    pub count: u64,
    /// What it counts.
    pub unit: String,
    /// Within which bound.
    pub bound: String,
}

impl fmt::Display for Explored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}", with_commas(self.count), self.unit, self.bound)
    }
}

/// A number that can be read.
pub fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The lane of this run.
pub fn lane() -> String {
    std::env::var(LANE).unwrap_or_else(|_| "ci".into())
}

/// Runs the line of the check `name` and sums up what it reports. That it explored nothing is a failure, and that it
/// left out anything that is certified.
pub fn explored_by(name: &str, line: Line) -> Result<Explored, String> {
    let report = reported(&report_of(name), line).map_err(|why| format!("{name}: {why}"))?;
    if CERTIFIED.contains(&name) && std::env::var_os(CERTIFY).is_none() {
        nothing_is_left_out(&certificate()?[lane()][name], &report)?;
    }
    sum(&report)
}

/// What the check `name` reported.
pub fn of_report(name: &str) -> Result<Explored, String> {
    let path = report_of(name);
    sum(&fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// Runs the line, and returns what it reports in the file at `path`.
fn reported(path: &Path, line: Line) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if path.exists() {
        fs::remove_file(path).map_err(failed)?;
    }
    let directory = path.parent().unwrap_or(path);
    fs::create_dir_all(directory).map_err(failed)?;
    // The tests of a package run in its own directory.
    let directory = fs::canonicalize(directory).map_err(failed)?;
    let whole = directory.join(path.file_name().unwrap_or_default());
    line.with("IPC_RING_REPORT", whole.display().to_string()).run()?;
    fs::read_to_string(path).map_err(|_| "nothing was explored".into())
}

/// Whether the report tells of everything in this part of the certificate.
fn nothing_is_left_out(certified: &Value, report: &str) -> Result<(), String> {
    let lines = lines(report)?;
    let told: BTreeSet<&str> = lines.iter().filter_map(|line| line["what"].as_str()).collect();
    let certified = certified.as_object().ok_or("nothing of this is certified")?;
    match certified.keys().find(|what| !told.contains(what.as_str())) {
        Some(what) => Err(format!("{what}: is certified, and was not explored")),
        None => Ok(()),
    }
}

/// Where a check says what it explored.
pub fn report_of(name: &str) -> PathBuf {
    target_directory().join("explored").join(name).with_extension("jsonl")
}

fn lines(report: &str) -> Result<Vec<Value>, String> {
    report.lines().map(|line| serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))).collect()
}

fn sum(report: &str) -> Result<Explored, String> {
    let lines = lines(report)?;
    let bounds: BTreeSet<&str> = lines.iter().filter_map(|line| line["bound"].as_str()).map(general).collect();
    let unit = lines.iter().find_map(|line| line["unit"].as_str()).ok_or("nothing was explored")?;
    Ok(Explored {
        // What is counted otherwise is told by itself.
        count: lines.iter().filter(|line| line["unit"] == unit).filter_map(|line| line["count"].as_u64()).sum(),
        unit: unit.into(),
        bound: together(&bounds),
    })
}

/// A bound without what it counts besides.
fn general(bound: &str) -> &str {
    bound.split(", ").next().unwrap_or(bound)
}

/// Bounds that differ only in their first number are told as one.
fn together(bounds: &BTreeSet<&str>) -> String {
    let mut alike: BTreeMap<(&str, &str), BTreeSet<u64>> = BTreeMap::new();
    for bound in bounds {
        let at = bound.find(|c: char| c.is_ascii_digit()).unwrap_or(bound.len());
        let (before, rest) = bound.split_at(at);
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        alike.entry((before, after)).or_default().extend(number.parse::<u64>());
    }
    let told = alike.into_iter().map(|((before, after), numbers)| {
        let numbers: Vec<String> = numbers.into_iter().map(with_commas).collect();
        format!("{before}{}{after}", numbers.join(" or "))
    });
    Vec::from_iter(told).join("; ")
}

fn certificate() -> Result<Value, String> {
    let text = fs::read_to_string(CERTIFICATE).map_err(|error| format!("{CERTIFICATE}: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("{CERTIFICATE}: {error}"))
}

/// Writes down what the last run explored as what has to be explored from now on, in this lane.
pub fn certify(lane: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{CERTIFICATE}: {error}");
    let mut certificate = certificate()?;
    for name in CERTIFIED {
        let report = fs::read_to_string(report_of(name)).map_err(|error| format!("{name}: {error}"))?;
        let entries: Map<String, Value> = lines(&report)?
            .into_iter()
            .filter_map(|mut line| Some((line["what"].as_str()?.to_string(), line["certify"].take())))
            .collect();
        certificate[lane][name] = Value::Object(entries);
    }
    let text = serde_json::to_string_pretty(&certificate).map_err(|error| error.to_string())?;
    fs::write(CERTIFICATE, text + "\n").map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_explored_is_summed_up() {
        let line = |count: u64, bound: &str| {
            serde_json::json!({ "check": "loom", "what": "a", "count": count, "unit": "executions", "bound": bound })
                .to_string()
        };
        let of = ["unbounded", "at most 2 things", "at most 10 things", "unbounded, 7 cases"];
        let report = of.map(|bound| line(1_000, bound)).join("\n");
        let explored = sum(&report).unwrap();
        assert_eq!(explored.to_string(), "4,000 executions, at most 2 or 10 things; unbounded");
        let other = line(7, "unbounded").replace("executions", "messages");
        assert_eq!(sum(&format!("{report}\n{other}")).unwrap().count, 4_000);
    }

    #[test]
    fn nothing_is_no_report() {
        assert!(sum("").is_err());
        assert!(sum("no JSON").is_err());
        let directory = tempfile::tempdir().expect("there is a temporary directory");
        let reported = reported(&directory.path().join("report"), crate::line::line("true"));
        assert_eq!(reported, Err("nothing was explored".into()));
    }

    #[test]
    fn what_is_certified_and_left_out_is_found_out() {
        let certified = serde_json::json!({ "a": {}, "b": {} });
        let line = |what: &str| serde_json::json!({ "what": what }).to_string();
        assert_eq!(nothing_is_left_out(&certified, &[line("a"), line("b"), line("c")].join("\n")), Ok(()));
        assert!(nothing_is_left_out(&certified, &line("a")).is_err());
        assert!(nothing_is_left_out(&Value::Null, &line("a")).is_err());
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(with_commas), ["0", "999", "1,000", "1,234,567"]);
    }
}
