//! What the documents show is so: their shell blocks run, their Rust blocks are compiled, their links lead somewhere,
//! their figures are those that were measured; and every public item has an example.
#![cfg(not(any(loom, shuttle)))]

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use ipc_ring_reference::Place;

/// How long a block may take, builds included. Then it hangs.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// What stands above a shell block that is not run here, and says why.
const NOT_RUN: &str = "<!-- not run by tests/docs.rs: ";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// README.md and `docs/*.md`, from the repository's root.
fn documents() -> Vec<PathBuf> {
    let in_docs =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    let mut documents: Vec<PathBuf> =
        in_docs.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect();
    documents.push("README.md".into());
    documents.sort();
    assert!(documents.len() >= 3, "{documents:?}");
    documents
}

/// A fenced block of a document.
#[derive(Debug)]
struct Block {
    /// The number of the line that opens it.
    line: usize,
    language: String,
    text: String,
    /// The last line above it that is not empty.
    above: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let (mut blocks, mut open, mut above) = (Vec::<Block>::new(), false, "");
    for (number, line) in document.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(language), false) => {
                let (language, text) = (language.into(), String::new());
                blocks.push(Block { line: number + 1, language, text, above: above.into() });
            }
            (None, true) => blocks.last_mut().unwrap().text.extend([line, "\n"]),
            _ => {}
        }
        open ^= line.starts_with("```");
        above = if line.trim().is_empty() { above } else { line };
    }
    assert!(!open, "the last block is not closed");
    blocks
}

#[test]
fn a_block_is_what_stands_between_its_fences() {
    let blocks = blocks("text\n```sh\nls\n\nls\n```\n\n<!-- above -->\n\n```text\n```\n");
    let found: Vec<_> =
        blocks.iter().map(|block| (block.line, &*block.language, &*block.text, &*block.above)).collect();
    assert_eq!(found, [(2, "sh", "ls\n\nls\n", "text"), (10, "text", "", "<!-- above -->")]);
}

#[test]
fn every_block_says_in_which_language_it_is() {
    for path in documents() {
        for Block { line, language, .. } in blocks(&read(&path)) {
            let known = matches!(&*language, "sh" | "text" | "rust" | "rust,no_run");
            assert!(known, "{}:{line}: not sh, text or rust, but {language:?}", path.display());
        }
    }
}

/// Every shell block ends well as it stands there, behind those above it in its document, and prints what the `text`
/// block directly behind it says; but that its `/dev/shm/` and `/tmp/` are a directory of the test's own, that programs
/// are installed there, and that nothing is built for release, so that what the tests have built is what runs.
#[test]
fn every_shell_block_runs() {
    let mut ran = 0;
    for path in documents() {
        let document = read(&path);
        let blocks = blocks(&document);
        let ground = Place::new();
        for (at, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "sh") {
            let place = format!("{}:{}", path.display(), block.line);
            if let Some(why) = block.above.strip_prefix(NOT_RUN) {
                println!("{place}: not run: {}", why.trim_end_matches(" -->"));
                continue;
            }
            let printed = run(&block.text, &ground).unwrap_or_else(|why| panic!("{place}: {why}"));
            println!("{place}: ran");
            ran += 1;
            if let Some(said) = blocks.get(at + 1).filter(|next| next.language == "text" && next.above == "```") {
                assert_eq!(printed, said.text, "{place}: what it prints is not what {} says", said.line);
            }
        }
    }
    assert!(ran >= 5, "all but {ran} blocks are not run");
}

/// Runs a shell block, and returns what it prints. Where it writes, and installs, is `ground`.
fn run(block: &str, ground: &Place) -> Result<String, String> {
    let own = format!("{}/", ground.directory().display());
    let script = block.replace("/dev/shm/", &own).replace("/tmp/", &own).replace(" --release", "");
    let script = script.replace("cargo install ", "cargo install --debug ");
    let built = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_path_buf();
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("sh")
        .args(["-eu", "-c", &script])
        .current_dir(root())
        .env("PATH", format!("{own}bin:{path}"))
        .env("CARGO_INSTALL_ROOT", ground.directory())
        .env("CARGO_TARGET_DIR", built.parent().unwrap())
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "2") // as the tests are built, so that nothing is built anew
        .env("CARGO_TERM_QUIET", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start sh: {error}"))?;
    let group = shell.id() as libc::pid_t;
    let (done, running) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        let hangs = running.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout);
        if hangs {
            // SAFETY: the shell was not waited for, so the group is its own.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        hangs
    });
    let mut printed = String::new();
    let read = shell.stdout.take().unwrap().read_to_string(&mut printed);
    drop(done);
    let hung = watchdog.join().unwrap();
    let status = shell.wait().map_err(|error| error.to_string())?;
    read.map_err(|error| format!("it does not print text: {error}"))?;
    match (hung, status.success()) {
        (true, _) => Err(format!("it did not end within {LIMIT:?}")),
        (false, false) => Err(format!("{status}, after it had printed:\n{printed}")),
        (false, true) => Ok(printed),
    }
}

