//! The rooms of the house, the folders and files directly under `src`, and the arrows between them: who names what is
//! in whom. No arrow goes up, and none in a circle.
//!
//! An arrow is a path that begins with `crate`, or with as many `super` as lead there, in code that is no test. What
//! the library exports by a name of its own is in the room from which `lib.rs` has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{anyhow, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::report::Checked;
use crate::shell::{nothing_wrong, rust_files, Shell};

/// From top to bottom. An arrow from a lower room to a higher one goes up.
const ORDER: [&str; 9] = ["lib", "io", "ring", "view", "file", "protocol", "atomics", "sys", "layout"];

pub fn run(_: &Shell, _: &[String]) -> Checked {
    let House { rooms, arrows } = House::of(&rust_files(Path::new("src"))?)?;
    for room in &rooms {
        let to = arrows.keys().filter(|(from, _)| from == room).map(|(_, to)| to.as_str());
        println!("{room:<12} -> {}", Vec::from_iter(to).join(", "));
    }
    let wrong = complaints(&rooms, &arrows);
    wrong.iter().for_each(|complaint| println!("{complaint}"));
    nothing_wrong((!wrong.is_empty()).then(|| format!("{} complaints", wrong.len())))
}

/// From which room to which, and where the first such path stands.
type Arrows = BTreeMap<(String, String), String>;

#[derive(Default)]
struct House {
    rooms: BTreeSet<String>,
    arrows: Arrows,
}

impl House {
    fn of(files: &[(String, String)]) -> Result<Self> {
        let room = |path: &str| path.split('/').next().unwrap_or(path).trim_end_matches(".rs").to_string();
        let rooms: BTreeSet<String> = files.iter().map(|(path, _)| room(path)).collect();
        let mut house = Self { rooms, arrows: Arrows::new() };
        let tokens = |path: &str, text: &str| -> Result<_> {
            Ok(without_tests(text.parse().map_err(|error| anyhow!("src/{path}: {error}"))?))
        };
        let library = files.iter().find(|(path, _)| path == "lib.rs").map_or("", |(_, text)| text);
        let exports = exports(&tokens("lib.rs", library)?);
        for (path, text) in files {
            let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
            let depth = if module == "lib" { 0 } else { module.split('/').count() };
            let mut named = Vec::new();
            named_in(&tokens(path, text)?, depth, &mut named);
            for (name, line) in named {
                let to = if house.rooms.contains(&name) {
                    name
                } else {
                    exports.get(&name).cloned().unwrap_or("lib".into())
                };
                let arrow = (room(path), to);
                if arrow.0 != arrow.1 {
                    house.arrows.entry(arrow).or_insert(format!("src/{path}:{line}"));
                }
            }
        }
        Ok(house)
    }
}

/// The tokens without the items that are compiled for tests alone.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        let is_attribute = kept.last().is_some_and(|last| last.to_string() == "#");
        if is_attribute && ["[cfg (test)]", "[cfg (all (test"].iter().any(|begin| token.to_string().starts_with(begin))
        {
            kept.pop();
            let ends = |token: &TokenTree| match token {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                other => other.to_string() == ";",
            };
            tokens.by_ref().find(ends);
        } else {
            kept.push(token);
        }
    }
    kept
}

/// What stands in a group, or nothing.
fn inside(token: &TokenTree) -> Vec<TokenTree> {
    match token {
        TokenTree::Group(group) => without_tests(group.stream()),
        _ => Vec::new(),
    }
}

/// The names that follow the root of the crate, and the lines in which they stand, in a module so deep below it.
fn named_in(tokens: &[TokenTree], depth: usize, named: &mut Vec<(String, usize)>) {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.to_string() == text);
    let is_path = |at: usize, root: &str| is(at, root) && is(at + 1, ":") && is(at + 2, ":");
    for (at, token) in tokens.iter().enumerate() {
        let supers = (0..depth).take_while(|nth| is_path(at + 3 * nth, "super")).count();
        let after = match supers == depth && depth > 0 {
            true => Some(at + 3 * supers),
            false => is_path(at, "crate").then_some(at + 3),
        };
        if let Some(name) = after.and_then(|after| tokens.get(after)) {
            match name {
                TokenTree::Group(group) => {
                    let group = Vec::from_iter(group.stream());
                    let each = group.split(|token| token.to_string() == ",").filter_map(|path| path.first());
                    named.extend(each.map(|name| (name.to_string(), name.span().start().line)));
                }
                name => named.push((name.to_string(), name.span().start().line)),
            }
        }
        named_in(&inside(token), depth, named);
    }
}

