//! What a harness did and what it saw, said to whoever watches and written down for whoever runs it.

use std::process::ExitCode;

use ipc_ring_reference::report::write_down;
use serde_json::json;

/// What became of one thing that was tried.
pub struct Row {
    /// What was tried.
    pub what: String,
    /// How often, or at how many places.
    pub cases: u64,
    /// What a case is.
    pub unit: &'static str,
    /// What was done within: the part of it that a reader has to know to judge the number.
    pub bound: String,
    /// What went wrong, a sentence each.
    pub violations: Vec<String>,
}

/// What a harness found.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    not_run: Vec<String>,
}

/// The most violations of one thing that are told.
const TOLD: usize = 10;

impl Report {
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Says that something was left out, and why. That is told aloud, and is no pass.
    pub fn not_run(&mut self, what: &str, why: &str) {
        self.not_run.push(format!("{what}: {why}"));
    }

    /// Tells what `harness` found. Fails where anything went wrong, and where nothing was tried.
    pub fn tell(self, harness: &str) -> ExitCode {
        for Row { what, cases, unit, bound, violations } in &self.rows {
            println!("{harness}: {what}: {cases} {unit}, {bound}; violations {}", violations.len());
            for violation in violations.iter().take(TOLD) {
                println!("{harness}: {what}: VIOLATION: {violation}");
            }
            write_down(&json!({
                "check": harness, "what": what, "count": cases, "unit": unit, "bound": bound,
                "violations": violations.len(),
            }));
        }
        for what in &self.not_run {
            println!("{harness}: NOT RUN: {what}");
            write_down(&json!({ "check": harness, "not_run": what }));
        }
        let sound = self.rows.iter().all(|row| row.cases > 0 && row.violations.is_empty());
        match sound && !self.rows.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cases: u64, violations: &[&str]) -> Report {
        let violations = violations.iter().map(|violation| violation.to_string()).collect();
        let mut report = Report::default();
        report.add(Row { what: "a thing".into(), cases, unit: "times", bound: "in all ways".into(), violations });
        report
    }

    /// `ExitCode` has no equality, only a form to print.
    fn passes(report: Report) -> bool {
        format!("{:?}", report.tell("test")) == format!("{:?}", ExitCode::SUCCESS)
    }

    #[test]
    fn what_was_tried_without_a_violation_passes_and_nothing_else_does() {
        assert!(passes(row(7, &[])));
        assert!(!passes(row(7, &["it is torn"])));
        assert!(!passes(row(0, &[])));
        let mut left_out = Report::default();
        left_out.not_run("a thing", "there is no root");
        assert!(!passes(left_out));
    }
}
