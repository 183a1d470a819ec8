//! SAFETY.md, the code, the tags of the checks, and the mutants resolve in both directions. (`docs/checks.md`, which is
//! made of them, is held against them by `cargo xtask traced`.)
#![cfg(not(any(loom, shuttle)))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ipc_ring_mutants::{Mutant, MUTANTS, UNBROKEN};
use ipc_ring_tags::{ids, words, Id, Statement, Test};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The Rust files below a directory, the documents apart: SAFETY.md, which is one, would prove itself.
fn sources(directory: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![root().join(directory)];
    while let Some(path) = left.pop() {
        if path.is_dir() && !path.ends_with("src/documents") {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn statements() -> BTreeMap<Id, Statement> {
    ipc_ring_tags::statements(&read("SAFETY.md")).unwrap()
}

fn tests() -> Vec<Test> {
    ipc_ring_tags::tests(root()).unwrap()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The identifiers that the comments in `src` cite, with the file of one citation.
fn cited() -> BTreeMap<Id, PathBuf> {
    let mut cited = BTreeMap::new();
    for path in sources("src") {
        for line in read(&path).lines() {
            let Some((_, comment)) = line.split_once("//") else { continue };
            cited.extend(ids(comment).map(|id| (id, path.clone())));
        }
    }
    cited
}

#[test]
fn safety_md_is_short_enough_to_be_read() {
    let text = read("SAFETY.md");
    let (_what_made_it, text) = text.split_once("-->\n\n").unwrap();
    let bytes = text.len();
    assert!(bytes <= 12 * 1024, "SAFETY.md has {bytes} bytes");
}

#[test]
fn every_identifier_that_is_cited_is_stated_and_every_statement_is_cited_in_the_code() {
    let (statements, cited) = (statements(), cited());
    for (id, path) in &cited {
        assert!(statements.contains_key(id), "{} cites {id}: SAFETY.md has no such statement", path.display());
    }
    for id in statements.keys() {
        assert!(cited.contains_key(id), "nothing in src/ cites {id} of SAFETY.md");
    }
    for id in ids(&read("SAFETY.md")) {
        assert!(statements.contains_key(&id), "SAFETY.md mentions {id}, which it does not state");
    }
}

#[test]
fn every_tag_names_a_statement_and_every_invariant_has_a_check_of_each_kind_that_it_claims() {
    let (statements, tests) = (statements(), tests());
    for test in &tests {
        for id in &test.tags {
            assert!(statements.contains_key(id), "{}: {} checks {id}, which is not stated", test.path, test.name);
        }
    }
    for (id, statement) in statements.iter().filter(|(id, _)| id.letter == 'I') {
        let checks = tests.iter().filter(|test| test.tags.contains(id));
        let evidence: BTreeSet<&str> = checks.map(Test::evidence).collect();
        assert!(!evidence.is_empty(), "{id} has no check");
        assert_eq!(statement.evidence(), evidence, "{id}: what SAFETY.md claims, and what its checks are");
    }
}

/// Whether the test is one of `tests/faults`.
fn is_of_a_fault(test: &Test) -> bool {
    test.path.starts_with("tests/faults/")
}

#[test]
fn every_model_and_every_test_of_a_fault_or_of_two_processes_is_tagged() {
    for test in tests() {
        // What tells whether a model is worth anything is none.
        let is_model = ["loom", "shuttle"].iter().any(|engine| test.is_model_of(engine));
        let is_model = is_model && !test.path.ends_with("/canaries.rs");
        let must = is_model || is_of_a_fault(&test) || test.path == "tests/processes.rs";
        assert!(!must || !test.tags.is_empty(), "{}: {} has no tag: `// Checks: I3.`", test.path, test.name);
    }
}

/// Where something holds is told by a file, and what of it in brackets.
#[test]
fn every_file_that_safety_md_names_exists_and_has_what_is_named_of_it() {
    let files = ["src", "tests", "verify"].map(sources).concat();
    let text = read("SAFETY.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut names = 0;
    for (at, _) in text.match_indices(".rs`") {
        let file = format!("{}.rs", text[..at].rsplit('`').next().unwrap());
        let found = files.iter().filter(|path| path.ends_with(&file));
        let texts: Vec<String> = found.map(read).collect();
        assert!(!texts.is_empty(), "SAFETY.md names {file}, which does not exist");
        let Some(within) = text[at..].strip_prefix(".rs` (") else { continue };
        for name in quoted(within.split(')').next().unwrap()) {
            let is_defined = |text: &String| {
                let words: Vec<&str> = words(text).collect();
                let kinds = ["fn", "struct", "enum", "const", "mod", "type"];
                words.windows(2).any(|pair| kinds.contains(&pair[0]) && pair[1] == name)
            };
            assert!(texts.iter().any(is_defined), "SAFETY.md: {name} is not in {file}");
            names += 1;
        }
    }
    assert!(names > 20, "{names} names");
}

/// `docs/reliability.md` and `tests/faults`, in both directions.
#[test]
fn every_fault_has_a_row_that_names_its_tests_and_every_test_of_a_fault_stands_in_its_row() {
    let catalogue = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let rows = table(&catalogue, "fault");
    let numbers: Vec<usize> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=48).collect::<Vec<_>>());
    let harnesses = fs::read_to_string(root().join("xtask/src/survive.rs")).unwrap();
    for harness in rows.iter().flat_map(|row| row[4].split(", ")).filter(|name| !name.is_empty()) {
        assert!(harnesses.contains(&format!("\"{harness}\"")), "{harness} is no harness");
    }
    // What a fault looks like from outside is told by the tools.
    let mut tests = tests();
    tests.retain(|test| is_of_a_fault(test) || test.path.starts_with("cli/tests/") && test.faults().count() > 0);
    for (number, row) in numbers.iter().zip(&rows) {
        let listed: BTreeSet<&str> = quoted(row[3]).collect();
        let found = tests.iter().filter(|test| test.faults().any(|fault| fault == *number));
        assert_eq!(listed, found.map(|test| &*test.name).collect(), "fault {number}");
        assert!(!listed.is_empty(), "fault {number} has no test");
    }
    for test in &tests {
        let name = &test.name;
        assert!(name.starts_with('f') || !is_of_a_fault(test), "{name} is not named after a fault");
        assert!(test.faults().count() > 0, "{name} is not named after a fault");
        assert!(test.faults().all(|fault| numbers.contains(&fault)), "{name} is named after a fault without a row");
    }
}

/// The rows of the table whose first column has this title, cell by cell.
fn table<'a>(document: &'a str, title: &str) -> Vec<Vec<&'a str>> {
    let (_, section) = document.split_once(&format!("\n| {title} |")).expect("there is such a table");
    let rows = section.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').skip(1).map(str::trim).collect()).collect()
}

/// Every edge of the contract has its row under the same name, and a constant of that name exists.
#[test]
fn the_edges_of_safety_md_are_those_of_the_ordering_contract() {
    let mut listed = BTreeSet::new();
    for (id, statement) in statements().iter().filter(|(id, _)| id.letter == 'O') {
        listed.insert((id.to_string(), statement.words.clone()));
    }
    let contract = read("src/atomics/order.rs");
    let mut defined = BTreeSet::new();
    let mut identifier = None;
    for line in contract.lines() {
        if let Some(comment) = line.strip_prefix("/// O") {
            identifier = Some(format!("O{}", comment.split(':').next().unwrap()));
        }
        if let Some(rest) = line.strip_prefix("pub(crate) const ") {
            let name = rest.split(':').next().unwrap().to_string();
            let edge = rest.split("edge(").nth(1).unwrap().split(')').next().unwrap();
            let (in_models, ordering) = edge.split_once(", ").unwrap();
            let identifier = identifier.take().expect("an edge has an identifier");
            assert_eq!(in_models, format!("{identifier:?}"), "{name} goes by another name in the models");
            defined.insert((identifier, format!("{name}, {ordering}")));
        }
    }
    assert_eq!(listed, defined);
}

/// `cargo xtask weaken` weakens these, and wants one of their models to fail.
#[test]
fn every_edge_that_can_be_weakened_has_a_model_of_loom_that_is_tagged_with_it() {
    let tests = tests();
    for (id, statement) in statements().iter().filter(|(id, _)| id.letter == 'O') {
        let is_model = |test: &Test| test.is_model_of("loom") && test.tags.contains(id);
        let cannot = statement.words.ends_with(", Relaxed");
        assert!(cannot || tests.iter().any(is_model), "{id}, {}: no model of loom is tagged with it", statement.words);
    }
}

/// What a mutant breaks is a statement, and its killer a model that is tagged with it.
#[test]
fn the_killer_of_a_mutant_is_a_model_that_checks_what_the_mutant_breaks() {
    let (statements, tests) = (statements(), tests());
    for Mutant { name, breaks, killer, .. } in MUTANTS {
        let breaks: Id = breaks.parse().unwrap();
        assert!(statements.contains_key(&breaks), "{name} breaks {breaks}, which is not stated");
        let is_killer = |test: &Test| test.is_model_of("loom") && test.name == *killer && test.tags.contains(&breaks);
        assert!(tests.iter().any(is_killer), "{name}: {killer} is no model of loom that is tagged with {breaks}");
    }
}

/// Every invariant is broken on purpose, and every Relaxed edge, except where `verify/mutants` says why not.
/// (What is stronger is weakened.)
#[test]
fn what_no_mutant_breaks_is_excused() {
    let is_needed = |id: &Id, statement: &Statement| id.letter == 'I' || statement.words.ends_with(", Relaxed");
    for (id, _) in statements().iter().filter(|(id, statement)| is_needed(id, statement)) {
        let id = id.to_string();
        let is_broken = MUTANTS.iter().any(|mutant| mutant.breaks == id);
        assert!(is_broken != UNBROKEN.iter().any(|(excused, _)| *excused == id), "{id}: broken, or excused?");
    }
}

#[test]
fn what_a_mutant_breaks_stands_in_the_code_once() {
    for Mutant { name, file, piece, broken, how, .. } in MUTANTS {
        let text = fs::read_to_string(root().join("src").join(file)).unwrap();
        assert_eq!(text.matches(piece).count(), 1, "{name}: how often {piece:?} stands in src/{file}");
        assert!(piece != broken && how.len() > 4, "{name}: {how:?}");
    }
}

/// What the model of liveness takes from the code is there, once, and in the order of the steps of one letter.
#[test]
fn every_step_of_the_model_of_liveness_is_a_line_of_the_code() {
    let steps = ipc_ring_tags::steps(&read("verify/spin/ring.pml"));
    let mut last = ("", "", 0);
    for step in &steps {
        let (label, file, code) = (&*step.label, &*step.file, &*step.code);
        assert!(!code.is_empty(), "{label} quotes no code");
        let text = read(Path::new("src").join(file));
        let found: Vec<usize> = text.match_indices(code).map(|(at, _)| at).collect();
        assert_eq!(found.len(), 1, "{label}: how often {code:?} stands in src/{file}");
        let continues = last.0 == &label[..1] && last.1 == file;
        assert!(!continues || last.2 < found[0], "{label}: {code:?} stands before the step that precedes it");
        last = (&label[..1], file, found[0]);
    }
}

#[test]
fn the_steps_of_the_model_of_liveness_and_what_leaves_them_out_are_those_of_its_head() {
    let model = read("verify/spin/ring.pml");
    let steps = ipc_ring_tags::steps(&model);
    let listed: BTreeSet<&str> = steps.iter().map(|step| &*step.label).collect();
    let labels = model.lines().filter_map(|line| line.split_once(':')).map(|(label, _)| label);
    let is_step = |label: &&str| label.len() == 2 && label.starts_with(|c: char| c.is_ascii_uppercase());
    assert_eq!(listed, labels.filter(is_step).collect());
    let left_out: BTreeSet<&str> = steps.iter().flat_map(|step| &step.without).map(String::as_str).collect();
    let asked = model.lines().filter(|line| line.starts_with('#')).flat_map(words);
    assert_eq!(left_out, asked.filter(|word| word.starts_with("WITHOUT_")).collect());
}