/// The rooms of what `pub use room::…` of the root exports, by name.
fn exports(tokens: &[TokenTree]) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for statement in tokens.split(|token| token.to_string() == ";") {
        let Some(at) = statement.iter().position(|token| token.to_string() == "use") else { continue };
        let path = &statement[at + 1..];
        let path = if path.first().is_some_and(|token| token.to_string() == "crate") { &path[3..] } else { path };
        let Some(room) = path.first().map(ToString::to_string) else { continue };
        let names = path.iter().flat_map(|token| {
            token
                .to_string()
                .replace(|c: char| !c.is_alphanumeric() && c != '_', " ")
                .split_whitespace()
                .map(String::from)
                .collect::<Vec<_>>()
        });
        exports.extend(names.map(|name| (name, room.clone())));
    }
    exports
}

/// What is wrong with the house.
fn complaints(rooms: &BTreeSet<String>, arrows: &Arrows) -> Vec<String> {
    let place = |room: &str| ORDER.iter().position(|other| *other == room);
    let homeless = rooms.iter().filter(|room| place(room).is_none());
    let homeless = homeless.map(|room| format!("no place: {room} is not in the order (xtask/src/rooms.rs)"));
    let up = arrows.iter().filter(|((from, to), _)| place(from).zip(place(to)).is_some_and(|(from, to)| from > to));
    let up = up.map(|((from, to), at)| format!("up: {from} -> {to} ({at})"));

    let mut reached: BTreeSet<(&str, &str)> = arrows.keys().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    loop {
        let further = reached
            .iter()
            .flat_map(|(from, by)| reached.iter().filter(move |(other, _)| other == by).map(|(_, to)| (*from, *to)));
        let further: BTreeSet<_> = further.chain(reached.iter().copied()).collect();
        if further.len() == reached.len() {
            break;
        }
        reached = further;
    }
    let in_circles = rooms.iter().map(String::as_str).filter(|room| reached.contains(&(*room, *room)));
    let circle = |room| {
        Vec::from_iter(
            rooms
                .iter()
                .map(String::as_str)
                .filter(|other| reached.contains(&(room, *other)) && reached.contains(&(*other, room))),
        )
    };
    let circles: BTreeSet<Vec<&str>> = in_circles.map(circle).collect();
    let circles = circles.into_iter().map(|circle| format!("circle: {}", circle.join(", ")));
    homeless.chain(up).chain(circles).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with a house of these files.
    fn wrong(files: &[(&str, &str)]) -> Vec<String> {
        let files = Vec::from_iter(files.iter().map(|(path, text)| (path.to_string(), text.to_string())));
        let House { rooms, arrows } = House::of(&files).unwrap();
        complaints(&rooms, &arrows)
    }

    const LIB: (&str, &str) = ("lib.rs", "mod ring; mod sys; pub use ring::{self as r, writer::Writer};");

    #[test]
    fn arrows_go_down() {
        let ring = ("ring/writer.rs", "use crate::{file::Map, sys};\nfn a() { crate::layout::PAGE; }");
        let sys = ("sys.rs", "/// [`crate::ring`]\nfn a() {}\n#[cfg(test)]\nmod tests { use crate::ring; }");
        assert_eq!(wrong(&[LIB, ring, sys, ("file.rs", ""), ("layout.rs", "")]), [""; 0]);
    }

    #[test]
    fn an_arrow_that_goes_up_is_found_wherever_it_stands() {
        let ring = ("ring/mod.rs", "mod writer;");
        for text in [
            "use crate::ring;",
            "use crate::{layout, ring::W};",
            "fn f() { m!(crate::ring::X) }",
            "use super::super::ring;",
            "fn f(w: crate::Writer) {}",
            "macro_rules! m { () => { $crate::ring::X } }",
        ] {
            assert_eq!(
                wrong(&[LIB, ring, ("sys/linux.rs", text), ("layout.rs", "")]),
                ["up: sys -> ring (src/sys/linux.rs:1)"],
                "{text}"
            );
        }
    }

    #[test]
    fn a_circle_is_found_and_a_room_without_a_place() {
        let circle = [("ring.rs", "use crate::file;"), ("file.rs", "use crate::sys;"), ("sys.rs", "use crate::ring;")];
        assert_eq!(wrong(&circle), ["up: sys -> ring (src/sys.rs:1)", "circle: file, ring, sys"]);
        assert_eq!(wrong(&[("attic.rs", "")]), ["no place: attic is not in the order (xtask/src/rooms.rs)"]);
    }
}
