//! The documents. They are modules of the library (`src/documents`): rustdoc shows them, checks their links and runs
//! their examples. From the modules this makes what the repository shows, `docs/*.md` and `SAFETY.md`, or compares it.
//!
//! A drawing becomes a link to its file, a link to an item becomes code, a link to a document leads to its file, and
//! the hidden lines of an example go.

use std::path::Path;

use anyhow::{bail, ensure, Context, Result};

use crate::report::Checked;
use crate::shell::{no_complaints, read, rust_files, write, Shell};

const MODULES: &str = "src/documents";

/// What may stand in a module beside its text: the names that the links use.
const NAMES: &str = "use crate::*;";

/// How a generated file begins, before the name of its module.
const GENERATED: &str = "<!-- Generated from src/documents/";

/// Compares what the modules make with the files that are there, or writes these.
pub fn run(_: &Shell, asked: &[String]) -> Checked {
    let mut modules = rust_files(Path::new(MODULES))?;
    let declared = modules.iter().position(|(path, _)| path == "mod.rs").context("src/documents has no mod.rs")?;
    let declared = modules.remove(declared).1;
    let names = Vec::from_iter(modules.iter().map(|(path, _)| path.trim_end_matches(".rs")));
    let mut complaints = Vec::new();
    for (name, (_, source)) in names.iter().zip(&modules) {
        if !declared.lines().any(|line| line == format!("pub mod {name};")) {
            complaints.push(format!("{MODULES}/mod.rs does not declare {name}"));
        }
        let made = Forge { name, modules: &names }.page(source).with_context(|| format!("{MODULES}/{name}.rs"))?;
        match asked.iter().any(|word| word == "write") {
            true => write(place(name), &made)?,
            false => complaints.extend(difference(name, &made, &read(place(name)).unwrap_or_default())),
        }
    }
    let documents = xshell::Shell::new()?.read_dir("docs")?.into_iter().chain(["SAFETY.md".into()]);
    for path in documents.filter(|path| path.extension().is_some_and(|kind| kind == "md")) {
        complaints.extend(orphan(&path.display().to_string(), &read(&path)?, &names));
    }
    no_complaints(complaints)
}

/// The file that is made from a module.
fn place(module: &str) -> String {
    match module {
        "safety" => "SAFETY.md".into(),
        other => format!("docs/{other}.md"),
    }
}

/// Says where a file is not what its module makes.
fn difference(name: &str, made: &str, found: &str) -> Option<String> {
    let same = made.lines().zip(found.lines()).take_while(|(made, found)| made == found).count();
    let how = format!("change src/documents/{name}.rs, then `cargo xtask documents --write`");
    (made != found).then(|| format!("{}:{}: not what its module makes: {how}", place(name), same + 1))
}

/// Complains of a file that says it is generated and has no module.
fn orphan(path: &str, text: &str, modules: &[&str]) -> Option<String> {
    let module = text.strip_prefix(GENERATED)?.split('.').next()?;
    (!modules.contains(&module)).then(|| format!("{path}: there is no src/documents/{module}.rs to generate it from"))
}

/// Makes a page of the repository from a module.
struct Forge<'a> {
    name: &'a str,
    modules: &'a [&'a str],
}

