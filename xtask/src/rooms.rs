//! The rooms of the house, the folders and files directly under `src`, and the arrows between them: who names what is
//! in whom. No arrow goes up, and none in a circle.
//!
//! An arrow is a path that begins with `crate`, or with as many `super` as lead there, in code that is no test. It
//! leads to the root where what it names has no room of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{anyhow, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::report::Checked;
use crate::shell::{no_complaints, rust_files, Shell};

/// From top to bottom. An arrow from a lower room to a higher one goes up.
const ORDER: [&str; 12] =
    ["documents", ROOT, "arithmetic", "model", "io", "ring", "view", "file", "protocol", "atomics", "sys", "layout"];
const ROOT: &str = "lib";

pub fn run(_: &Shell, _: &[String]) -> Checked {
    let files = rust_files(Path::new("src"))?;
    let arrows = arrows(&files)?;
    for wanted in ORDER {
        let to = arrows.keys().filter(|(from, _)| from == wanted).map(|(_, to)| to.as_str());
        println!("{wanted} -> {}", Vec::from_iter(to).join(", "));
        for (path, text) in files.iter().filter(|(path, _)| room(path) == wanted) {
            println!("    {path:<25} {}", text.lines().next().unwrap_or_default().trim_start_matches("//! "));
        }
    }
    no_complaints(complaints(&rooms(&files), &arrows))
}

/// From which room to which, and where the first such path stands.
type Arrows = BTreeMap<(String, String), String>;

fn room(path: &str) -> String {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs").to_string()
}

fn rooms(files: &[(String, String)]) -> BTreeSet<String> {
    files.iter().map(|(path, _)| room(path)).collect()
}

fn arrows(files: &[(String, String)]) -> Result<Arrows> {
    let (rooms, mut arrows) = (rooms(files), Arrows::new());
    for (path, text) in files {
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let depth = if module == ROOT { 0 } else { module.split('/').count() };
        let tokens: TokenStream = text.parse().map_err(|error| anyhow!("src/{path}: {error}"))?;
        let mut named = Vec::new();
        named_in(tokens, depth, &mut named);
        for (name, line) in named {
            let arrow = (room(path), if rooms.contains(&name) { name } else { ROOT.into() });
            if arrow.0 != arrow.1 {
                arrows.entry(arrow).or_insert(format!("src/{path}:{line}"));
            }
        }
    }
    Ok(arrows)
}

/// The names that follow the root of the crate, and the lines in which they stand, in a module so deep below it.
fn named_in(tokens: TokenStream, depth: usize, named: &mut Vec<(String, usize)>) {
    let tokens = without_tests(tokens);
    let words = Vec::from_iter(tokens.iter().map(ToString::to_string));
    let is =
        |at: usize, path: &[&str]| words[at..].iter().map(String::as_str).take(path.len()).eq(path.iter().copied());
    let to_the_root = ["super", ":", ":"].repeat(depth);
    for (at, token) in tokens.iter().enumerate() {
        let further = at >= 3 && is(at - 3, &["super", ":", ":"]);
        let after = match is(at, &["crate", ":", ":"]) {
            true => Some(at + 3),
            false => (depth > 0 && !further && is(at, &to_the_root)).then_some(at + to_the_root.len()),
        };
        let group = after.and_then(|after| tokens.get(after)).map(|name| match name {
            TokenTree::Group(group) => Vec::from_iter(group.stream()),
            name => vec![name.clone()],
        });
        for name in group.iter().flat_map(|group| group.split(|token| token.to_string() == ",")) {
            named.extend(name.first().map(|name| (name.to_string(), name.span().start().line)));
        }
        if let TokenTree::Group(group) = token {
            let is_module = at >= 2 && words[at - 2] == "mod";
            named_in(group.stream(), depth + usize::from(is_module), named);
        }
    }
}

