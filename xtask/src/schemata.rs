//! Mutant schemata: sources that are whole, or any of their mutants, as [`VARIABLE`] says when the program runs.
//!
//! A function in which something is to be broken becomes a match. Each mutant of it is an arm, with the body broken in
//! that way; the last arm is the body as it is. So all mutants are compiled at once, in a copy of the repository.

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context, Result};
use ipc_ring_mutants::Mutant;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{ReturnType, Type};

use crate::shell::once;

/// What a process is told its mutant's name by: a variable of the environment, or an argument `VARIABLE=NAME`, which
/// the test harness takes for the name of a test. Miri passes no variables on.
pub const VARIABLE: &str = "IPC_RING_MUTANT";
/// What a process says that is told a name which none of its mutants has.
pub const UNKNOWN: &str = "there is no such mutant";
/// What an arm asks: a function of the copy's root, which is told the names of all mutants.
const CHOSEN: &str = "chosen_mutant";

/// A break of a source, which turns it into a mutant.
#[derive(Clone, Copy)]
pub struct Break<'a> {
    pub name: &'a str,
    /// The file in `src/`.
    pub file: &'a str,
    /// What stands there once, and what is put in its place.
    pub piece: &'a str,
    pub broken: &'a str,
}

impl From<&Mutant> for Break<'static> {
    fn from(&Mutant { name, file, piece, broken, .. }: &Mutant) -> Self {
        Self { name, file, piece, broken }
    }
}

/// A source with a mutant in it.
pub struct Mutated {
    pub name: String,
    /// The file in `src/`, and its text.
    pub file: String,
    pub text: String,
}

impl Mutated {
    /// Does what the break says to its file, which is among `files`.
    pub fn by(Break { name, file, piece, broken }: &Break, files: &[(String, String)]) -> Result<Self> {
        let (_, text) = files.iter().find(|(path, _)| path == file).with_context(|| format!("{name}: no {file}"))?;
        once(text, piece).with_context(|| name.to_string())?;
        Ok(Self { name: name.to_string(), file: file.to_string(), text: text.replace(piece, broken) })
    }
}

/// Sources with their mutants in them.
pub struct Schemata {
    /// Each file's path and text.
    pub files: Vec<(String, String)>,
    /// Those that could not be made an arm, by their places among all, and why not.
    pub left: Vec<(usize, &'static str)>,
}

impl Schemata {
    /// Makes each of `breaks` an arm of the function that it is in.
    pub fn of(files: Vec<(String, String)>, breaks: &[Break]) -> Result<Self> {
        let mutants = breaks.iter().map(|one| Mutated::by(one, &files)).collect::<Result<Vec<_>>>()?;
        Self::with(files, &mutants)
    }

    /// Makes each of `mutants` an arm of the function that it is in.
    pub fn with<'a>(mut files: Vec<(String, String)>, mutants: impl IntoIterator<Item = &'a Mutated>) -> Result<Self> {
        let mutants = Vec::from_iter(mutants);
        let mut left = Vec::new();
        for (path, text) in &mut files {
            let functions = functions(text).context(path.clone())?;
            let mut arms = vec![String::new(); functions.len()];
            for (number, mutant) in mutants.iter().enumerate().filter(|(_, mutant)| mutant.file == *path) {
                match arm(&functions, text, &mutant.text) {
                    Ok((function, body)) => arms[function] += &format!("Some({number}) => {{{body}}}\n"),
                    Err(why) => left.push((number, why)),
                }
            }
            let broken = functions.into_iter().zip(arms).rev().filter(|(_, arms)| !arms.is_empty());
            for (Function { body, .. }, arms) in broken {
                let whole = text[body.clone()].to_string();
                text.replace_range(body, &format!("\nmatch crate::{CHOSEN}() {{\n{arms}_ => {{{whole}}}\n}}\n"));
            }
        }
        let_const_go(&mut files)?;
        let root = files.iter_mut().find(|(path, _)| path == "lib.rs").context("there is no lib.rs")?;
        root.1 += &chooser(&mutants);
        Ok(Self { files, left })
    }
}

/// The function whose body is all that is another in a broken source, and that body.
fn arm(functions: &[Function], source: &str, broken: &str) -> Result<(usize, String), &'static str> {
    let of_broken = self::functions(broken).unwrap_or_default();
    let is_it = |(whole, other): (&Function, &Function)| {
        let (whole, other) = (&whole.body, &other.body);
        source[..whole.start] == broken[..other.start] && source[whole.end..] == broken[other.end..]
    };
    match functions.iter().zip(&of_broken).position(is_it) {
        Some(at) if functions[at].is_opaque => Err("each arm would return a type of its own"),
        Some(at) => Ok((at, broken[of_broken[at].body.clone()].into())),
        None => Err("it is not within a function's body"),
    }
}

