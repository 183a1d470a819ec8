//! The house rules that no lint knows: `rules.rs` lists them, this holds every Rust file against them.

mod rules;

use std::path::Path;

use crate::report::Checked;
use crate::shell::{nothing_wrong, rust_files, Shell};
use rules::RULES;

pub fn run(_: &Shell, _: &[String]) -> Checked {
    let complaints = complaints(&rust_files(Path::new("."))?);
    complaints.iter().for_each(|complaint| println!("{complaint}"));
    nothing_wrong((!complaints.is_empty()).then(|| format!("{} complaints", complaints.len())))
}

/// What is wrong with `files`, a line each; and with the rules, where one does not do what its examples say or
/// no file is subject to it: then its folder is gone.
fn complaints(files: &[(String, String)]) -> Vec<String> {
    let mut all = Vec::new();
    for rule in RULES {
        all.extend(rule.defects().iter().map(|defect| format!("xtask/src/tidy/rules.rs:1: {}: {defect}", rule.says)));
        let subject: Vec<_> = files.iter().filter(|(path, _)| rule.applies_to(path)).collect();
        if subject.is_empty() {
            all.push(format!("xtask/src/tidy/rules.rs:1: {}: no file is subject to this", rule.says));
        }
        for (path, text) in subject {
            let broken = rule.demand.broken_lines(text);
            all.extend(broken.iter().map(|number| format!("{path}:{number}: {}", rule.says)));
        }
    }
    all
}

#[test]
fn a_complaint_names_the_file_the_line_and_the_rule_and_a_rule_without_a_file_is_one() {
    let complaints_of = |text: &str| complaints(&[("src/a.rs".to_string(), text.to_string())]);
    let complaint = "src/a.rs:3: a line has at most 120 characters".to_string();
    assert!(complaints_of(&format!("//! Doc.\n\n{}\n", "x".repeat(121))).contains(&complaint));
    assert_eq!(complaints(&[]).len(), RULES.len());
}
