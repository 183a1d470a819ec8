//! The house rules that no lint knows: `rules.rs` lists them, this holds every Rust file against them.

mod rules;

use std::path::Path;

use crate::report::Checked;
use crate::shell::{no_complaints, rust_files, Shell};
use rules::RULES;

pub fn run(_: &Shell, _: &[String]) -> Checked {
    no_complaints(complaints(&rust_files(Path::new("."))?))
}

/// What is wrong with `files`, a line each; and with a rule that no file is subject to: its folder is gone.
fn complaints(files: &[(String, String)]) -> Vec<String> {
    let mut all = Vec::new();
    for rule in RULES {
        let mut is_for_none = true;
        for (path, text) in files {
            let broken = rule.broken_lines(path, text);
            is_for_none &= broken.is_none();
            all.extend(broken.iter().flatten().map(|number| format!("{path}:{number}: {}", rule.0)));
        }
        all.extend(is_for_none.then(|| format!("xtask/src/tidy/rules.rs:1: {}: no file is subject to this", rule.0)));
    }
    all
}

#[test]
fn a_complaint_names_the_file_the_line_and_the_rule_and_a_rule_without_a_file_is_one() {
    let long = ("src/a.rs".to_string(), format!("//! Doc.\n\n{}\n", "x".repeat(121)));
    assert!(complaints(&[long]).contains(&"src/a.rs:3: a line has at most 120 characters".into()));
    assert_eq!(complaints(&[]).len(), RULES.len());
}
