//! SAFETY.md, the code and the checks resolve in both directions.
#![cfg(not(any(loom, shuttle)))]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ipc_ring_mutants::{Mutant, MUTANTS};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
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

/// The words of `text`: runs of letters, digits and underscores.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).filter(|word| !word.is_empty())
}

fn is_identifier(word: &str) -> bool {
    let digits = word.strip_prefix(['I', 'O', 'T']).unwrap_or("");
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// The rows of SAFETY.md's tables, by identifier.
fn rows(safety: &str) -> BTreeMap<&str, &str> {
    let mut rows = BTreeMap::new();
    for line in safety.lines() {
        let Some(identifier) = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next()) else { continue };
        if is_identifier(identifier) {
            assert!(rows.insert(identifier, line).is_none(), "{identifier} is defined twice in SAFETY.md");
        }
    }
    rows
}

/// The identifiers that the comments in `src` cite, with the file of one citation.
fn cited() -> BTreeMap<String, PathBuf> {
    let mut cited = BTreeMap::new();
    for path in sources("src") {
        for line in fs::read_to_string(&path).unwrap().lines() {
            let Some((_, comment)) = line.split_once("//") else { continue };
            for word in words(comment).filter(|word| is_identifier(word)) {
                cited.insert(word.to_string(), path.clone());
            }
        }
    }
    cited
}

/// The names of the tests in a file, but for those that are ignored.
fn tests_in(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let mut names = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("fn ").filter(|_| marked) {
            names.push(words(rest).next().unwrap().to_string());
            marked = false;
        }
        marked = (marked || line == "#[test]") && !line.starts_with("#[ignore");
    }
    names
}

/// The names of the tests and models there are.
fn checks() -> BTreeSet<String> {
    ["src", "tests", "verify"].map(sources).concat().iter().flat_map(|path| tests_in(path)).collect()
}

/// What stands in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn safety() -> String {
    fs::read_to_string(root().join("SAFETY.md")).unwrap()
}

#[test]
fn every_identifier_in_the_code_is_defined_in_safety_md() {
    let safety = safety();
    let rows = rows(&safety);
    for (identifier, path) in cited() {
        assert!(rows.contains_key(&*identifier), "{} cites {identifier}: SAFETY.md has no such row", path.display());
    }
}

#[test]
fn every_identifier_of_safety_md_is_cited_in_the_code() {
    let cited = cited();
    for identifier in rows(&safety()).keys() {
        assert!(cited.contains_key(*identifier), "nothing in src/ cites {identifier} of SAFETY.md");
    }
}

#[test]
fn every_identifier_in_the_text_of_safety_md_has_a_row() {
    let safety = safety();
    let rows = rows(&safety);
    for word in words(&safety).filter(|word| is_identifier(word)) {
        assert!(rows.contains_key(word), "SAFETY.md mentions {word}, which it does not define");
    }
}

#[test]
fn every_check_that_safety_md_names_exists_and_every_invariant_names_one() {
    let (safety, checks) = (safety(), checks());
    for (identifier, row) in rows(&safety) {
        // A name of three words and more is a check's; shorter ones are of files and functions.
        let named: Vec<&str> =
            quoted(row).filter(|name| name.matches('_').count() >= 2 && !name.contains('.')).collect();
        for name in &named {
            assert!(checks.contains(*name), "{identifier} names the check {name}, which does not exist");
        }
        assert!(!identifier.starts_with('I') || !named.is_empty(), "{identifier} names no check");
    }
}

#[test]
fn every_file_that_safety_md_names_exists() {
    let files = ["src", "tests", "verify"].map(sources).concat();
    for (identifier, row) in rows(&safety()) {
        for name in quoted(row).filter(|name| name.ends_with(".rs")) {
            assert!(files.iter().any(|path| path.ends_with(name)), "{identifier} names {name}, which does not exist");
        }
    }
}

