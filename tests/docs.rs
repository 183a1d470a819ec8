//! What the documents show is so: their links lead somewhere, their figures are those that were measured, and every
//! public item has an example. (Their shell blocks are run by `cli/tests/documents.rs`, which has the tools.)
#![cfg(not(any(loom, shuttle)))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// README.md, SAFETY.md and `docs/*.md`, from the repository's root.
fn documents() -> Vec<PathBuf> {
    let in_docs =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    let mut documents: Vec<PathBuf> =
        in_docs.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect();
    documents.extend(["README.md", "SAFETY.md"].map(PathBuf::from));
    documents.sort();
    assert!(documents.len() >= 3, "{documents:?}");
    documents
}

/// Also where a block is not run, the checks that it calls for exist.
#[test]
fn every_check_that_a_document_names_is_one_of_xtask() {
    let sources = ["main.rs", "checks.rs"].map(|file| read(Path::new("xtask/src").join(file))).concat();
    for path in documents() {
        for named in read(&path).split("cargo xtask ").skip(1) {
            let name: String = named.chars().take_while(|letter| letter.is_alphanumeric()).collect();
            let exists = name.is_empty() || sources.contains(&format!("\"{name}\""));
            assert!(exists, "{} names `cargo xtask {name}`, which xtask does not know", path.display());
        }
    }
}

/// The blocks of Rust in a document: the lines that open them.
fn rust_blocks(document: &str) -> Vec<&str> {
    let fences = document.lines().filter(|line| line.trim_start().starts_with("```"));
    fences.step_by(2).filter(|fence| !["```sh", "```text"].contains(&fence.trim())).collect()
}

/// rustdoc itself is asked which examples it runs. None is left out, as one that it is told to ignore would be.
#[test]
fn rustdoc_runs_every_rust_block_of_every_document() {
    let cargo = |words: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        let listed = cargo.args(["test", "--doc"]).args(words).current_dir(root()).output().unwrap();
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        String::from_utf8(listed.stdout).unwrap()
    };
    let (listed, ignored) = (cargo(&["--", "--list"]), cargo(&["--", "--list", "--ignored"]));
    for path in documents() {
        let document = read(&path);
        let source = document.strip_prefix("<!-- Generated from ").and_then(|rest| rest.split(':').next());
        let blocks = rust_blocks(&document).len();
        let item = match source {
            Some(source) => {
                assert_eq!(blocks, rust_blocks(&read(source).replace("//! ", "")).len(), "{source}");
                format!("{source} - documents::{} ", Path::new(source).file_stem().unwrap().to_str().unwrap())
            }
            None if path == Path::new("README.md") => "src/lib.rs - Readme ".into(),
            None => "nothing".into(),
        };
        let of_it = |list: &str| list.lines().filter(|line| line.starts_with(&item)).count();
        let found = (of_it(&listed), of_it(&ignored));
        assert_eq!(
            found,
            (blocks, 0),
            "{}: what rustdoc runs, and what it ignores, of its Rust blocks",
            path.display()
        );
    }
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    for path in documents() {
        let document = read(&path);
        let inline = document.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        let named = document.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
        for target in inline.chain(named.map(|(_, target)| target)) {
            let (file, _heading) = target.split_once('#').unwrap_or((target, ""));
            let leads = file.contains("://") || root().join(path.parent().unwrap()).join(file).exists();
            assert!(leads, "{} links to {target}, which does not exist", path.display());
        }
    }
}

/// Those for which docs.rs builds the documentation: the one that the tests run on, and those of `cargo xtask cross`.
#[test]
fn every_target_of_docs_rs_is_one_that_is_checked() {
    let (manifest, checked) = (read("Cargo.toml"), read("xtask/src/cross.rs"));
    let targets = manifest.lines().find_map(|line| line.strip_prefix("targets = ")).expect("docs.rs is given targets");
    let targets: Vec<&str> = targets.split('"').skip(1).step_by(2).collect();
    assert_eq!(targets[0], "x86_64-unknown-linux-gnu");
    for target in &targets[1..] {
        assert!(checked.contains(&format!("\"{target}\"")), "`cargo xtask cross` does not check {target}");
    }
}

/// The words of a page, and their offsets.
#[test]
fn the_drawing_of_the_file_shows_every_word_and_where_it_stands() {
    use ipc_ring::layout::word::{CURSOR, EPOCH, FIGURES, WAKE_AT};
    let drawing = read("docs/memory-map.svg");
    for (offset, word) in
        [(0, "identity"), (EPOCH, "epoch"), (CURSOR, "cursor"), (WAKE_AT, "wake_at"), (FIGURES, "figures")]
    {
        let row = drawing.split("<text x=\"24\"").find(|row| row.contains(&format!(">{offset}</text>")));
        let row = row.unwrap_or_else(|| panic!("nothing is drawn at {offset}, where there is {word}"));
        assert!(row.contains(&format!(">{word}</tspan>")), "{word} is not drawn at {offset}");
    }
}

