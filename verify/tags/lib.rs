//! What ties SAFETY.md to its checks, as it stands in the sources: the statements, the tags of the tests, the steps of
//! the model of liveness. `tests/traceability.rs` holds these against each other; `cargo xtask traced` makes a page of
//! them, and `cargo xtask check` finds by them what to run.
//!
//! A tag is a line directly above `#[test]` that names what the test checks:
//!
//! ```text
//! // Checks: I3, O2.
//! #[test]
//! fn bytes_are_reused_only_after_they_were_read() {
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;

/// The letters of identifiers, in the order of the page.
const LETTERS: &str = "IOT";

/// The name of a statement: I for an invariant, O for an ordering edge, T for an assumption.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Id {
    /// The kind of the statement.
    pub letter: char,
    number: u32,
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let letter = text.chars().next().filter(|&letter| LETTERS.contains(letter));
        let digits = text.get(1..).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok());
        letter.zip(number).map(|(letter, number)| Self { letter, number }).ok_or(format!("{text} is no identifier"))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.letter, self.number)
    }
}

/// The words of `text`: runs of letters, digits and underscores.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).filter(|word| !word.is_empty())
}

/// The identifiers that `text` cites.
pub fn ids(text: &str) -> impl Iterator<Item = Id> + '_ {
    words(text).filter_map(|word| word.parse().ok())
}

/// A statement of SAFETY.md.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// What it says, in a few words; of an edge its name and its ordering.
    pub words: String,
    /// All that it says, its lines joined by blanks.
    pub text: String,
}

impl Statement {
    /// The kinds of evidence that it claims, in brackets at its end.
    pub fn evidence(&self) -> BTreeSet<&str> {
        let claimed = self.text.rsplit_once('[').map_or("", |(_, claimed)| claimed.trim_end_matches(']'));
        claimed.split(", ").filter(|kind| !kind.is_empty()).collect()
    }
}

/// The statements of SAFETY.md. An invariant or an assumption is a list's item that begins with
/// `- **I3: a few words.**`, an edge is a row of a table: `| O1 | PUBLISH | Release |`.
///
/// # Errors
/// A statement that is there twice, or that has no such beginning.
pub fn statements(safety: &str) -> Result<BTreeMap<Id, Statement>, String> {
    let (mut statements, mut lines) = (BTreeMap::new(), safety.lines().peekable());
    while let Some(line) = lines.next() {
        let (id, words): (Id, String) = if let Some(rest) = line.strip_prefix("- **") {
            let begins = rest.split_once(".**").and_then(|(begins, _)| begins.split_once(": "));
            let Some((id, words)) = begins else { return Err(format!("this begins no statement: {line}")) };
            (id.parse()?, words.into())
        } else if let Some(rest) = line.strip_prefix("| O").filter(|rest| rest.starts_with(char::is_numeric)) {
            let cells: Vec<&str> = rest.split(" | ").collect();
            let [number, name, ordering, ..] = cells[..] else { return Err(format!("this is no edge: {line}")) };
            (format!("O{number}").parse()?, format!("{name}, {ordering}"))
        } else {
            continue;
        };
        let mut text = line.to_string();
        while let Some(more) = lines.next_if(|line| line.starts_with("  ")) {
            text += &more[1..];
        }
        if statements.insert(id, Statement { words, text }).is_some() {
            return Err(format!("{id} is stated twice"));
        }
    }
    Ok(statements)
}

/// A test or a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// The name of its function.
    pub name: String,
    /// Its file, from the repository's root on.
    pub path: String,
    /// What it checks.
    pub tags: Vec<Id>,
}

impl Test {
    /// Whether it is a model of this engine, which is no part of `cargo test`.
    pub fn is_model_of(&self, engine: &str) -> bool {
        self.path.strip_prefix("verify/").is_some_and(|path| path.starts_with(&format!("{engine}/")))
    }

    /// The kind of evidence that it gives.
    pub fn evidence(&self) -> &'static str {
        let begins = |folders: &[&str]| folders.iter().any(|folder| self.path.starts_with(folder));
        if begins(&["verify/loom/", "src/arithmetic/"]) {
            "explored"
        } else if begins(&["verify/shuttle/", "tests/oracle.rs", "tests/programs.rs"]) {
            "sampled"
        } else {
            "tested"
        }
    }

    /// The faults of docs/reliability.md that its name says it is about.
    pub fn faults(&self) -> impl Iterator<Item = usize> + '_ {
        let number = |word: &str| word.strip_prefix('f').filter(|digits| digits.len() == 2)?.parse().ok();
        self.name.split('_').filter_map(number)
    }
}

