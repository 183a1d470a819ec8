//! The harnesses that need Linux, where there is none: each says aloud that it was not run.

use clap::Command;

use crate::report::Report;
use crate::Part;

pub mod resources {
    use super::*;

    pub const HARNESS: Part = Part {
        command: || Command::new("resources").about("Not on this system"),
        run: |_| not_run("want of everything", "this system has neither tmpfs nor a ptrace as Linux has it"),
    };
}

pub mod namespaces {
    use super::*;

    pub const HARNESS: Part = Part {
        command: || Command::new("namespaces").about("Not on this system"),
        run: |_| not_run("liveness across namespaces", "this system has none"),
    };
}

fn not_run(what: &str, why: &str) -> Result<Report, String> {
    let mut report = Report::default();
    report.not_run(what, why);
    Ok(report)
}
