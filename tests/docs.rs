//! What the documents show is so: their links lead somewhere, their figures are those that were measured, and every
//! public item has an example. (`cli/tests/documents.rs` runs their shell blocks, for it has the tools;
//! `xtask/src/named.rs` holds the commands of `cargo xtask` that they name against its command line.)
#![cfg(not(any(loom, shuttle)))]

use std::collections::BTreeSet;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{BrokenLink, Event, LinkType, Options, Parser, Tag, TagEnd};

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

/// Every page in Markdown, from the repository's root.
fn pages() -> Vec<PathBuf> {
    let (mut left, mut pages) = (vec![root().to_path_buf()], Vec::new());
    while let Some(path) = left.pop() {
        let is_ours = path.file_name().map_or(true, |name| name != ".git") && !path.join("CACHEDIR.TAG").exists();
        if path.is_dir() && is_ours {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|kind| kind == "md") {
            pages.push(path.strip_prefix(root()).unwrap().to_path_buf());
        }
    }
    pages.sort();
    assert!(pages.len() >= 18 && pages.contains(&".github/pull_request_template.md".into()), "{pages:?}");
    pages
}

/// What a page refers to, and the places in it that a link can lead to.
#[derive(Default)]
struct Page {
    targets: Vec<String>,
    places: BTreeSet<String>,
    /// References that no definition belongs to.
    undefined: Vec<String>,
}

impl Page {
    fn of(text: &str) -> Page {
        let (mut page, mut undefined, mut heading) = (Page::default(), Vec::new(), None::<String>);
        let mut note = |link: BrokenLink| {
            if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
                undefined.push(link.reference.to_string());
            }
            None
        };
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
        let mut parser = Parser::new_with_broken_link_callback(text, options, Some(&mut note));
        // Also those that no reference uses.
        let defined = parser.reference_definitions().iter().map(|(_, defined)| defined.dest.to_string());
        page.targets.extend(defined.collect::<Vec<_>>());
        for event in &mut parser {
            match event {
                Event::Start(Tag::Link { link_type: LinkType::Email, .. }) => {}
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.targets.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.add_heading(&heading.take().unwrap_or_default()),
                Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|heading| *heading += &text),
                Event::Html(html) | Event::InlineHtml(html) => {
                    page.targets.extend(["href", "src"].iter().flat_map(|name| attributes(&html, name)));
                    let sets = attributes(&html, "srcset");
                    let one = |one: &str| one.split_whitespace().next().map(String::from);
                    page.targets.extend(sets.iter().flat_map(|set| set.split(',').filter_map(one)));
                    page.places.extend(["id", "name"].iter().flat_map(|name| attributes(&html, name)));
                }
                _ => {}
            }
        }
        drop(parser);
        Page { undefined, ..page }
    }

    /// Adds the place that a heading is, as GitHub calls it.
    fn add_heading(&mut self, heading: &str) {
        let letters = heading.to_lowercase().replace(' ', "-");
        let slug: String =
            letters.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect();
        let again = (1..).map(|number| format!("{slug}-{number}"));
        let free = iter::once(slug.clone()).chain(again).find(|slug| !self.places.contains(slug));
        self.places.extend(free);
    }
}

/// The values of an attribute in HTML.
fn attributes(html: &str, name: &str) -> Vec<String> {
    let html = html.replace(['\t', '\n'], " ");
    let value = |rest: &str| match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next().unwrap_or_default().to_string(),
        _ => rest.split([' ', '>']).next().unwrap_or_default().to_string(),
    };
    html.split(&format!(" {name}=")).skip(1).map(value).collect()
}