/// The folders that tests are in.
const TESTED: [&str; 6] = ["benches", "cli", "src", "tests", "verify", "xtask"];

/// All tests and models of the repository at `root`, in the order of their files. Those that are ignored are not among
/// them: they are the other processes of tests.
///
/// # Errors
/// A file that cannot be read, a tag that is not well written or that stands above nothing.
pub fn tests(root: &Path) -> Result<Vec<Test>, String> {
    let (mut tests, mut left) = (Vec::new(), Vec::from(TESTED.map(|folder| root.join(folder))));
    while let Some(path) = left.pop() {
        let failed = |error| format!("{}: {error}", path.display());
        if path.is_dir() {
            for entry in fs::read_dir(&path).map_err(failed)? {
                left.push(entry.map_err(failed)?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(failed)?;
            let path = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            tests.extend(tests_in(&path, &text)?);
        }
    }
    tests.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(tests)
}

/// The tests of a file: each is `#[test]`, other attributes, and `fn`, a line each. A tag is the line before `#[test]`.
/// Whether a test is compiled, only its program can tell: `cargo xtask traced` asks it.
fn tests_in(path: &str, text: &str) -> Result<Vec<Test>, String> {
    let (mut tests, mut tag, mut test, mut above) = (Vec::new(), None, None::<(Vec<Id>, bool)>, "");
    for (number, line) in text.lines().map(str::trim).enumerate() {
        let failed = |why: &str| Err(format!("{path}:{}: {why}", number + 1));
        let name = line.strip_prefix("fn ").and_then(|rest| words(rest).next());
        if let Some((tags, is_ignored)) = test.take() {
            if let Some(name) = name {
                tests.extend((!is_ignored).then(|| Test { name: name.into(), path: path.into(), tags }));
            } else if line.starts_with("#[") && line.ends_with(']') {
                let is_ignored = is_ignored || line.starts_with("#[ignore");
                if is_ignored && !tags.is_empty() {
                    return failed("an ignored test checks nothing: it has no tag");
                }
                test = Some((tags, is_ignored));
            } else {
                return failed("after #[test] come other attributes and `fn`, a line each");
            }
        } else if line == "#[test]" {
            test = Some((tag.take().unwrap_or_default(), false));
        } else if tag.is_some() {
            return failed("the line after a tag is #[test]");
        } else if is_a_tag(line) {
            let Some(tags) = read(line) else { return failed("a tag is written so: // Checks: I3, O2.") };
            tag = Some(tags);
        }
        if above.starts_with("#[ignore") && (tag.is_some() || line == "#[test]") {
            return failed("#[ignore] comes after #[test]");
        }
        above = line;
    }
    match (tag, test) {
        (None, None) => Ok(tests),
        _ => Err(format!("{path}: the last line is a tag or an attribute, and no test follows")),
    }
}

/// Whether the line is meant as a tag, however it is written: it begins as one, or with "Check" and a statement's name.
fn is_a_tag(line: &str) -> bool {
    let comment = ["///", "//!", "//"].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or_default();
    let comment = comment.trim_start();
    let (first, rest) = comment.split_at(comment.find(|c: char| !c.is_alphanumeric()).unwrap_or(comment.len()));
    let names_one = || words(rest).next().is_some_and(|word| word.parse::<Id>().is_ok());
    ["checks", "check"].contains(&&*first.to_lowercase()) && (rest.starts_with(':') || names_one())
}

/// What the tag names, each once and in order, if it is well written.
fn read(line: &str) -> Option<Vec<Id>> {
    let named = line.strip_prefix("// Checks: ")?.strip_suffix('.')?;
    let ids: Vec<Id> = named.split(", ").map(str::parse).collect::<Result<_, _>>().ok()?;
    ids.windows(2).all(|pair| pair[0] < pair[1]).then_some(ids)
}

/// A step of the model of liveness, and the line of the code that it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its label in the model.
    pub label: String,
    /// What it does.
    pub does: String,
    /// The file in `src/`.
    pub file: String,
    /// What stands there.
    pub code: String,
    /// The variants of the model that leave it out, and must fail.
    pub without: Vec<String>,
}

/// The steps that the head of the model lists: a line that says what the step does, one with a file and its code, and
/// one that begins with `without`, if a variant leaves it out.
pub fn steps(model: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let head = model.split("*/").next().unwrap_or_default();
    for line in head.lines().filter_map(|line| line.strip_prefix(" *   ")) {
        match (line.split_once(": "), steps.last_mut()) {
            (Some(("  without", variants)), Some(step)) => step.without = words(variants).map(String::from).collect(),
            (Some((file, code)), Some(step)) if file.ends_with(".rs") => {
                (step.file, step.code) = (file.trim_start().into(), code.into());
            }
            (Some((label, does)), _) => {
                let (file, code, without) = Default::default();
                steps.push(Step { label: label.into(), does: does.into(), file, code, without });
            }
            _ => {}
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        text.parse().unwrap()
    }

    #[test]
    fn statements_are_read_and_one_that_is_badly_written_or_there_twice_is_an_error() {
        let safety =
            "- **I10: time-outs.** Text I1.\n  More. [explored,\n  tested]\n| O1 | PUBLISH | Release | O2 | all |\n";
        let read = statements(safety).unwrap();
        let words = |id| &*read[&id].words;
        assert_eq!((words("I10".parse().unwrap()), words("O1".parse().unwrap())), ("time-outs", "PUBLISH, Release"));
        let timeouts = &read[&"I10".parse().unwrap()];
        assert_eq!(timeouts.text, "- **I10: time-outs.** Text I1. More. [explored, tested]");
        assert_eq!((read.len(), timeouts.evidence()), (2, ["explored", "tested"].into()));
        for wrong in ["- **I10: again.** Text", "- **I11 time-outs.**", "- **X1: a.**", "| O2 | OBSERVE |"] {
            assert!(statements(&format!("{safety}{wrong}\n")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tag_belongs_to_the_test_below_it_and_one_that_belongs_to_none_is_an_error() {
        let text = "// Checks: I3, O2.\n#[test]\nfn a() {\n}\nfn b() {}\n#[test]\n#[ignore = \"x\"]\nfn c() {}\n";
        let test = |name: &str, tags| Test { name: name.into(), path: "f".into(), tags };
        let more = format!("{text}/// Checks the sum.\n//“a”\n#[test]\nfn d() {{}}\n");
        let expected = [test("a", vec![id("I3"), id("O2")]), test("d", vec![])];
        assert_eq!(tests_in("f", &more).unwrap(), expected);
        for wrong in [
            "// Checks: I3, O2",
            "// Checks: O2, I3.",
            "// Checks: I3, I3.",
            "// Checks: X3.",
            "// Checks:",
            "/// Checks: I3.",
            "//Check: I3.",
            "// Checks I3.",
            "// checks (O2)",
            "// Checks: I3.\n",
            "// Checks: I3.\n#[cfg(unix)]",
            "#[ignore]",
            "#[ignore]\n// Checks: I3.",
        ] {
            let error = tests_in("f", &format!("{text}{wrong}\n#[test]\nfn e() {{}}\n")).unwrap_err();
            assert!(error.starts_with("f:9: ") || error.starts_with("f:10: "), "{wrong}: {error}");
        }
        for wrong in [
            "",
            "#[test]\n",
            "#[test]\n#[ignore]\nfn e() {}\n",
            "#[test]\n#[ignore = \"x\"]\n#[cfg(unix)]\nfn e() {}\n",
            "#[test]\npub fn e() {\nfn helper() {}\n}\n",
            "#[test] fn e() {}\n",
            "#[test]\nasync fn e() {}\n",
            "#[test]\n#[allow(\ndead_code)]\nfn e() {}\n",
            "#[test]\n// Why.\nfn e() {}\n",
            "#[test]\n\nfn e() {}\n",
        ] {
            assert!(tests_in("f", &format!("{text}// Checks: I3.\n{wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_faults_of_a_test_are_in_its_name() {
        let test = Test { name: "f32_sleeps_and_f34_futexes_f7".into(), path: "tests/a.rs".into(), tags: vec![] };
        assert_eq!(test.faults().collect::<Vec<_>>(), [32, 34]);
    }

    #[test]
    fn the_steps_are_read_from_the_head_of_the_model() {
        let model = [
            "/* Text: more.",
            " *   S1: it sleeps",
            " *     a/b.rs: call(C::D)",
            " *     without: WITHOUT_A, WITHOUT_B",
            " *   S2: it wakes",
            " */",
            " *   S3: no",
        ];
        let read = steps(&model.join("\n"));
        let named = |step: &Step| (step.label.clone(), step.file.clone(), step.code.clone(), step.without.len());
        assert_eq!(named(&read[0]), ("S1".into(), "a/b.rs".into(), "call(C::D)".into(), 2));
        assert_eq!((read.len(), &*read[1].does, &*read[1].code), (2, "it wakes", ""));
    }
}
