//! Mutant schemata: one source that is whole, or any of its mutants, as [`VARIABLE`] says when the program runs.
//!
//! A function in which something is to be broken becomes a match. Each mutant of it is an arm, with the body broken in
//! that way; the last arm is the body as it is. So all mutants are compiled at once, in a copy of the repository.
//!
//! The sources are as rustfmt writes them, so a function is told by its lines: it ends at the first brace that is
//! indented as it is.

use std::ops::Range;

use crate::replica::once;

/// What a process is told its mutant's name by.
pub const VARIABLE: &str = "IPC_RING_MUTANT";
/// What a process says that is told a name which none of its mutants has.
pub const UNKNOWN: &str = "there is no such mutant";

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
    /// What stands there, exactly once.
    pub piece: &'a str,
    pub broken: &'a str,
}

/// A source with its mutants in it.
#[derive(PartialEq, Eq, Debug)]
pub struct Schemata {
    pub text: String,
    /// The numbers of those that could not be made an arm, and why not.
    pub left: Vec<(usize, &'static str)>,
}

impl Schemata {
    /// Makes each of `breaks` an arm of the function that it is in.
    pub fn of(source: &str, breaks: &[Break]) -> Result<Self, String> {
        let functions = functions(source);
        let (mut arms, mut left) = (vec![String::new(); functions.len()], Vec::new());
        for one in breaks {
            let at = once(source, one.piece).map_err(|why| format!("{}: {why}", one.name))?;
            let (range, broken) = difference(at, one.piece, one.broken);
            match arm(source, &functions, range, broken) {
                Ok((function, body)) => arms[function] += &format!("// {}\n{} => {{{body}}}\n", one.name, one.number),
                Err(why) => left.push((one.number, why)),
            }
        }
        let mut text = source.to_string();
        for (Function { body, constant, .. }, arms) in functions.into_iter().zip(&arms).rev() {
            if !arms.is_empty() {
                let whole = &source[body.clone()];
                text.replace_range(body, &format!("\nmatch crate::mutant::chosen() {{\n{arms}_ => {{{whole}}}\n}}\n"));
            }
            // What asks while the program runs is not const, and neither is who calls it.
            text.replace_range(constant, "");
        }
        Ok(Self { text, left })
    }
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
        let Some(constant) = beginning(line) else { continue };
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
        functions.push(Function { body, constant: at + constant.start..at + constant.end, is_opaque });
    }
    functions
}

/// Where the line in which a function begins says `const`; `None` for any other line.
fn beginning(line: &str) -> Option<Range<usize>> {
    const BEFORE: [&str; 6] = ["pub ", "pub(crate) ", "pub(super) ", "const ", "unsafe ", "extern \"C\" "];
    let (mut at, mut constant) = (indent(line), 0..0);
    while let Some(word) = BEFORE.iter().find(|word| line[at..].starts_with(**word)) {
        if *word == "const " {
            constant = at..at + word.len();
        }
        at += word.len();
    }
    line[at..].starts_with("fn ").then_some(constant)
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
        Break { number: 7, name: "a mutant", piece, broken }
    }

    fn schemata(breaks: &[Break]) -> Schemata {
        Schemata::of(SOURCE, breaks).expect("each piece stands there once")
    }

    #[test]
    fn each_mutant_of_a_function_is_an_arm_of_it() {
        let other = Break { number: 8, name: "another", piece: "self.at < LAST", broken: "true" };
        let Schemata { text, left } = schemata(&[one("self.at + 1", "self.at + 2"), other]);
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
        let filled = schemata(&[one(whole, "    fn nothing(&self) {\n        panic!();\n    }\n")]);
        let arm = "// a mutant\n7 => {\n        panic!();\n    }\n_ => {}\n";
        assert!(filled.left.is_empty() && filled.text.contains(arm), "{}", filled.text);
        assert!(schemata(&[one("        0..count\n", "")]).text.contains("0..count"));
    }

    #[test]
    fn what_cannot_be_an_arm_is_left_and_said_why() {
        let of = |piece, broken| schemata(&[one(piece, broken)]).left;
        assert_eq!(of("u64 = 9", "u64 = 8"), [(7, "it is in no function's body")]);
        assert_eq!(of("count: u64", "count: u32"), [(7, "it is in no function's body")]);
        assert_eq!(of("fn at(&self) -> u64;", ""), [(7, "it is in no function's body")]);
        assert_eq!(of("trait Side", "impl Drop for Ring {\n}\n\ntrait Side"), [(7, "it is in no function's body")]);
        assert_eq!(of("0..count", "1..count"), [(7, "each arm would return a type of its own")]);
        let two = "        0\n    }\n\n    fn other() {\n    }\n\n    fn nothing";
        assert_eq!(of("        0\n    }\n\n    fn nothing", two), [(7, "it is in no function's body")]);
        assert_eq!(of("        0\n", "        0\n    }\n\n    fn other() {\n"), [(7, "it ends its function")]);
    }

    #[test]
    fn a_piece_has_to_stand_there_once() {
        for piece in ["self.at", "not there"] {
            let why = Schemata::of(SOURCE, &[one(piece, "")]).expect_err("it does not");
            assert!(why.starts_with("a mutant: "), "{why}");
        }
    }

    #[test]
    fn the_selector_knows_the_mutants_by_name() {
        let text = selector(&[(1, "first"), (3, "with \"quotes\"")]);
        for known in [r#"&[(1, "first"), (3, "with \"quotes\"")]"#, VARIABLE, UNKNOWN] {
            assert!(text.contains(known), "{text}");
        }
    }
}