/// What is wrong with the links of a page, which `read` reads as it does others.
fn dead_links(path: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Vec<String> {
    let page = Page::of(&read(path).unwrap());
    let leads = |target: &str| {
        if let Some((scheme, rest)) = target.split_once("://") {
            // Nobody follows these. A page of this project is never elsewhere.
            return scheme == "https" && !rest.split('/').any(|part| part == "ipc_ring" || part == "ipc_ring_cli");
        }
        let (file, place) = target.split_once('#').map_or((target, None), |(file, place)| (file, Some(place)));
        let file = if file.is_empty() { path.to_path_buf() } else { path.parent().unwrap().join(file) };
        let is_there = root().join(&file).exists();
        // Files that are no pages have no places.
        let text = || read(&file).filter(|_| file.extension().is_some_and(|kind| kind == "md"));
        place.map_or(is_there, |place| text().is_some_and(|text| Page::of(&text).places.contains(place)))
    };
    let dead = page.targets.iter().filter(|target| !leads(target));
    let dead = dead.map(|target| format!("{} links to {target}, which is not there", path.display()));
    let undefined = page.undefined.iter().map(|name| format!("{} does not define [{name}]", path.display()));
    dead.chain(undefined).collect()
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let read = |path: &Path| fs::read_to_string(root().join(path)).ok();
    let dead: Vec<String> = pages().iter().flat_map(|path| dead_links(path, &read)).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn a_dead_link_is_found_in_whatever_form_it_has() {
    let other = "# One: `two`, 3_4\n\n## Same\n\n## Same\n<a id=\"here\"></a>\n";
    let found = |text: &str| {
        let text = format!("# Top\n\n{text}\n\n[used]: README.md\n");
        let read = |path: &Path| match path.to_str().unwrap() {
            "docs/page.md" => Some(text.clone()),
            "docs/guide.md" => Some(other.to_string()),
            _ => None,
        };
        dead_links(Path::new("docs/page.md"), &read)
    };
    let well = "[a](guide.md) [a](guide.md#one-two-3_4) [a](guide.md#same-1) [a](guide.md#here) [a](#top) <a@b.c>\n\
                [a](https://docs.rs/loom) ![a](record.svg) [no link] [ ] `[a](none.md)`\n\n<img src=\"record.svg\">\n";
    let is_used = |found: &String| found.contains("README.md");
    assert!(found(well).iter().all(is_used), "{:?}", found(well));
    assert!(found("").iter().any(is_used), "docs/README.md is not there");
    for (text, told) in [
        ("[a](none.md)", "none.md"),
        ("[a](guide.md#none)", "guide.md#none"),
        ("[a](#none)", "#none"),
        ("[a](guide.md#same-2)", "guide.md#same-2"),
        ("[a](record.svg#none)", "record.svg#none"),
        ("[a](http://docs.rs)", "http://docs.rs"),
        ("[a](https://docs.rs/ipc_ring/)", "https://docs.rs/ipc_ring/"),
        ("<https://github.com/a/ipc_ring>", "https://github.com/a/ipc_ring"),
        ("![a](none.svg)", "none.svg"),
        ("[![a](none.svg)](guide.md)", "none.svg"),
        ("[a]\n\n[a]: none.md", "none.md"),
        ("[y]: none.md", "none.md"),
        ("  [y]: <none.md> \"Title\"", "none.md"),
        ("[a][none]", "[none]"),
        ("[none][]", "[none]"),
        ("<img src=\"none.svg\">", "none.svg"),
        ("A <img alt='a' src='none.svg'>", "none.svg"),
        ("<img\nsrc=none.svg>", "none.svg"),
        ("<source srcset=\"record.svg, none.svg 2x\">", "none.svg"),
        ("<a href=\"#none\">a</a>", "#none"),
        ("| a |\n| --- |\n| [a](none.md) |", "none.md"),
    ] {
        let found: Vec<String> = found(text).into_iter().filter(|found| !is_used(found)).collect();
        assert!(!found.is_empty() && found.iter().all(|found| found.contains(told)), "{text}: {found:?}");
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

/// The guide's comparison quotes `docs/benchmarks.md`: the column names the scenario, and the ring's size if it has
/// several, and the row who took part. `hand-over` has several ways, named after a slash; the table has the fastest.
#[test]
fn the_figures_of_the_guides_comparison_are_those_that_were_measured() {
    let (guide, measured) = (read("docs/guide.md"), read("docs/benchmarks.md"));
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_string()).collect()
    };
    let figure = |column: &str, who: &str| {
        let (scenario, size) = column.split_once(", ").unwrap_or((column, ""));
        let section = measured.split("\n## ").find(|section| section.lines().next() == Some(scenario))?;
        let is_its = |first: &str| {
            let (name, of) = first.split_once(", ").unwrap_or((first, ""));
            (name == who || name.strip_prefix(who).is_some_and(|way| way.starts_with('/'))) && of == size
        };
        let row = section.lines().map(cells).find(|row| row.first().is_some_and(|first| is_its(first)))?;
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
/// no item but those that rustdoc needs.
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
            && ["src/", "tests/", "verify/", "docs/", "xtask/", "cli/", "benches/", "examples/", ".ci/", ".github/"]
                .iter()
                .any(|top| name.starts_with(top))
    };
    // A change log names what was there.
    for path in pages().into_iter().filter(|path| !path.ends_with("CHANGELOG.md")) {
        let document = read(&path);
        for name in quoted(&document) {
            let is_there =
                || [Path::new(""), path.parent().unwrap()].iter().any(|of| root().join(of).join(name).exists());
            assert!(!is_place(name) || is_there(), "{} names {name}", path.display());
            let call = name.trim_end_matches("()").split_once("::").filter(|(of, _)| of.starts_with("Ring"));
            if let Some((of, call)) =
                call.filter(|(_, call)| call.chars().all(|letter| letter.is_lowercase() || letter == '_'))
            {
                let is_there = sources.iter().any(|text| {
                    text.contains(&format!("impl {of} {{"))
                        && ['(', '<'].iter().any(|next| text.contains(&format!("fn {call}{next}")))
                });
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