/// The tokens without the items that are compiled for tests alone.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let (mut kept, mut tokens) = (Vec::<TokenTree>::new(), tokens.into_iter());
    while let Some(token) = tokens.next() {
        let is_attribute = kept.last().is_some_and(|last| last.to_string() == "#");
        let text = token.to_string();
        if is_attribute && (text == "[cfg (test)]" || text.starts_with("[cfg (all (test")) {
            kept.pop();
            let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
            tokens.by_ref().find(|token| is_body(token) || token.to_string() == ";");
        } else {
            kept.push(token);
        }
    }
    kept
}

/// What is wrong with the house.
fn complaints(rooms: &BTreeSet<String>, arrows: &Arrows) -> Vec<String> {
    let place = |room: &str| ORDER.iter().position(|other| *other == room);
    let homeless = rooms.iter().filter(|room| place(room).is_none());
    let homeless = homeless.map(|room| format!("{room} has no place in the order (xtask/src/rooms.rs)"));
    let up = arrows.iter().filter(|((from, to), _)| place(from).zip(place(to)).is_some_and(|(from, to)| from > to));
    let up = up.map(|((from, to), at)| format!("up: {from} -> {to} ({at})"));

    let mut reached: BTreeSet<(&String, &String)> = arrows.keys().map(|(from, to)| (from, to)).collect();
    for by in rooms {
        let to = Vec::from_iter(reached.iter().filter(|arrow| arrow.0 == by).map(|arrow| arrow.1));
        let from = Vec::from_iter(reached.iter().filter(|arrow| arrow.1 == by).map(|arrow| arrow.0));
        reached.extend(from.into_iter().flat_map(|from| to.iter().map(move |to| (from, *to))));
    }
    let both = |a, b| reached.contains(&(a, b)) && reached.contains(&(b, a));
    let circle = |room| Vec::from_iter(rooms.iter().filter(|other| both(room, *other)).map(String::as_str));
    let circles: BTreeSet<Vec<&str>> = rooms.iter().map(circle).filter(|circle| !circle.is_empty()).collect();
    let circles = circles.into_iter().map(|circle| format!("circle: {}", circle.join(", ")));
    homeless.chain(up).chain(circles).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with a house of these files.
    fn wrong(files: &[(&str, &str)]) -> Vec<String> {
        let files = Vec::from_iter(files.iter().map(|(path, text)| (path.to_string(), text.to_string())));
        complaints(&rooms(&files), &arrows(&files).unwrap())
    }

    #[test]
    fn arrows_go_down_and_tests_and_documents_have_none() {
        let ring = ("ring/writer.rs", "use crate::{file::Map, sys};\nfn a() { crate::layout::PAGE; super::a() }");
        let sys =
            ("sys.rs", "/// [`crate::ring`]\nmod b { use super::a; }\n#[cfg(test)]\nmod tests { use crate::ring; }");
        assert_eq!(wrong(&[("lib.rs", "mod ring;"), ring, sys, ("file.rs", ""), ("layout.rs", "")]), [""; 0]);
    }

    #[test]
    fn an_arrow_that_goes_up_is_found_wherever_it_stands() {
        for text in [
            "use crate::ring;",
            "use crate::{layout, ring::W};",
            "fn f() { m!(crate::ring::X) }",
            "use super::super::ring;",
            "mod inside { use super::super::super::ring; }",
            "macro_rules! m { () => { $crate::ring::X } }",
        ] {
            let files = [("ring/mod.rs", "mod writer;"), ("sys/linux.rs", text), ("layout.rs", "")];
            assert_eq!(wrong(&files), ["up: sys -> ring (src/sys/linux.rs:1)"], "{text}");
        }
        let root = [("lib.rs", ""), ("sys.rs", "fn f(w: crate::Writer) {}")];
        assert_eq!(wrong(&root), ["up: sys -> lib (src/sys.rs:1)"]);
    }

    #[test]
    fn a_circle_is_found_and_a_room_without_a_place() {
        let circle = [("ring.rs", "use crate::file;"), ("file.rs", "use crate::sys;"), ("sys.rs", "use crate::ring;")];
        assert_eq!(wrong(&circle), ["up: sys -> ring (src/sys.rs:1)", "circle: file, ring, sys"]);
        assert_eq!(wrong(&[("attic.rs", "")]), ["attic has no place in the order (xtask/src/rooms.rs)"]);
    }
}
