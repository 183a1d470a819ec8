//! How much code there is, part by part: lines that are neither empty nor a comment.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use crate::shell::{rust_files, table, with_commas};

/// The folders whose own folders are parts of their own.
const DIVIDED: [&str; 3] = ["benches", "cli", "verify"];

/// Prints the lines of each part, and of all.
pub fn print() -> Result<()> {
    let mut parts: BTreeMap<String, u64> = BTreeMap::new();
    for (path, text) in rust_files(Path::new("."))? {
        *parts.entry(part(&path)).or_default() += code(&text);
    }
    let all = ("all".to_string(), parts.values().sum());
    let rows = parts.into_iter().chain([all]).map(|(part, lines)| [part, with_commas(lines)]);
    print!("{}", table(["part", ">lines"], rows));
    Ok(())
}

fn part(path: &str) -> String {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let deep = if DIVIDED.iter().any(|divided| path.starts_with(divided)) { 2 } else { 1 };
    Vec::from_iter(folders.split('/').take(deep)).join("/")
}

fn code(text: &str) -> u64 {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count() as u64
}

#[test]
fn what_is_empty_or_a_comment_is_no_code() {
    assert_eq!(code("//! Doc.\n\nfn a() { // why\n    /// Doc.\n}\n"), 2);
    assert_eq!(["src/a/b.rs", "verify/loom/a.rs", "verify/a.rs"].map(part), ["src", "verify/loom", "verify"]);
}