/// The guide's comparison quotes `docs/benchmarks.md`: the column names the scenario, the row who took part.
#[test]
fn the_figures_of_the_guides_comparison_are_those_that_were_measured() {
    let (guide, measured) = (read("docs/guide.md"), read("docs/benchmarks.md"));
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_string()).collect()
    };
    let figure = |scenario: &str, who: &str| {
        let section = measured.split("\n## ").find(|section| section.lines().next() == Some(scenario))?;
        let row = section.lines().map(cells).find(|row| row.first().is_some_and(|first| first == who))?;
        row.get(1).cloned()
    };
    let mut rows = guide.lines().skip_while(|line| !line.starts_with("| M messages/s |"));
    let scenarios = cells(rows.next().expect("a table of M messages/s"));
    let rows: Vec<Vec<String>> = rows.skip(1).take_while(|row| row.starts_with('|')).map(cells).collect();
    assert!(rows.len() >= 5, "{rows:?}");
    for row in rows {
        for (scenario, quoted) in scenarios.iter().zip(&row).skip(1) {
            assert_eq!(*quoted, figure(scenario, &row[0]).unwrap_or_default(), "{} in {scenario}", row[0]);
        }
    }
}

#[test]
fn the_figures_of_the_guides_advice_are_those_that_were_measured() {
    let (guide, measured) = (read("docs/guide.md"), read("docs/benchmarks.md"));
    let advice = guide.split("\n## ").find(|section| section.starts_with("Choose your settings")).expect("advice");
    let words = || advice.split(|c: char| c.is_whitespace() || c == ';').map(|word| word.trim_end_matches(['.', ',']));
    let is_figure = |(word, next): &(&str, &str)| {
        let is_number = word.parse::<f64>().is_ok();
        is_number && (word.contains('.') || *next == "ns")
    };
    let figures: Vec<_> = words().zip(words().skip(1)).filter(is_figure).map(|(word, _)| word).collect();
    assert!(figures.len() >= 12, "{figures:?}");
    for figure in figures {
        assert!(measured.contains(&format!("| {figure} |")), "{figure} is not in docs/benchmarks.md");
    }
}

/// Public functions and types without an example in their own documentation, as `file:line`.
fn without_example(path: &Path, source: &str) -> Vec<String> {
    let (mut found, mut has_example) = (Vec::new(), false);
    for (number, line) in source.lines().map(str::trim).enumerate() {
        let is_item =
            ["pub fn ", "pub unsafe fn ", "pub struct ", "pub enum "].iter().any(|begin| line.starts_with(begin));
        if is_item && !has_example {
            found.push(format!("{}:{}: {line}", path.display(), number + 1));
        }
        if line.starts_with("/// ```") {
            has_example = true;
        } else if !line.starts_with("///") && !line.starts_with("#[") {
            has_example = false;
        }
    }
    found
}

#[test]
fn an_item_without_an_example_is_found() {
    let source = "/// Doc.\n///\n/// ```\n/// a();\n/// ```\n#[inline]\npub fn a() {\n}\n\n/// Doc.\npub struct B;\n";
    assert_eq!(without_example(Path::new("a.rs"), source), ["a.rs:11: pub struct B;"]);
    assert!(without_example(Path::new("a.rs"), "pub(crate) fn a()\nfn b()\n").is_empty());
}

/// What stands in `src` and is no part of the public API: the facade's arms, the system, the checkers' door. lib.rs has
/// no item but for rustdoc.
const NOT_PUBLIC: [&str; 5] = ["src/atomics/", "src/sys/", "src/model/", "src/model.rs", "src/lib.rs"];

/// Of these, a file that has a public item all the same.
const FACADE: &str = "src/atomics/mod.rs";

#[test]
fn every_public_item_has_an_example() {
    let (mut left, mut missing) = (vec![root().join("src")], Vec::new());
    while let Some(path) = left.pop() {
        let name = path.strip_prefix(root()).unwrap();
        let is_public = name == Path::new(FACADE) || !NOT_PUBLIC.iter().any(|other| name.starts_with(other));
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if is_public {
            missing.extend(without_example(name, &read(name)));
        }
    }
    missing.sort();
    assert!(missing.is_empty(), "without an example:\n{}", missing.join("\n"));
}

/// What stands in backquotes in a document of the present.
fn quoted(document: &str) -> impl Iterator<Item = &str> {
    document.split('`').skip(1).step_by(2)
}

#[test]
fn every_file_and_every_call_that_a_document_names_is_there() {
    let sources = sources(&root().join("src"));
    let is_place = |name: &str| {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
        name.chars().all(letters)
            && ["src/", "tests/", "verify/", "docs/", "xtask/", "cli/"].iter().any(|top| name.starts_with(top))
    };
    for path in documents().into_iter().chain(["CONTRIBUTING.md".into()]) {
        let document = read(&path);
        for name in quoted(&document) {
            assert!(!is_place(name) || root().join(name).exists(), "{} names {name}", path.display());
            let call = name.trim_end_matches("()").split_once("::").filter(|(of, _)| of.starts_with("Ring"));
            if let Some((of, call)) =
                call.filter(|(_, call)| call.chars().all(|letter| letter.is_lowercase() || letter == '_'))
            {
                let is_there = sources
                    .iter()
                    .any(|text| text.contains(&format!("impl {of} {{")) && text.contains(&format!("fn {call}(")));
                assert!(is_there, "{} names {name}", path.display());
            }
        }
    }
}

/// The texts of the Rust files below a directory, the documents apart: what one of them names would be there.
fn sources(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| !path.ends_with("src/documents"));
    let below = |path: PathBuf| match path.is_dir() {
        true => sources(&path),
        false => vec![fs::read_to_string(path).unwrap()],
    };
    entries.flat_map(below).collect()
}