/// Where something holds is told by a file, and what of it in brackets.
#[test]
fn what_safety_md_names_of_a_file_is_in_it() {
    let files = ["src", "tests", "verify"].map(sources).concat();
    let mut names = 0;
    for (identifier, row) in rows(&safety()) {
        for (before, after) in row.match_indices(".rs` (").map(|(at, _)| row.split_at(at)) {
            let file = format!("{}.rs", before.rsplit('`').next().unwrap());
            let within = after.split_once('(').unwrap().1.split(')').next().unwrap();
            let of_it = files.iter().filter(|path| path.ends_with(&file)).map(|path| fs::read_to_string(path).unwrap());
            let texts: Vec<String> = of_it.collect();
            for name in
                quoted(within).filter(|name| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_'))
            {
                let is_defined = |text: &String| {
                    ["fn", "struct", "enum", "const", "mod", "type"]
                        .iter()
                        .any(|kind| words(text).collect::<Vec<_>>().windows(2).any(|pair| pair == [*kind, name]))
                };
                assert!(texts.iter().any(is_defined), "{identifier}: {name} is not in {file}");
                names += 1;
            }
        }
    }
    assert!(names > 20, "{names} names");
}

#[test]
fn every_model_and_every_test_of_a_hostile_peer_or_a_dead_one_is_named_in_safety_md() {
    let safety = safety();
    for path in ["verify/loom", "tests/faults", "tests/processes.rs"].map(sources).concat() {
        for name in tests_in(&path) {
            assert!(safety.contains(&format!("`{name}`")), "{}: SAFETY.md does not name {name}", path.display());
        }
    }
}

/// The faults that the name of a test says it is about: that of its beginning, and further ones in its midst.
fn faults_of(test: &str) -> impl Iterator<Item = usize> + '_ {
    test.split('_').filter_map(|word| word.strip_prefix('f').filter(|digits| digits.len() == 2)?.parse().ok())
}

/// `docs/reliability.md` and `tests/faults`, in both directions.
#[test]
fn every_fault_has_a_row_that_names_its_tests_and_every_test_of_a_fault_stands_in_its_row() {
    let catalogue = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let rows = table(&catalogue, "fault");
    let numbers: Vec<usize> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=45).chain([47, 48]).collect::<Vec<_>>());
    let harnesses = fs::read_to_string(root().join("xtask/src/survive.rs")).unwrap();
    for harness in rows.iter().flat_map(|row| row[4].split(", ")).filter(|name| !name.is_empty()) {
        assert!(harnesses.contains(&format!("\"{harness}\"")), "{harness} is no harness");
    }
    let tests: Vec<String> = sources("tests/faults").iter().flat_map(|path| tests_in(path)).collect();
    // What a fault looks like from outside is told by the tools.
    let of_tools = sources("cli/tests")
        .iter()
        .flat_map(|path| tests_in(path))
        .filter(|test| faults_of(test).count() > 0)
        .collect::<Vec<_>>();
    for (number, row) in numbers.iter().zip(&rows) {
        let listed: BTreeSet<&str> = quoted(row[3]).collect();
        let found = tests.iter().chain(&of_tools).filter(|test| faults_of(test).any(|fault| fault == *number));
        assert_eq!(listed, found.map(String::as_str).collect(), "fault {number}");
        assert!(!listed.is_empty(), "fault {number} has no test");
    }
    for test in &tests {
        assert!(test.starts_with('f') && faults_of(test).next().is_some(), "{test} is not named after a fault");
        assert!(faults_of(test).all(|fault| numbers.contains(&fault)), "{test} is named after a fault without a row");
    }
}

/// Every edge of the contract has its row under the same name, and a constant of that name exists.
#[test]
fn the_edges_of_safety_md_are_those_of_the_ordering_contract() {
    let safety = safety();
    let listed: BTreeSet<(String, String, String)> = rows(&safety)
        .iter()
        .filter(|(identifier, _)| identifier.starts_with('O'))
        .map(|(identifier, row)| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let name = cells[2].split(':').next().unwrap();
            (identifier.to_string(), name.to_string(), cells[3].to_string())
        })
        .collect();
    let contract = fs::read_to_string(root().join("src/atomics/order.rs")).unwrap();
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
            defined.insert((identifier, name, ordering.to_string()));
        }
    }
    assert_eq!(listed, defined);
}

/// The rows of the table in SAFETY.md whose first column has this title, cell by cell.
fn table<'a>(safety: &'a str, title: &str) -> Vec<Vec<&'a str>> {
    let (_, section) = safety.split_once(&format!("\n| {title} |")).expect("SAFETY.md has such a table");
    let rows = section.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('|').skip(1).map(str::trim).collect()).collect()
}

