//! Holds what texts and comments say of `cargo xtask` to its command line: each subcommand and flag that one names is
//! there.
//!
//! This is a test and no check: it fails for what a change of the command line makes untrue.

use std::path::Path;

use clap::error::ErrorKind;

use crate::shell::{files, read};

/// The endings of files that name commands: pages, sources, what configures something, and manual pages.
const TEXTS: [&str; 7] = ["1", "html", "md", "pml", "rs", "toml", "yml"];

/// What `text` calls for that the command line refuses, with the reason.
fn refused(text: &str) -> Vec<String> {
    let called = text.split("cargo xtask ").skip(1).map(|rest| {
        let line =
            rest.split(['`', '\n', '#', ';', '&', '|', '(', ')', '"', '\'', '\\', '<']).next().unwrap_or_default();
        let words = line.split_whitespace().map(|word| word.trim_end_matches([',', '.', ':', '?', ']']));
        // What begins with a capital letter, or a brace, stands for a name.
        Vec::from_iter(
            words.take_while(|word| word.starts_with(|first: char| first.is_ascii_lowercase() || first == '-')),
        )
    });
    let refused = called.filter(|words| !words.is_empty()).filter_map(|words| {
        let error = crate::interface().try_get_matches_from(["xtask"].iter().chain(&words)).err()?;
        let asks_for_more = [ErrorKind::MissingRequiredArgument, ErrorKind::DisplayHelp].contains(&error.kind());
        (!asks_for_more).then(|| format!("cargo xtask {}: {}", words.join(" "), error.kind()))
    });
    refused.collect()
}

#[test]
fn every_command_of_xtask_that_a_text_names_is_one() {
    let root = crate::root();
    let is_text = |path: &Path| TEXTS.iter().any(|kind| path.extension().is_some_and(|extension| extension == *kind));
    let texts = files(root).unwrap().into_iter().filter(|path| is_text(path));
    let told = |path: &std::path::PathBuf| {
        let refused = refused(&read(root.join(path)).unwrap()).into_iter();
        Vec::from_iter(refused.map(|refused| format!("{}: {refused}", path.display())))
    };
    assert_eq!(Vec::from_iter(texts.flat_map(|path| told(&path))), [""; 0]);
}

#[test]
fn a_command_that_xtask_does_not_know_is_found() {
    for well in ["ci", "verify --full", "check NAME...", "crash --kills 9", "check --list", "NAME", "{name}", "--help"]
    {
        assert_eq!(refused(&format!("Run `cargo xtask {well}`, or not.")), [""; 0]);
    }
    for wrong in ["full", "accept", "nonsense", "ci --full", "verify full", "check --lists", "harness", "xtask"] {
        assert_eq!(refused(&format!("```sh\ncargo xtask {wrong} # why\n```\n")).len(), 1, "{wrong}");
    }
}