impl Forge<'_> {
    fn page(&self, source: &str) -> Result<String> {
        let lines = text_of(source)?;
        let definitions = lines.iter().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
        let labels = Vec::from_iter(definitions.map(|(label, _)| &label[1..]));
        let how = "change that file, then run `cargo xtask documents --write`. -->\n\n";
        let mut page = format!("{GENERATED}{}.rs: {how}", self.name);
        let (mut prose, mut lines) = (String::new(), lines.into_iter());
        while let Some(line) = lines.next() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                page += &self.linked(&std::mem::take(&mut prose), &labels)?;
                page += &code(line, language, &mut lines)?;
            } else if line == "<figure>" {
                page += &self.linked(&std::mem::take(&mut prose), &labels)?;
                page += &self.picture([lines.next(), lines.next(), lines.next()])?;
            } else {
                ensure!(!line.starts_with("#!["), "a drawing stands within <figure> and </figure>");
                prose.extend([line, "\n"]);
            }
        }
        Ok(page + &self.linked(&prose, &labels)?)
    }

    /// A link to a drawing, of the three lines after `<figure>`.
    fn picture(&self, lines: [Option<&str>; 3]) -> Result<String> {
        let [Some(drawing), Some(caption), Some("</figure>")] = lines else { bail!("a figure has no </figure>") };
        let file = drawing.strip_prefix("#![doc = include_str!(\"../../").and_then(|rest| rest.strip_suffix("\")]"));
        let file = file.with_context(|| format!("a figure begins with a drawing, and not with {drawing}"))?;
        let caption = caption.strip_prefix("<figcaption>").and_then(|rest| rest.strip_suffix("</figcaption>"));
        // An empty line ends what rustdoc takes to be HTML.
        ensure!(!read(crate::root().join(file))?.contains("\n\n"), "{file} has an empty line");
        Ok(format!("![{}]({})\n", caption.context("a figure has no <figcaption> in one line")?, self.way_to(file)))
    }

    /// Prose with its links as the repository has them. `labels` are those of the links that are defined by a line.
    fn linked(&self, prose: &str, labels: &[&str]) -> Result<String> {
        let (mut page, mut rest) = (String::new(), prose);
        while let Some(at) = rest.find(['`', '[', '\\']) {
            page += &rest[..at];
            let is_line = at == 0 && page.is_empty() || page.ends_with('\n');
            rest = &rest[at..];
            if let Some((span, after)) = code_span(rest) {
                page += &self.span(span);
                rest = after;
                continue;
            }
            if let Some((text, after)) = escaped(rest).filter(|(text, _)| !labels.contains(text)) {
                page += &format!("[{text}]");
                rest = after;
                continue;
            }
            let Some((text, after)) = bracket(rest) else {
                let count = if rest.starts_with('\\') { 2 } else { 1 };
                let (plain, after) = rest.split_at(rest.chars().take(count).map(char::len_utf8).sum());
                page += plain;
                rest = after;
                continue;
            };
            let inline = after.strip_prefix('(').and_then(|after| after.split_once(')'));
            let defined = after.strip_prefix(": ").filter(|_| is_line).and_then(|after| after.split_once('\n'));
            if let Some((target, after)) = inline {
                page += &self.target(target)?.map_or(text.into(), |target| format!("[{text}]({target})"));
                rest = after;
            } else if let Some((target, after)) = defined {
                let target = self.target(target)?.with_context(|| format!("write out the links to {target}"))?;
                page += &format!("[{text}]: {target}\n");
                rest = after;
            } else {
                let is_item = !labels.contains(&text) && text.starts_with('`') && !after.starts_with('[');
                page += &if is_item { text.to_string() } else { format!("[{text}]") };
                rest = after;
            }
        }
        Ok(page + rest)
    }

    /// Where the link leads in the repository; nowhere if it is to an item that has no file of its own.
    fn target(&self, target: &str) -> Result<Option<String>> {
        if target.contains("://") || target.starts_with('#') {
            return Ok(Some(target.into()));
        }
        let (path, heading) = target.find('#').map_or((target, ""), |at| target.split_at(at));
        let is_item = path.split("::").all(|name| name.chars().all(|c| c.is_alphanumeric() || "_@()".contains(c)));
        ensure!(is_item, "a link to {target}: on docs.rs there is no such file");
        if let Some(module) = path.strip_prefix("super::").or(path.strip_prefix("crate::documents::")) {
            ensure!(self.modules.contains(&module), "a link to {module}: there is no such document");
            return Ok(Some(self.way_to(&place(module)) + heading));
        }
        let file = path.strip_prefix("crate::").map(|path| format!("src/{}", path.replace("::", "/")));
        let file = file.into_iter().flat_map(|path| [format!("{path}.rs"), format!("{path}/mod.rs")]);
        Ok(file.into_iter().find(|file| crate::root().join(file).exists()).map(|file| self.way_to(&file)))
    }

    /// Code as it is; but the path of a Markdown file, or of a folder with its `/`, becomes a link.
    fn span(&self, span: &str) -> String {
        let path = span.trim_matches('`');
        let is_page = path.ends_with(".md") || path.ends_with('/') && !path.starts_with('/');
        match is_page && path != place(self.name) && crate::root().join(path).exists() {
            true => format!("[{span}]({})", self.way_to(path)),
            false => span.into(),
        }
    }

    /// The way to a file, from where this page is.
    fn way_to(&self, file: &str) -> String {
        match (place(self.name).strip_prefix("docs/"), file.strip_prefix("docs/")) {
            (Some(_), Some(beside)) => beside.into(),
            (Some(_), None) => format!("../{file}"),
            (None, _) => file.into(),
        }
    }
}

