//! Mutant schemata: sources that are whole, or any of their mutants, as [`VARIABLE`] says when the program runs.
//!
//! A function in which something is to be broken becomes a match. Each mutant of it is an arm, with the body broken in
//! that way; the last arm is the body as it is. So all mutants are compiled at once, in a copy of the repository.
//!
//! The sources are as rustfmt writes them, so a function is told by its lines: it ends at the first brace that is
//! indented as it is.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::replica::once;

/// What a process is told its mutant's name by.
pub const VARIABLE: &str = "IPC_RING_MUTANT";
/// What a process says that is told a name which none of its mutants has.
pub const UNKNOWN: &str = "there is no such mutant";
/// What an arm asks: the function of [`selector`].
const CHOSEN: &str = "crate::mutant::chosen";

/// The source of the module `mutant`, which tells the arms what was chosen among the mutants of these names.
pub fn selector(names: &[(usize, &str)]) -> String {
    include_str!("selector.rs")
        .replace("VARIABLE", VARIABLE)
        .replace("UNKNOWN", UNKNOWN)
        .replace("&[]", &format!("&{names:?}"))
}

/// What to break, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Break<'a> {
    /// By which the arm is chosen; 0 is the arm in which nothing is broken.
    pub number: usize,
    pub name: &'a str,
    pub file: &'a str,
    /// What stands there, exactly once.
    pub piece: &'a str,
    pub broken: &'a str,
}

/// Sources with their mutants in them.
#[derive(PartialEq, Eq, Debug)]
pub struct Schemata {
    /// Each file's path and text.
    pub files: Vec<(String, String)>,
    /// The numbers of those that could not be made an arm, and why not.
    pub left: Vec<(usize, &'static str)>,
}

impl Schemata {
    /// Makes each of `breaks` an arm of the function that it is in.
    pub fn of(mut files: Vec<(String, String)>, breaks: &[Break]) -> Result<Self, String> {
        let mut left = Vec::new();
        for file in breaks.iter().map(|one| one.file).collect::<BTreeSet<_>>() {
            let text = files.iter_mut().find(|(path, _)| path == file).map(|(_, text)| text);
            let text = text.ok_or_else(|| format!("{file} is to be broken, and is not there"))?;
            let own: Vec<&Break> = breaks.iter().filter(|one| one.file == file).collect();
            *text = with_arms(text, &own, &mut left)?;
        }
        let_const_go(&mut files);
        Ok(Self { files, left })
    }
}

/// The source with an arm for each of `breaks`, apart from those that are `left`.
fn with_arms(source: &str, breaks: &[&Break], left: &mut Vec<(usize, &'static str)>) -> Result<String, String> {
    let functions = functions(source);
    let mut arms = vec![String::new(); functions.len()];
    for &&Break { number, name, file, piece, broken } in breaks {
        let at = once(source, piece).map_err(|why| format!("{name}: {file}: {why}"))?;
        let (range, broken) = difference(at, piece, broken);
        match arm(source, &functions, range, broken) {
            Ok((function, body)) => arms[function] += &format!("// {name}\n{number} => {{{body}}}\n"),
            Err(why) => left.push((number, why)),
        }
    }
    let mut text = source.to_string();
    for (Function { body, .. }, arms) in functions.into_iter().zip(&arms).rev().filter(|(_, arms)| !arms.is_empty()) {
        let whole = &source[body.clone()];
        text.replace_range(body, &format!("\nmatch {CHOSEN}() {{\n{arms}_ => {{{whole}}}\n}}\n"));
    }
    Ok(text)
}

/// What asks while the program runs is not const, and neither is what calls it.
fn let_const_go(files: &mut [(String, String)]) {
    let mut asking = BTreeSet::from([CHOSEN.to_string()]);
    loop {
        let known = asking.len();
        for (_, text) in &mut *files {
            for Function { name, body, constant, .. } in functions(text).into_iter().rev() {
                if !constant.is_empty() && asking.iter().any(|other| calls(&text[body.clone()], other)) {
                    asking.insert(text[name].into());
                    text.replace_range(constant, "");
                }
            }
        }
        if asking.len() == known {
            return;
        }
    }
}

fn calls(body: &str, name: &str) -> bool {
    let is_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    body.match_indices(name)
        .any(|(at, _)| !body[..at].ends_with(is_of_a_name) && body[at + name.len()..].starts_with(['(', ':']))
}

/// The function that `broken` in the place of `range` makes a mutant of, and its body then.
fn arm(
    source: &str,
    functions: &[Function],
    range: Range<usize>,
    broken: &str,
) -> Result<(usize, String), &'static str> {
    let around = |function: &Function| function.body.start <= range.start && range.end <= function.body.end;
    let function = functions.iter().position(around).ok_or("it is in no function's body")?;
    let Function { body, is_opaque, .. } = &functions[function];
    let body = [&source[body.start..range.start], broken, &source[range.end..body.end]].concat();
    match (is_opaque, is_closed(&body)) {
        (true, _) => Err("each arm would return a type of its own"),
        (false, false) => Err("it ends its function"),
        (false, true) => Ok((function, body)),
    }
}

/// A function of a source, by places in it.
#[derive(PartialEq, Eq, Debug)]
struct Function {
    name: Range<usize>,
    /// From its opening brace to its closing one, without them.
    body: Range<usize>,
    /// The word `const`, if it is there.
    constant: Range<usize>,
    /// Whether the type that it returns depends on its body.
    is_opaque: bool,
}

/// The functions of a source, one after the other. What is in another's body is a part of it.
fn functions(source: &str) -> Vec<Function> {
    let mut lines = source.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line.trim_end()))
    });
    let mut functions = Vec::new();
    while let Some((at, line)) = lines.next() {
        let Some((constant, name)) = beginning(line) else { continue };
        let is_its_own = |other: &str| indent(other) == indent(line);
        let mut signature = std::iter::once((at, line)).chain(&mut lines);
        let Some((last, end)) = signature.find(|(_, line)| is_its_own(line) && line.ends_with(['{', '}', ';'])) else {
            break;
        };
        let start = last + end.len();
        let body = match end.chars().last() {
            Some('{') => match lines.find(|(_, line)| is_its_own(line) && line.ends_with('}')) {
                Some((at, line)) => start..at + indent(line),
                None => break,
            },
            Some('}') => start - 1..start - 1,
            _ => continue,
        };
        let is_opaque = source[at..start].contains("-> impl ");
        let inside = |range: Range<usize>| at + range.start..at + range.end;
        functions.push(Function { name: inside(name), body, constant: inside(constant), is_opaque });
    }
    functions
}

