//! The house rules, as data, and files that break them and files that keep them: a rule that cannot fail is a defect.

use Demand::{BeginsWithDoc, BytesUpTo, LinesUpTo, Without};

/// A rule, as a complaint puts it; how the paths of files begin that are subject to it, and those of the exceptions;
/// and what their text must be like.
pub struct Rule(pub &'static str, &'static [&'static str], &'static [&'static str], Demand);

/// What a file's text must be like.
enum Demand {
    /// None of these stands in it as a word, be it code, comment or text: half a rule is no easier to explain.
    Without(&'static [&'static str]),
    /// No line has more characters.
    LinesUpTo(usize),
    /// It has no more bytes.
    BytesUpTo(usize),
    /// Before anything else, attributes apart, it says what it is for.
    BeginsWithDoc,
}

pub const RULES: &[Rule] = &[
    Rule(
        "only src/atomics, the checkers' door and the arithmetic's tests know which engine is compiled",
        &["src/"],
        &["src/arithmetic/mod.rs", "src/atomics/", "src/documents/", "src/model/"],
        Without(&["loom", "shuttle", "tsan"]),
    ),
    Rule(
        "only src/atomics names memory orderings, and the gate of forks",
        &["src/"],
        &["src/atomics/", "src/documents/", "src/sys/fork/gate.rs"],
        Without(&["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"]),
    ),
    // The macros that do so are clippy's (`Cargo.toml`).
    Rule("nothing is left for later", &[""], &["xtask/src/tidy/"], Without(&["TODO", "FIXME"])),
    Rule(
        "a test waits for what it needs, not for time to pass",
        &["tests/", "verify/", "cli/tests/"],
        &[],
        Without(&["thread::sleep", "sleep("]),
    ),
    // A row of a table is a line.
    Rule("a line has at most 120 characters", &[""], &["src/documents/"], LinesUpTo(120)),
    Rule(
        "a file begins by saying what it is for (`//!`)",
        &["src/", "verify/", "xtask/", "cli/", "benches/"],
        &[],
        BeginsWithDoc,
    ),
    Rule("a file has at most 32 KiB: divide it", &["src/", "verify/"], &["src/documents/"], BytesUpTo(32 * 1024)),
];

impl Rule {
    /// The lines of this file that break it, counted from 1; `None` where it is not for the file.
    pub fn broken_lines(&self, path: &str, text: &str) -> Option<Vec<usize>> {
        let begins = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        let is_subject = begins(self.1) && !begins(self.2);
        is_subject.then(|| self.3.broken_lines(text))
    }
}

impl Demand {
    /// The lines of `text` that do not meet it, counted from 1.
    fn broken_lines(&self, text: &str) -> Vec<usize> {
        let lines = |wrong: &dyn Fn(&str) -> bool| {
            let numbered = text.lines().enumerate();
            numbered.filter(|(_, line)| wrong(line)).map(|(index, _)| index + 1).collect()
        };
        let file = |wrong: bool| Vec::from_iter(wrong.then_some(1));
        match *self {
            Without(words) => lines(&|line| words.iter().any(|word| has_word(line, word))),
            LinesUpTo(most) => lines(&|line| line.chars().count() > most),
            BytesUpTo(most) => file(text.len() > most),
            BeginsWithDoc => file(!begins_with_doc(text)),
        }
    }
}

/// Whether `word` stands in `line` and is no part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let begins = !line[..at].ends_with(in_name);
        let ends = word.ends_with(|c| !in_name(c)) || !line[at + word.len()..].starts_with(in_name);
        begins && ends
    })
}

fn begins_with_doc(text: &str) -> bool {
    let is_doc = |line: &str| line.starts_with("//!") || line.starts_with("#![doc");
    let may_precede = |line: &str| line.is_empty() || line.starts_with("#![") || line.starts_with("// ");
    text.lines().find(|line| is_doc(line) || !may_precede(line)).is_some_and(is_doc)
}

/// Files, as a path and a part of the text that is repeated so often, and which words, or which rule, they break; they
/// keep all others.
#[cfg(test)]
const EXAMPLES: &[(&str, &str, usize, &str)] = &[
    ("src/protocol/wait.rs", "let modelled = cfg!(any( loom,shuttle ));", 1, "engine"),
    ("src/ring/reader.rs", "#[cfg(not(tsan))]", 1, "engine"),
    ("src/atomics/mod.rs", "#[cfg(loom)]", 1, ""),
    ("src/protocol/wait.rs", "a heirloom from looms", 1, ""),
    ("src/protocol/wait.rs", "use Ordering::{AcqRel as A, Acquire}; fence(SeqCst)", 1, "orderings"),
    ("src/sys/linux.rs", "x.store(Ordering::Relaxed, core::sync::atomic::Ordering::Release)", 1, "orderings"),
    ("src/atomics/order.rs", "pub const PUBLISH: Ordering = Ordering::Release;", 1, ""),
    ("src/ring.rs", "fn release() -> Released", 1, ""),
    ("src/a.rs", "// TODO: later", 1, "later"),
    ("cli/src/main.rs", "// FIXME", 1, "later"),
    ("src/a.rs", "let todo = todos();", 1, ""),
    ("verify/a.rs", "use std::thread::sleep;", 1, "waits"),
    ("cli/tests/a.rs", "use std::thread::*;\nsleep(a_while);", 1, "waits"),
    ("src/a.rs", "thread::sleep(d)", 1, ""),
    ("tests/a.rs", "fn it_falls_asleep() {}", 1, ""),
    ("xtask/src/a.rs", "ü", 121 - 9, "120"),
    ("src/a.rs", "ü", 120 - 9, ""),
    ("verify/a.rs", "eight..\n", 4097, "32 KiB"),
    ("tests/a.rs", "eight..\n", 3073, ""),
    ("src/a.rs", "use std::io;\n//! Too late.", 1, "begins"),
    ("cli/src/main.rs", "/// Not the file's.\nfn main() {}", 1, "begins"),
    ("src/lib.rs", "// Why.\n#![cfg(unix)]\n#![doc = include_str!(\"../README.md\")]", 1, ""),
    ("src/documents/safety.rs", "Release and loom in a row of a table, which is as long as it has to be. ", 500, ""),
];

#[test]
fn every_rule_and_each_of_its_words_has_a_file_that_breaks_it_and_no_other_rule() {
    for (path, part, times, broken) in EXAMPLES {
        let doc = if *broken == "begins" || path.ends_with("lib.rs") { "" } else { "//! Doc. " };
        let text = doc.to_string() + &part.repeat(*times);
        let breaks = |rule: &&Rule| rule.broken_lines(path, &text).is_some_and(|lines| !lines.is_empty());
        let found = Vec::from_iter(RULES.iter().filter(breaks).map(|rule| rule.0));
        let is_so = if broken.is_empty() { found.is_empty() } else { found.len() == 1 && found[0].contains(broken) };
        assert!(is_so, "{path}: {part}: {found:?}");
    }
    for Rule(says, _, _, demand) in RULES {
        let words = if let Without(words) = demand { words } else { &[""][..] };
        let breaking =
            Vec::from_iter(EXAMPLES.iter().filter(|(.., broken)| !broken.is_empty() && says.contains(broken)));
        assert!(words.iter().all(|word| breaking.iter().any(|(_, part, ..)| part.contains(word))), "{says}");
    }
}