/// The lines of a module's text, and of its drawings as they stand there. There is nothing else.
fn text_of(source: &str) -> Result<Vec<&str>> {
    let mut lines = Vec::new();
    for line in source.lines().filter(|line| !line.is_empty() && *line != NAMES) {
        match line.strip_prefix("//!") {
            Some(text) => lines.push(text.strip_prefix(' ').unwrap_or(text)),
            None if line.starts_with("#![doc = ") => lines.push(line),
            None => bail!("not a line of a document: {line}"),
        }
    }
    Ok(lines)
}

/// A block of code, from the line that opens it: marked as Rust if it is, and then without its hidden lines.
fn code<'a>(open: &str, language: &str, lines: &mut impl Iterator<Item = &'a str>) -> Result<String> {
    let is_rust = ["", "rust", "no_run"].contains(&language);
    ensure!(is_rust || ["sh", "text"].contains(&language), "a block of {language}, which is not Rust, sh or text");
    let mut block = if is_rust { open.replace(&format!("```{language}"), "```rust") } else { open.into() } + "\n";
    loop {
        let line = lines.next().context("the last block is not closed")?;
        let hidden = line.trim_start().strip_prefix('#').filter(|_| is_rust);
        match hidden {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => {}
            Some(rest) if rest.starts_with('#') => block.extend([rest, "\n"]),
            _ => block.extend([line, "\n"]),
        }
        if line.trim() == "```" {
            return Ok(block);
        }
    }
}

/// The code at the beginning of `text`, with its backquotes, and what follows.
fn code_span(text: &str) -> Option<(&str, &str)> {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let end = ticks + text[ticks..].find(&text[..ticks]).filter(|_| ticks > 0)? + ticks;
    Some(text.split_at(end))
}

/// What stands between the escaped brackets that begin `text`, and what follows. Only rustdoc needs the escapes, which
/// takes any word in brackets for the name of an item.
fn escaped(text: &str) -> Option<(&str, &str)> {
    let found = text.strip_prefix("\\[")?.split_once("\\]")?;
    (!found.1.starts_with(['(', '[', ':'])).then_some(found)
}

