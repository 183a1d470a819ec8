//! Compares docs/checks.md with its sources: SAFETY.md, the tags of the tests, the mutants, the certificate and the
//! model of liveness. `--write` writes the page from them. And each test that the page names is one that is run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use anyhow::{ensure, Error, Result};
use ipc_ring_mutants::{MUTANTS, UNBROKEN};
use ipc_ring_tags::{statements, steps, tests, Id, Statement, Step, Test};
use serde_json::Value;

use crate::check::all_are_run;
use crate::explored::certificate;
use crate::report::Checked;
use crate::shell::{read, with_commas, write, Shell};

const PAGE: &str = "docs/checks.md";
const MODEL: &str = "verify/spin/ring.pml";
/// The sections of the page, by the letters of their identifiers.
const SECTIONS: [(char, &str, &str); 3] = [
    ('I', "Invariants", ""),
    (
        'O',
        "Ordering edges",
        "`cargo xtask weaken` weakens each that is not Relaxed: one of the models listed below it has to fail.\n",
    ),
    ('T', "Trust", "Taken for granted. A test shows what follows where an assumption does not hold, or part of it.\n"),
];

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    let page = page()?;
    // Elsewhere the tests of what Linux does are not compiled. The models are compared where they run (checks.rs).
    let run = if cfg!(target_os = "linux") { all_are_run(sh, None)? } else { String::new() };
    if asked.iter().any(|word| word == "write") {
        write(PAGE, &page)?;
    }
    ensure!(
        read(PAGE).is_ok_and(|there| there == page),
        "{PAGE} is not as the tags have it: cargo xtask traced --write"
    );
    Ok(format!("{} lines; {run}", page.lines().count()))
}

/// The statements of SAFETY.md.
pub fn stated() -> Result<BTreeMap<Id, Statement>> {
    statements(&read("SAFETY.md")?).map_err(Error::msg)
}

/// All tests and models.
pub fn tagged() -> Result<Vec<Test>> {
    tests(Path::new(".")).map_err(Error::msg)
}

/// The text of the page.
pub fn page() -> Result<String> {
    let (statements, tests) = (stated()?, tagged()?);
    let unknown = tests.iter().flat_map(|test| test.tags.iter().map(move |id| (id, test)));
    let unknown = Vec::from_iter(unknown.filter(|(id, _)| !statements.contains_key(id)));
    let told = unknown.iter().map(|(id, test)| format!("{}: {} checks {id}", test.path, test.name));
    ensure!(unknown.is_empty(), "SAFETY.md does not state this: {}", Vec::from_iter(told).join("; "));
    let mut page = format!("{HEAD}{}", explored(&certificate()?)?);
    for (letter, title, intro) in SECTIONS {
        write!(page, "\n## {title}\n{}{intro}", if intro.is_empty() { "" } else { "\n" })?;
        for (id, statement) in statements.iter().filter(|(id, _)| id.letter == letter) {
            page += &section(*id, &statement.words, &tests);
        }
    }
    Ok(page + &liveness(&steps(&read(MODEL)?)))
}

const HEAD: &str = "# What checks what

<!-- Written by `cargo xtask traced --write`, out of SAFETY.md, the tags beside the tests, and verify/mutants. -->

For each statement of [SAFETY.md](../SAFETY.md): the tests and models that check it, and the mutants that break it, with
the model that fails then. `cargo xtask check NAME...` runs any of them by its name, or all that checks a statement
(`cargo xtask check I3`); `cargo xtask check --list` prints the names.

";

/// How much of the models each lane has to explore.
fn explored(certificate: &Value) -> Result<String> {
    let mut told = String::from("| lane | engine | models | executions certified |\n| --- | --- | ---: | ---: |\n");
    for lane in ["ci", "full"] {
        for engine in ["loom", "shuttle"] {
            let models = Vec::from_iter(certificate[lane][engine].as_object().into_iter().flatten());
            let executions = models.iter().filter_map(|(_, model)| model["executions"].as_u64()).sum();
            let models = models.len();
            writeln!(told, "| {lane} | {engine} | {models} | {} |", with_commas(executions))?;
        }
    }
    Ok(told)
}

/// A statement's part of the page: where its checks are by their names, and its mutants.
fn section(id: Id, words: &str, tests: &[Test]) -> String {
    let mut checks: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for test in tests.iter().filter(|test| test.tags.contains(&id)) {
        checks.entry(&test.name).or_default().insert(place(&test.path));
    }
    let check = |(name, places)| format!("- `{name}` ({})\n", Vec::from_iter::<BTreeSet<&str>>(places).join(", "));
    let id = id.to_string();
    let mutants = MUTANTS.iter().filter(|mutant| mutant.breaks == id);
    let mutants = mutants.map(|mutant| format!("- mutant: {}\n  - fails: `{}`\n", mutant.name, mutant.killer));
    let excuse =
        UNBROKEN.iter().filter(|(unbroken, _)| *unbroken == id).map(|(_, why)| format!("- no mutant: {why}\n"));
    let all: String = checks.into_iter().map(check).chain(mutants).chain(excuse).collect();
    let all = if all.is_empty() { "- taken on trust: no check\n" } else { &all };
    format!("\n### {id}: {words}\n\n{all}")
}

/// Where a test is, in a word or two.
fn place(path: &str) -> &str {
    let parts = Vec::from_iter(path.split('/'));
    match parts[..] {
        ["verify", engine, ..] => engine,
        ["tests", file] => file.trim_end_matches(".rs"),
        ["tests", folder, ..] => folder,
        _ => path,
    }
}

fn liveness(steps: &[Step]) -> String {
    let intro =
        "\n## Liveness\n\nThe steps of the model `verify/spin/ring.pml`, each with the line of `src` that it is, and \
                 the variants of the model\nthat leave it out: in each of these, a property has to fail \
                 (`cargo xtask spin`).\n\n";
    let step = |Step { label, does, file, code, without }: &Step| {
        let without: String = without.iter().map(|variant| format!("  - left out: `{variant}`\n")).collect();
        format!("- {label}: {does}\n  - `{file}`: `{code}`\n{without}")
    };
    intro.to_string() + &steps.iter().map(step).collect::<String>()
}

#[test]
fn a_check_stands_once_below_what_it_checks_with_all_places_that_it_is_in() {
    let id: Id = "I99".parse().unwrap();
    let test = |name: &str, path: &str, tags| Test { name: name.into(), path: path.into(), tags };
    let tests = [
        test("b", "verify/loom/x.rs", vec![id]),
        test("b", "verify/shuttle/x.rs", vec![id]),
        test("a", "tests/faults/x.rs", vec![id]),
        test("c", "tests/x.rs", vec![]),
    ];
    assert_eq!(section(id, "words", &tests), "\n### I99: words\n\n- `a` (faults)\n- `b` (loom, shuttle)\n");
    assert_eq!(section(id, "words", &[]), "\n### I99: words\n\n- taken on trust: no check\n");
    assert!(section("I0".parse().unwrap(), "", &[]).contains("- no mutant: it is about files"));
}