/// The mutants, each with what it breaks, where, and the check of that which notices.
#[test]
fn what_is_broken_on_purpose_is_in_safety_md_with_the_check_that_notices() {
    let safety = safety();
    let listed: BTreeSet<Vec<&str>> = table(&safety, "what is broken")
        .iter()
        .map(|row| row[..4].iter().map(|cell| cell.trim_matches('`')).collect())
        .collect();
    let cells = |mutant: &Mutant| vec![mutant.name, mutant.breaks, mutant.file, mutant.killer];
    assert_eq!(listed, MUTANTS.iter().map(cells).collect());
    let rows = rows(&safety);
    for Mutant { name, breaks, killer, .. } in MUTANTS {
        assert!(rows[breaks].contains(&format!("`{killer}`")), "{name}: {breaks} does not name {killer}");
    }
}

/// Every invariant is broken on purpose, but for those of which SAFETY.md says that no model sees them.
#[test]
fn every_invariant_that_a_model_can_see_is_broken_by_a_mutant() {
    let safety = safety();
    let (_, section) = safety.split_once("## Broken on purpose").unwrap();
    let excepted: Vec<&str> = words(section.split("| what is broken").next().unwrap()).collect();
    for identifier in rows(&safety).keys().filter(|identifier| identifier.starts_with('I')) {
        let broken = MUTANTS.iter().any(|mutant| mutant.breaks == *identifier);
        assert!(broken != excepted.contains(identifier), "{identifier}: broken on purpose, or excepted?");
    }
}

#[test]
fn what_a_mutant_breaks_stands_in_the_code_once() {
    for Mutant { name, file, piece, broken, how, .. } in MUTANTS {
        let text = fs::read_to_string(root().join("src").join(file)).unwrap();
        assert_eq!(text.matches(piece).count(), 1, "{name}: {piece:?} stands in src/{file} so many times");
        assert!(piece != broken && how.len() > 4, "{name}: {how:?}");
    }
}

/// The table of steps: label, meaning, file, code, what leaves it out.
fn steps(safety: &str) -> Vec<Vec<&str>> {
    table(safety, "step")
}

/// What the model of liveness takes from the code is there, once, and in the order of the steps of one letter.
#[test]
fn every_step_of_the_model_of_liveness_is_a_line_of_the_code() {
    let safety = safety();
    let mut last = ("", "", 0);
    for row in steps(&safety) {
        let (label, file, code) = (row[0], row[2].trim_matches('`'), row[3].trim_matches('`'));
        assert!(!code.is_empty(), "{label} quotes no code");
        let text = fs::read_to_string(root().join("src").join(file)).unwrap();
        let found: Vec<usize> = text.match_indices(code).map(|(at, _)| at).collect();
        assert_eq!(found.len(), 1, "{label}: {code:?} stands in src/{file} so many times");
        let continues = last.0 == &label[..1] && last.1 == file;
        assert!(!continues || last.2 < found[0], "{label}: {code:?} stands before the step that precedes it");
        last = (&label[..1], file, found[0]);
    }
}

#[test]
fn the_steps_of_the_model_of_liveness_are_those_of_safety_md() {
    let (safety, model) = (safety(), fs::read_to_string(root().join("verify/spin/ring.pml")).unwrap());
    let listed: BTreeSet<&str> = steps(&safety).iter().map(|row| row[0]).collect();
    let labels = model.lines().filter_map(|line| line.split_once(':')).map(|(label, _)| label);
    let is_step = |label: &&str| label.len() == 2 && label.starts_with(|c: char| c.is_ascii_uppercase());
    assert_eq!(listed, labels.filter(is_step).collect());
    let left_out: BTreeSet<&str> = steps(&safety).iter().flat_map(|row| quoted(row[4]).collect::<Vec<_>>()).collect();
    let variants = words(&model).filter(|word| word.len() > "WITHOUT_".len() && word.starts_with("WITHOUT_"));
    assert_eq!(left_out, variants.collect());
}

/// The executions of a lane under an engine, with commas.
fn certified(certificate: &serde_json::Value, lane: &str, engine: &str) -> String {
    let models = certificate[lane][engine].as_object().unwrap().values();
    let sum: u64 = models.map(|model| model["executions"].as_u64().unwrap()).sum();
    let digits = sum.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

#[test]
fn the_executions_that_safety_md_tells_of_are_those_of_the_certificate() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let certificate = serde_json::from_str(&read("verify/certificate.json")).unwrap();
    let safety: String = read("SAFETY.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for lane in ["ci", "full"] {
        for engine in ["loom", "shuttle"] {
            let sum = certified(&certificate, lane, engine);
            assert!(safety.contains(&sum), "{lane}, {engine}: SAFETY.md does not tell of {sum} executions");
        }
    }
}