#[test]
fn a_shell_block_that_fails_is_noticed_wherever_it_fails() {
    let ground = Place::new();
    let run = |block| run(block, &ground);
    assert_eq!(run("echo one\necho two | cat\n"), Ok("one\ntwo\n".into()));
    assert!(run("false\necho on\n").unwrap_err().contains("exit status: 1"));
    assert!(run("echo $NOT_SET_ANYWHERE\n").is_err());
    assert_eq!(run("echo data > /dev/shm/a; cp /dev/shm/a /tmp/b"), Ok(String::new()));
    assert_eq!(run("cat /tmp/b"), Ok("data\n".into()));
}

/// Also where a block is not run, the checks that it calls for exist.
#[test]
fn every_check_that_a_document_names_is_one_of_xtask() {
    let sources = ["main.rs", "checks.rs"].map(|file| read(Path::new("xtask/src").join(file))).concat();
    for path in documents() {
        for named in read(&path).split("cargo xtask ").skip(1) {
            let name: String = named.chars().take_while(|letter| letter.is_alphanumeric()).collect();
            let exists = name.is_empty() || sources.contains(&format!("\"{name}\""));
            assert!(exists, "{} names `cargo xtask {name}`, which xtask does not know", path.display());
        }
    }
}

/// rustdoc runs the examples of whatever `src/lib.rs` includes.
#[test]
fn every_document_with_rust_in_it_is_among_those_whose_examples_rustdoc_runs() {
    let library = read("src/lib.rs");
    for path in documents() {
        let has_rust = blocks(&read(&path)).iter().any(|block| block.language.starts_with("rust"));
        let included = library.contains(&format!("#[doc = include_str!(\"../{}\")]", path.display()))
            || library.contains(&format!("#![doc = include_str!(\"../{}\")]", path.display()));
        assert!(included || !has_rust, "{}: src/lib.rs does not include it", path.display());
    }
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    for path in documents() {
        let document = read(&path);
        let inline = document.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
        let named = document.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
        for target in inline.chain(named.map(|(_, target)| target)) {
            let (file, _heading) = target.split_once('#').unwrap_or((target, ""));
            let leads = file.contains("://") || root().join(path.parent().unwrap()).join(file).exists();
            assert!(leads, "{} links to {target}, which does not exist", path.display());
        }
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

/// The map in the code (`src/protocol/words.rs`) lists the words of a page by their offsets.
#[test]
fn the_drawing_of_the_file_shows_every_word_that_the_header_has_and_where_it_stands() {
    let (header, drawing) = (read("src/protocol/words.rs"), read("docs/memory-map.svg"));
    let rows =
        header.lines().skip_while(|line| !line.starts_with("//!   a page:")).take_while(|line| *line != "//! ```");
    let words: Vec<(&str, &str)> = rows
        .map(|row| row.trim_start_matches("//!   a page:").trim_start_matches("//!").split_whitespace())
        .map(|mut row| (row.next().unwrap(), row.next().unwrap()))
        .collect();
    assert!(words.len() >= 4, "{words:?}");
    for (offset, word) in words {
        let row = drawing.split("<text x=\"24\"").find(|row| row.contains(&format!(">{offset}</text>")));
        let row = row.unwrap_or_else(|| panic!("nothing is drawn at {offset}, where there is {word}"));
        assert!(row.contains(&format!(">{word}</tspan>")), "{word} is not drawn at {offset}");
    }
}

/// The guide's comparison quotes `docs/benchmarks.md`: the column names the scenario, the row who took part.
#[test]
fn the_figures_of_readmes_and_the_guides_comparisons_are_those_that_were_measured() {
    let measured = read("docs/benchmarks.md");
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_string()).collect()
    };
    let figure = |scenario: &str, who: &str| {
        let section = measured.split("\n## ").find(|section| section.lines().next() == Some(scenario))?;
        let row = section.lines().map(cells).find(|row| row.first().is_some_and(|first| first == who))?;
        row.get(1).cloned()
    };
    for document in ["README.md", "docs/guide.md"] {
        let text = read(document);
        let mut rows = text.lines().skip_while(|line| !line.starts_with("| M messages/s |"));
        let scenarios = cells(rows.next().expect("a table of M messages/s"));
        let rows: Vec<Vec<String>> = rows.skip(1).take_while(|row| row.starts_with('|')).map(cells).collect();
        assert!(rows.len() >= 5, "{rows:?}");
        for row in rows {
            for (scenario, quoted) in scenarios.iter().zip(&row).skip(1) {
                let measured = figure(scenario, &row[0]).unwrap_or_default();
                assert_eq!(*quoted, measured, "{document}: {} in {scenario}", row[0]);
            }
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
/// no item but for rustdoc.
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
