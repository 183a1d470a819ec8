//! The house rules, as data. Each comes with files that break it and files that keep it, on which it is tried
//! before it is applied: a rule that cannot fail is a defect.

/// A rule for the files under some folders.
pub struct Rule {
    /// The rule, as a complaint puts it.
    pub says: &'static str,
    /// How the paths of files begin that are subject to it, and those of the exceptions.
    pub under: &'static [&'static str],
    pub except: &'static [&'static str],
    pub demand: Demand,
    /// Files that break it; for a list of words, each of them.
    pub broken_by: &'static [Example],
    /// Files that keep it, if only just, or that it is not for.
    pub kept_by: &'static [Example],
}

/// What a file's text must be like.
pub enum Demand {
    /// None of these stands in it as a word, be it code, comment or text: half a rule is no easier to explain.
    Without(&'static [&'static str]),
    /// No line has more characters.
    LinesUpTo(usize),
    /// It has no more bytes.
    BytesUpTo(usize),
    /// Before anything else, attributes apart, it says what it is for.
    BeginsWithDoc,
}

/// A file's path, and its text as a part and how often that is repeated.
pub struct Example(&'static str, &'static str, usize);

pub const RULES: &[Rule] = &[
    Rule {
        says: "only src/atomics and the checkers' door know which engine is compiled",
        under: &["src/"],
        except: &["src/atomics/", "src/model.rs"],
        demand: Demand::Without(&["loom", "shuttle", "tsan"]),
        broken_by: &[
            Example("src/wait.rs", "let modelled = cfg!(any( loom,shuttle ));", 1),
            Example("src/reader.rs", "#[cfg(not(tsan))]", 1),
        ],
        kept_by: &[
            Example("src/atomics/mod.rs", "#[cfg(loom)]", 1),
            Example("src/wait.rs", "a heirloom from looms", 1),
        ],
    },
    Rule {
        says: "only src/atomics names memory orderings",
        under: &["src/"],
        except: &["src/atomics/"],
        demand: Demand::Without(&["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"]),
        broken_by: &[
            Example("src/wait.rs", "use Ordering::{AcqRel as A, Acquire}; fence(SeqCst)", 1),
            Example("src/sys/linux.rs", "x.store(Ordering::Relaxed, core::sync::atomic::Ordering::Release)", 1),
        ],
        kept_by: &[Example("src/atomics/order.rs", "Release", 1), Example("src/a.rs", "fn release() -> Released", 1)],
    },
    // The macros that do so are clippy's (`Cargo.toml`).
    Rule {
        says: "nothing is left for later",
        under: &[""],
        except: &["xtask/src/tidy/"],
        demand: Demand::Without(&["TODO", "FIXME"]),
        broken_by: &[Example("src/a.rs", "// TODO: later", 1), Example("cli/src/main.rs", "// FIXME", 1)],
        kept_by: &[Example("src/a.rs", "let todo = todos();", 1)],
    },
    Rule {
        says: "a test waits for what it needs, not for time to pass",
        under: &["tests/", "verify/", "cli/tests/"],
        except: &[],
        demand: Demand::Without(&["thread::sleep", "sleep("]),
        broken_by: &[
            Example("verify/a.rs", "use std::thread::sleep;", 1),
            Example("cli/tests/a.rs", "use std::thread::*;\nsleep(a_while);", 1),
        ],
        kept_by: &[Example("src/a.rs", "thread::sleep(d)", 1), Example("tests/a.rs", "fn it_falls_asleep() {}", 1)],
    },
    Rule {
        says: "a line has at most 120 characters",
        under: &[""],
        except: &[],
        demand: Demand::LinesUpTo(120),
        broken_by: &[Example("xtask/src/a.rs", "ü", 121)],
        kept_by: &[Example("src/a.rs", "ü", 120), Example("src/a.rs", "words\n", 121)],
    },
    Rule {
        says: "a file begins by saying what it is for (`//!`)",
        under: &["src/", "verify/", "xtask/", "cli/", "benches/"],
        except: &[],
        demand: Demand::BeginsWithDoc,
        broken_by: &[
            Example("src/a.rs", "use std::io;\n//! Too late.", 1),
            Example("cli/src/main.rs", "/// Not the file's.\nfn main() {}", 1),
        ],
        kept_by: &[
            Example("src/lib.rs", "// Why.\n#![cfg(unix)]\n#![doc = include_str!(\"../README.md\")]", 1),
            Example("verify/a.rs", "#![cfg(loom)]\n\n//! What it is for.", 1),
        ],
    },
    Rule {
        says: "a file has at most 24 KiB: divide it",
        under: &["src/", "verify/"],
        except: &[],
        demand: Demand::BytesUpTo(24 * 1024),
        broken_by: &[Example("src/a.rs", "eight...", 3073)],
        kept_by: &[Example("src/a.rs", "eight...", 3072), Example("tests/a.rs", "eight...", 3073)],
    },
];

