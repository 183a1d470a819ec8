//! What a check explored or found, said to whoever watches and written down for whoever runs it.

use std::fs::OpenOptions;
use std::io::Write;

use serde_json::{json, Value};

/// What a check explored of one thing.
pub struct Explored<'a> {
    /// The check's name in `cargo xtask`.
    pub check: &'a str,
    /// What it explored.
    pub what: &'a str,
    /// How many cases there were.
    pub count: u64,
    /// What a case is.
    pub unit: &'a str,
    /// Within which bound.
    pub bound: &'a str,
}

/// Prints what was explored, and adds it to the file that `IPC_RING_REPORT` names, with what is to be certified of it.
pub fn report(explored: &Explored, aside: &str, certify: &Value) {
    let Explored { check, what, count, unit, bound } = explored;
    // Not `println`: the test harness would keep it to itself.
    let _ = writeln!(std::io::stderr(), "{check}: {what}: {count} {unit}, {bound}{aside}");
    write_down(&json!({
        "check": check, "what": what, "count": count, "unit": unit, "bound": bound, "certify": certify,
    }));
}

/// Adds a line to the file that `IPC_RING_REPORT` names, if it names one.
pub fn write_down(line: &Value) {
    if let Some(path) = std::env::var_os("IPC_RING_REPORT") {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let written = file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        written.expect("IPC_RING_REPORT names a file that can be written");
    }
}