/// What stands in the bracket that begins `text`, and what follows; a bracket within code is none.
fn bracket(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with('[') {
        return None;
    }
    let (mut at, mut depth) = (0, 0);
    loop {
        at += text[at..].find(['`', '[', ']'])?;
        match &text[at..=at] {
            "`" => at += code_span(&text[at..]).map_or(0, |(span, _)| span.len() - 1),
            "[" => depth += 1,
            _ => depth -= 1,
        }
        at += 1;
        if depth == 0 {
            return Some((&text[1..at - 1], &text[at..]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a module of the guide's makes, without the line that says so.
    fn made(source: &str) -> Result<String> {
        let page = Forge { name: "guide", modules: &["guide", "layout", "safety"] }.page(source)?;
        let (first, page) = page.split_once("\n\n").unwrap();
        assert!(first.starts_with("<!-- Generated from src/documents/guide.rs: ") && first.ends_with(" -->"));
        Ok(page.into())
    }

    #[test]
    fn a_page_has_links_to_files_pictures_and_no_hidden_lines() {
        let module = r##"//! # A text
//!
//! A [`Ring`] and [a call](crate::Ring::push), [the `[u8]`
//! numbers](crate::layout), [a page](super::layout#2-the-file), [another](super::safety), [`x[0]`], `[Ring]`,
//! [there][web], [web], [ ], \[word\], \[web\], \[a\](b), a \* b, ``a ` [b]``,
//! `docs/layout.md`, `verify/`, `docs/guide.md` and `none.md`.
//!
//! <figure>
#![doc = include_str!("../../docs/record.svg")]
//! <figcaption>A record: [it]</figcaption>
//! </figure>
//!
//! ```
//! # fn main() {
//! let a = [1]; // [`Ring`]
//! #
//! ##[x]
//! # }
//! ```
//!
//! ```sh
//! # [`Ring`]
//! ```
//!
//! [web]: https://example.org/a_(b)

use crate::*;
"##;
        let page = r##"# A text

A `Ring` and a call, [the `[u8]`
numbers](../src/layout.rs), [a page](layout.md#2-the-file), [another](../SAFETY.md), `x[0]`, `[Ring]`,
[there][web], [web], [ ], [word], \[web\], \[a\](b), a \* b, ``a ` [b]``,
[`docs/layout.md`](layout.md), [`verify/`](../verify/), `docs/guide.md` and `none.md`.

![A record: [it]](record.svg)

```rust
let a = [1]; // [`Ring`]
#[x]
```

```sh
# [`Ring`]
```

[web]: https://example.org/a_(b)
"##;
        assert_eq!(made(module).unwrap(), page);
    }

    #[test]
    fn what_docs_rs_or_the_repository_cannot_show_is_refused() {
        for (module, why) in [
            ("//! [a](layout.md)", "there is no such file"),
            ("//! ![a](record.svg)", "there is no such file"),
            ("//! [a](super::attic)", "no such document"),
            ("//! [a]: crate::Ring\n", "write out"),
            ("//! ```rust,ignore\n//! ```", "not Rust, sh or text"),
            ("//! ```", "not closed"),
            ("#![doc = include_str!(\"../../docs/record.svg\")]", "within <figure>"),
            ("//! <figure>\n#![doc = include_str!(\"../../docs/record.svg\")]\n//! </figure>", "no </figure>"),
            ("//! Text.\n/// An item's.", "not a line"),
        ] {
            let found = made(module).expect_err(module);
            assert!(format!("{found:#}").contains(why), "{module}: {found:#}");
        }
    }

    #[test]
    fn a_file_that_was_changed_by_hand_is_found_and_one_without_a_module() {
        let says = "docs/guide.md:2: not what its module makes: change src/documents/guide.rs";
        assert!(difference("guide", "a\nb\n", "a\nc\n").unwrap().starts_with(says));
        assert!(difference("guide", "a\nb\n", "a\n").unwrap().starts_with(says));
        assert!(difference("guide", "a\n", "a\n\n").unwrap().starts_with(says));
        assert_eq!(difference("guide", "a\n", "a\n"), None);
        let page = format!("{GENERATED}guide.rs -->\n");
        let orphaned = |text: &str| orphan("docs/guide.md", text, &["layout"]);
        assert!(orphaned(&page).unwrap().contains("no src/documents/guide.rs") && orphaned("# By hand\n").is_none());
        assert!(orphan("docs/guide.md", &page, &["guide"]).is_none());
    }
}