/// Where the line in which a function begins says `const`, and its name; `None` for any other line.
fn beginning(line: &str) -> Option<(Range<usize>, Range<usize>)> {
    const BEFORE: [&str; 6] = ["pub ", "pub(crate) ", "pub(super) ", "const ", "unsafe ", "extern \"C\" "];
    let (mut at, mut constant) = (indent(line), 0..0);
    while let Some(word) = BEFORE.iter().find(|word| line[at..].starts_with(**word)) {
        if *word == "const " {
            constant = at..at + word.len();
        }
        at += word.len();
    }
    let name = line[at..].strip_prefix("fn ")?;
    let end = name.find(['(', '<'])?;
    Some((constant, line.len() - name.len()..line.len() - name.len() + end))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Where `piece`, which stands at `at`, and `broken` differ, and what `broken` has there.
fn difference<'a>(at: usize, piece: &str, broken: &'a str) -> (Range<usize>, &'a str) {
    let alike = |(one, other): &(char, char)| one == other;
    let length = |(one, _): (char, char)| one.len_utf8();
    let before: usize = piece.chars().zip(broken.chars()).take_while(alike).map(length).sum();
    let (piece, broken) = (&piece[before..], &broken[before..]);
    let after: usize = piece.chars().rev().zip(broken.chars().rev()).take_while(alike).map(length).sum();
    (at + before..at + before + piece.len() - after, &broken[..broken.len() - after])
}