/// The function [`CHOSEN`]: the mutant's place among all; none if nothing is broken.
fn chooser(mutants: &[&Mutated]) -> String {
    let names = Vec::from_iter(mutants.iter().map(|mutant| &mutant.name));
    format!(
        "
fn {CHOSEN}() -> Option<usize> {{
    static PLACE: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
    *PLACE.get_or_init(|| {{
        // Tests count what is allocated, so this allocates nothing.
        // SAFETY: nobody changes the environment of a program of tests.
        #[cfg(not(miri))]
        let name = unsafe {{
            let name = libc::getenv(b\"{VARIABLE}\\0\".as_ptr().cast());
            (!name.is_null()).then(|| std::ffi::CStr::from_ptr(name))?.to_str().expect(\"a name is a text\")
        }};
        #[cfg(miri)]
        let name = std::env::args().find_map(|word| word.strip_prefix(\"{VARIABLE}=\").map(String::from))?;
        let place = {names:?}.iter().position(|known| *known == name);
        Some(place.unwrap_or_else(|| panic!(\"{UNKNOWN}: {{name}}\")))
    }})
}}
"
    )
}

/// What asks while the program runs is not const, and neither is what calls it.
fn let_const_go(files: &mut [(String, String)]) -> Result<()> {
    let mut asking = BTreeSet::from([Named { of: None, name: CHOSEN.into() }]);
    loop {
        let known = asking.len();
        for (path, text) in &mut *files {
            for Function { named, body, constant, .. } in functions(text).context(path.clone())?.into_iter().rev() {
                if !constant.is_empty() && asking.iter().any(|other| named.calls(other, &text[body.clone()])) {
                    asking.insert(named);
                    text.replace_range(constant, "");
                }
            }
        }
        if asking.len() == known {
            return Ok(());
        }
    }
}

/// A function's name, and the type that it is of, if any.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    of: Option<String>,
    name: String,
}

impl Named {
    /// Whether this function, which has this body, may call the other one. A method's call names no type.
    fn calls(&self, other: &Self, body: &str) -> bool {
        let is_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
        let starts = |at: usize| !body[..at].ends_with(is_of_a_name) && body[at + other.name.len()..].starts_with('(');
        let is_it = |at: usize| match (body[..at].strip_suffix("::"), &other.of) {
            (Some(before), Some(of)) => match before.rsplit(|c| !is_of_a_name(c)).next() {
                Some("Self") => self.of.as_ref() == Some(of),
                named => named == Some(of),
            },
            (Some(before), None) => !before.ends_with("Self"),
            (None, of) => of.is_some() == body[..at].ends_with('.'),
        };
        body.match_indices(&other.name).any(|(at, _)| starts(at) && is_it(at))
    }
}

/// A function of a source, by places in it.
struct Function {
    named: Named,
    /// From its opening brace to its closing one, without them.
    body: Range<usize>,
    /// The word `const`, if it is there.
    constant: Range<usize>,
    /// Whether the type that it returns depends on its body.
    is_opaque: bool,
}

/// The functions of a source, one after the other. What is in another's body is a part of it.
fn functions(source: &str) -> Result<Vec<Function>> {
    let (file, mut functions) = (syn::parse_file(source)?, Functions::default());
    functions.visit_file(&file);
    Ok(functions.found)
}

#[derive(Default)]
struct Functions<'a> {
    /// The type whose functions come.
    of: Option<String>,
    /// Whose body comes next.
    signature: Option<&'a syn::Signature>,
    found: Vec<Function>,
}

impl<'a> Visit<'a> for Functions<'a> {
    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        let of = match &*item.self_ty {
            Type::Path(of) => of.path.segments.last().map(|last| last.ident.to_string()),
            _ => None,
        };
        let outer = std::mem::replace(&mut self.of, of);
        syn::visit::visit_item_impl(self, item);
        self.of = outer;
    }

    fn visit_signature(&mut self, signature: &'a syn::Signature) {
        self.signature = Some(signature);
    }

    fn visit_block(&mut self, block: &'a syn::Block) {
        let (Some(signature), braces) = (self.signature.take(), block.brace_token.span) else { return };
        self.found.push(Function {
            named: Named { of: self.of.clone(), name: signature.ident.to_string() },
            body: braces.open().byte_range().end..braces.close().byte_range().start,
            constant: signature.constness.map_or(0..0, |word| word.span().byte_range()),
            is_opaque: matches!(&signature.output, ReturnType::Type(_, of) if matches!(**of, Type::ImplTrait(_))),
        });
    }

    fn visit_expr(&mut self, _: &'a syn::Expr) {
        // A block outside of functions is no body.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "const LAST: u64 = 9;
impl Ring {
    pub(crate) const fn next(&self) -> u64 { if self.at < LAST { return self.at + 1; } 0 }
    const fn twice(&self) -> u64 { Self::next(self) }
    fn nothing(&self) {}
    fn each(&self, count: u64) -> impl Iterator<Item = u64> { 0..count }
}
trait Side { fn side(&self) -> u64; }
const LENGTH: usize = { 7 };
";

    fn one(piece: &'static str, broken: &'static str) -> Break<'static> {
        Break { name: "a mutant", file: "ring.rs", piece, broken }
    }

    fn of(mutants: &[Break]) -> Result<Schemata> {
        let calls = ["Ring::next(ring)", "ring.next()"].map(|calls| format!("const fn calls() {{ {calls} }}\n"));
        let others = ["Other::next(other)", "next(7)", "un_next()", "other.next"];
        let others = others.map(|other| format!("const fn calls_another() {{ {other} }}\n"));
        let files = vec![("lib.rs".into(), calls.concat() + &others.concat()), ("ring.rs".into(), SOURCE.into())];
        Schemata::of(files, mutants)
    }

    #[test]
    fn each_mutant_of_a_function_is_an_arm_of_it_and_nothing_else_is_touched() {
        let Schemata { files, left } = of(&[one("self.at + 1", "self.at + 2"), one("self.at < LAST", "true")]).unwrap();
        let arms = "{\nmatch crate::chosen_mutant() {\n\
                    Some(0) => { if self.at < LAST { return self.at + 2; } 0 }\n\
                    Some(1) => { if true { return self.at + 1; } 0 }\n\
                    _ => { if self.at < LAST { return self.at + 1; } 0 }\n}\n}";
        let expected =
            SOURCE.replace("{ if self.at < LAST { return self.at + 1; } 0 }", arms).replace("const fn", " fn");
        assert_eq!((&files[1].1, left), (&expected, vec![]));
    }

    #[test]
    fn what_cannot_be_an_arm_is_left_and_said_why() {
        let left = |piece, into| of(&[one(piece, into)]).unwrap().left;
        let new = "impl Drop for Ring {} trait Side";
        for (piece, into) in
            [("u64 = 9", "u64 = 8"), ("count: u64", "count: u32"), ("side", "s"), ("trait Side", new), ("7", "8")]
        {
            assert_eq!(left(piece, into), [(0, "it is not within a function's body")]);
        }
        assert_eq!(left("0..count", "1..count"), [(0, "each arm would return a type of its own")]);
        assert_eq!(left("1; } 0", "1; } 0 } fn other() {"), [(0, "it is not within a function's body")]);
        assert_eq!(left("fn nothing(&self) {}", "fn nothing(&self) { panic!() }"), []);
    }

    #[test]
    fn a_piece_has_to_stand_once_in_a_file_that_is_there() {
        assert!(of(&[one("self.at", "")]).is_err() && of(&[one("not there", "")]).is_err());
        assert!(of(&[Break { file: "else.rs", ..one("LAST", "") }]).is_err());
    }

    #[test]
    fn what_asks_is_no_longer_const_nor_is_what_calls_it_in_any_file() {
        let Schemata { files, .. } = of(&[one("self.at + 1", "0")]).unwrap();
        for calls in ["Ring::next(ring)", "ring.next()"] {
            assert!(files[0].1.contains(&format!(" fn calls() {{ {calls} }}")), "{calls}");
        }
        for another in ["Other::next(other)", "next(7)", "un_next()", "other.next"] {
            assert!(files[0].1.contains(&format!("const fn calls_another() {{ {another} }}")), "{another}");
        }
        assert!(files[1].1.contains("pub(crate)  fn next") && files[1].1.contains("const LAST"), "{}", files[1].1);
        assert!(files[1].1.contains(" fn twice"), "{}", files[1].1);
    }
}
