//! The house rules that no lint knows: `rules.rs` lists them, this holds every Rust file against them.

mod rules;

use std::path::Path;

use crate::files::rust_files;
use crate::outcome::Outcome;
use rules::RULES;

const RULES_FILE: &str = "xtask/src/tidy/rules.rs";

pub fn run() -> Outcome {
    match rust_files(Path::new(".")) {
        Ok(files) => {
            let complaints = complaints(&files);
            complaints.iter().for_each(|complaint| println!("{complaint}"));
            match complaints.len() {
                0 => Outcome::Passed,
                number => Outcome::Failed(format!("{number} complaints")),
            }
        }
        Err(error) => Outcome::Failed(error),
    }
}

/// What is wrong with `files`, a line each; and with the rules, where one does not do what its examples say or
/// no file is subject to it: then its folder is gone.
fn complaints(files: &[(String, String)]) -> Vec<String> {
    let mut all = Vec::new();
    for rule in RULES {
        all.extend(rule.defects().iter().map(|defect| format!("{RULES_FILE}:1: {}: {defect}", rule.says)));
        let subject: Vec<_> = files.iter().filter(|(path, _)| rule.applies_to(path)).collect();
        if subject.is_empty() {
            all.push(format!("{RULES_FILE}:1: {}: no file is subject to this", rule.says));
        }
        for (path, text) in subject {
            let broken = rule.demand.broken_lines(text);
            all.extend(broken.iter().map(|number| format!("{path}:{number}: {}", rule.says)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_names_the_file_the_line_and_the_rule() {
        let files = [("src/a.rs".to_string(), format!("//! Doc.\n\n{}\n", "x".repeat(121)))];
        let complaints = complaints(&files);
        assert!(complaints.contains(&"src/a.rs:3: a line has at most 120 characters".into()), "{complaints:?}");
    }

    #[test]
    fn a_rule_without_a_file_is_a_complaint() {
        assert_eq!(complaints(&[]).len(), RULES.len());
    }
}