/// Whether no brace of a body closes what is around it.
fn is_closed(body: &str) -> bool {
    let mut open = 0;
    let closes = |brace| {
        open += if brace == '{' { 1 } else { -1 };
        open < 0
    };
    !body.chars().filter(|c| matches!(c, '{' | '}')).any(closes) && open == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
const LAST: u64 = 9;

impl Ring {
    pub(crate) const fn next(&self) -> u64 {
        if self.at < LAST {
            return self.at + 1;
        }
        0
    }

    fn nothing(&self) {}

    fn each(
        &self,
        count: u64,
    ) -> impl Iterator<Item = u64> {
        0..count
    }
}

trait Side {
    fn at(&self) -> u64;
}
";

    fn one<'a>(piece: &'a str, broken: &'a str) -> Break<'a> {
        Break { number: 7, name: "a mutant", file: FILE, piece, broken }
    }

    const FILE: &str = "ring.rs";

    fn of(breaks: &[Break]) -> Result<Schemata, String> {
        Schemata::of(vec![(FILE.into(), SOURCE.into())], breaks)
    }

    /// The text with these mutants in it, and those that are left.
    fn broken(breaks: &[Break]) -> (String, Vec<(usize, &'static str)>) {
        let Schemata { mut files, left } = of(breaks).expect("each piece stands there once");
        (files.remove(0).1, left)
    }

    #[test]
    fn each_mutant_of_a_function_is_an_arm_of_it() {
        let other = Break { number: 8, name: "another", file: FILE, piece: "self.at < LAST", broken: "true" };
        let (text, left) = broken(&[one("self.at + 1", "self.at + 2"), other]);
        assert_eq!(left, []);
        let body = |condition: &str, next: &str| {
            format!("{{\n        if {condition} {{\n            return {next};\n        }}\n        0\n    }}\n")
        };
        let arms = [
            format!("// a mutant\n7 => {}", body("self.at < LAST", "self.at + 2")),
            format!("// another\n8 => {}", body("true", "self.at + 1")),
            format!("_ => {}", body("self.at < LAST", "self.at + 1")),
        ];
        let function =
            format!("pub(crate) fn next(&self) -> u64 {{\nmatch crate::mutant::chosen() {{\n{}}}\n}}\n", arms.concat());
        assert!(text.contains(&function), "{text}");
        // Nothing else is touched.
        let end = text.find(&function).expect("it is there") + function.len();
        assert!(SOURCE.ends_with(&text[end..]) && text[end..].starts_with("\n    fn nothing"), "{text}");
    }

    #[test]
    fn a_body_may_be_emptied_and_an_empty_one_filled() {
        let whole = "    fn nothing(&self) {}\n";
        let (filled, left) = broken(&[one(whole, "    fn nothing(&self) {\n        panic!();\n    }\n")]);
        let arm = "// a mutant\n7 => {\n        panic!();\n    }\n_ => {}\n";
        assert!(left.is_empty() && filled.contains(arm), "{filled}");
        let whole = &SOURCE
            [SOURCE.find(" u64 {\n").expect("it is there")..SOURCE.find("\n    fn nothing").expect("it is there")];
        assert!(broken(&[one(whole, " u64 {}\n")]).0.contains("// a mutant\n7 => {}\n_ => {\n        if self.at"));
    }

    #[test]
    fn what_cannot_be_an_arm_is_left_and_said_why() {
        let left = |piece, into| broken(&[one(piece, into)]).1;
        assert_eq!(left("u64 = 9", "u64 = 8"), [(7, "it is in no function's body")]);
        assert_eq!(left("count: u64", "count: u32"), [(7, "it is in no function's body")]);
        assert_eq!(left("fn at(&self) -> u64;", ""), [(7, "it is in no function's body")]);
        assert_eq!(left("trait Side", "impl Drop for Ring {\n}\n\ntrait Side"), [(7, "it is in no function's body")]);
        assert_eq!(left("0..count", "1..count"), [(7, "each arm would return a type of its own")]);
        let two = "        0\n    }\n\n    fn other() {\n    }\n\n    fn nothing";
        assert_eq!(left("        0\n    }\n\n    fn nothing", two), [(7, "it is in no function's body")]);
        assert_eq!(left("        0\n", "        0\n    }\n\n    fn other() {\n"), [(7, "it ends its function")]);
    }

    #[test]
    fn a_piece_has_to_stand_there_once() {
        for piece in ["self.at", "not there"] {
            let why = of(&[one(piece, "")]).expect_err("it does not");
            assert!(why.starts_with("a mutant: "), "{why}");
        }
        let elsewhere = of(&[Break { file: "else.rs", ..one("LAST", "") }]).expect_err("there is no such file");
        assert!(elsewhere.contains("else.rs"), "{elsewhere}");
    }

    #[test]
    fn what_asks_is_no_longer_const_nor_is_what_calls_it_in_any_file() {
        let file = |name: &str, text: &str| (name.to_string(), text.to_string());
        let (caller, other) = ("const fn twice() {\n    next(next())\n}\n", "const fn other() {\n    un_next()\n}\n");
        let files = vec![file("a.rs", &(caller.to_string() + other)), file(FILE, SOURCE)];
        let Schemata { files, .. } = Schemata::of(files, &[one("self.at + 1", "0")]).expect("it stands there once");
        assert_eq!(files[0].1, caller.replace("const ", "") + other);
        assert!(files[1].1.contains("pub(crate) fn next") && files[1].1.contains("const LAST"), "{}", files[1].1);
    }

    #[test]
    fn the_selector_knows_the_mutants_by_name() {
        let text = selector(&[(1, "first"), (3, "with \"quotes\"")]);
        for known in [r#"&[(1, "first"), (3, "with \"quotes\"")]"#, VARIABLE, UNKNOWN] {
            assert!(text.contains(known), "{text}");
        }
    }
}
