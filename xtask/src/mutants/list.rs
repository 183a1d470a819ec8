//! What cargo-mutants would put in the place of pieces of the library.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{ensure, Context, Result};
use ipc_ring_mutants::Equivalent;
use serde_json::Value;

use crate::schemata::Mutated;
use crate::shell::{cmd, printed, read, target_directory, write, Shell};

/// Files of `src` that are no part of what ships here.
const ELSEWHERE: [&str; 8] = [
    "atomics/heap.rs",
    "atomics/loom.rs",
    "atomics/shuttle.rs",
    "atomics/weaken.rs",
    "atomics/witness.rs",
    "atomics/miri/",
    "model/engine.rs",
    "sys/macos.rs",
];

/// A mutant of the library.
pub struct Candidate {
    pub broken: Mutated,
    /// The line of the source in which it begins, and what it does: these stay when other lines come and go.
    line: String,
    change: String,
}

impl Candidate {
    pub fn name(&self) -> &str {
        &self.broken.name
    }

    pub fn is(&self, known: &Equivalent) -> bool {
        known.file == self.broken.file && known.line == self.line && known.change == self.change
    }

    /// What survives, as a line of `verify/mutants/equivalent.rs` names it.
    pub fn told(&self) -> String {
        let Self { broken, line, change } = self;
        format!("{} survives: file: {:?}, line: {line:?}, change: {change:?}", broken.name, broken.file)
    }
}

/// The mutants of what changed since the revision `since`, or else of the files at `paths`: all of them, or those that
/// are `named`.
pub fn candidates(sh: &Shell, since: Option<&str>, named: Option<&str>, paths: &[&String]) -> Result<Vec<Candidate>> {
    let mut words =
        Vec::from(["--list", "--json", "--package", "ipc_ring", "--exclude-re", r"\btests::"].map(String::from));
    words.extend(named.into_iter().flat_map(|named| ["--re".into(), named.into()]));
    if let Some(revision) = since {
        let difference = target_directory().join("mutants.diff");
        write(&difference, &(printed(&cmd!(sh, "git diff {revision} -- src"))? + "\n"))?;
        words.extend(["--in-diff".into(), difference.display().to_string()]);
    }
    for path in paths {
        ensure!(Path::new(path).exists(), "there is no {path}: name files or folders of src");
        words.extend(["--file".into(), if Path::new(path).is_dir() { format!("{path}/**") } else { path.to_string() }]);
    }
    let listed: Vec<Value> = serde_json::from_str(&printed(&cmd!(sh, "cargo mutants {words...}"))?)?;
    let mut sources = BTreeMap::new();
    let mut candidates = Vec::new();
    for mutant in &listed {
        let path = mutant["file"].as_str().context("a mutant is in a file")?;
        let Some(file) =
            path.strip_prefix("src/").filter(|file| !ELSEWHERE.iter().any(|other| file.starts_with(other)))
        else {
            continue;
        };
        if !sources.contains_key(path) {
            sources.insert(path, read(path)?);
        }
        candidates.push(candidate(mutant, file, &sources[path]).with_context(|| mutant.to_string())?);
    }
    Ok(candidates)
}

fn candidate(mutant: &Value, file: &str, source: &str) -> Result<Candidate> {
    let place = |end: &str| -> Result<usize> {
        let number = |what| mutant["span"][end][what].as_u64().context("a place is two numbers");
        offset(source, number("line")? as usize, number("column")? as usize).context("the place is not there")
    };
    let (start, end) = (place("start")?, place("end")?);
    let text = |field: &str| mutant[field].as_str().context("it is a text");
    let (name, replacement) = (text("name")?, text("replacement")?);
    let begins = source[..start].rfind('\n').map_or(0, |at| at + 1);
    Ok(Candidate {
        line: source[begins..].lines().next().unwrap_or_default().trim().into(),
        change: name.split_once(": ").context("a name has a place")?.1.into(),
        broken: Mutated {
            name: name.into(),
            file: file.into(),
            text: format!("{}{replacement}{}", &source[..start], &source[end..]),
        },
    })
}

/// Where the character is in this line and column, both counted from one.
fn offset(source: &str, line: usize, column: usize) -> Option<usize> {
    let begins = source.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let within = source.get(begins..)?.char_indices().map(|(at, _)| at);
    within.chain([source.len() - begins]).nth(column - 1).map(|at| begins + at)
}

#[test]
fn a_mutant_is_read_with_what_stays_when_lines_come_and_go() {
    let source = "fn one() {}\nfn two() -> bool {\n    é == 2\n}\n";
    let at = |line, column| serde_json::json!({ "line": line, "column": column });
    let mutant = serde_json::json!({
        "name": "src/a.rs:3:7: replace == with != in two", "file": "src/a.rs", "replacement": "!=",
        "span": { "start": at(3, 7), "end": at(3, 9) },
    });
    let found = candidate(&mutant, "a.rs", source).unwrap();
    assert_eq!(found.broken.text, source.replace("==", "!="));
    assert_eq!((&*found.line, &*found.change), ("é == 2", "replace == with != in two"));
    let known = |line| Equivalent { file: "a.rs", line, change: "replace == with != in two", why: "" };
    assert!(found.is(&known("é == 2")) && !found.is(&known("é == 3")));
}