impl Rule {
    pub fn applies_to(&self, path: &str) -> bool {
        let begins = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        begins(self.under) && !begins(self.except)
    }

    /// What its own examples say against the rule.
    pub fn defects(&self) -> Vec<String> {
        let breaks = |Example(path, part, times): &&Example| {
            self.applies_to(path) && !self.demand.broken_lines(&part.repeat(*times)).is_empty()
        };
        let unbroken =
            self.broken_by.iter().filter(|example| !breaks(example)).map(|one| format!("not broken by {:?}", one.1));
        let broken = self.kept_by.iter().filter(breaks).map(|one| format!("broken by {:?}", one.1));
        let words = if let Demand::Without(words) = self.demand { words } else { &[] };
        let has_example = |word: &str| self.broken_by.iter().any(|example| has_word(example.1, word));
        let untried = words.iter().filter(|word| !has_example(word)).map(|word| format!("no example has {word}"));
        let none = (self.broken_by.is_empty() || self.kept_by.is_empty()).then(|| "it has no examples".into());
        unbroken.chain(broken).chain(untried).chain(none).collect()
    }
}

impl Demand {
    /// The lines of `text` that do not meet it, counted from 1.
    pub fn broken_lines(&self, text: &str) -> Vec<usize> {
        let lines = |wrong: &dyn Fn(&str) -> bool| {
            let numbered = text.lines().enumerate();
            numbered.filter(|(_, line)| wrong(line)).map(|(index, _)| index + 1).collect()
        };
        let file = |wrong: bool| Vec::from_iter(wrong.then_some(1));
        match *self {
            Demand::Without(words) => lines(&|line| words.iter().any(|word| has_word(line, word))),
            Demand::LinesUpTo(most) => lines(&|line| line.chars().count() > most),
            Demand::BytesUpTo(most) => file(text.len() > most),
            Demand::BeginsWithDoc => file(!begins_with_doc(text)),
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

#[test]
fn a_rule_that_cannot_fail_is_a_defect() {
    let rule = |demand, broken_by: &'static [Example]| {
        let kept_by = &[Example("src/a.rs", "a", 1)];
        Rule { says: "a rule", under: &["src/"], except: &[], demand, broken_by, kept_by }.defects()
    };
    let b: &[Example] = &[Example("src/a.rs", "b", 1)];
    assert_eq!(rule(Demand::Without(&["b"]), b), [""; 0]);
    assert_eq!(rule(Demand::Without(&["b"]), &[]), ["no example has b", "it has no examples"]);
    assert_eq!(rule(Demand::LinesUpTo(1), b), ["not broken by \"b\""]);
    assert_eq!(rule(Demand::BytesUpTo(0), b), ["broken by \"a\""]);
    assert_eq!(rule(Demand::Without(&["b"]), &[Example("tests/a.rs", "b", 1)]), ["not broken by \"b\""]);
}
