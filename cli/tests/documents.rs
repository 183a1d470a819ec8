//! The shell blocks of the documents and the examples of the manual pages run as they stand there. (The Rust blocks are
//! rustdoc's to run.)

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long a block may take, builds included. Then it hangs.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// What stands above a shell block that is not run here, and says why.
const NOT_RUN: &str = "<!-- not run by cli/tests/documents.rs: ";

/// What stands above an example of a manual page that needs a program, and names it.
const NEEDS: &str = ".\\\" needs ";

/// What stands above what an example of a manual page prints.
const PRINTED: &str = ".\\\" printed by the block above";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// README.md, that of the tools, SAFETY.md and `docs/*.md`, from the repository's root.
fn documents() -> Vec<PathBuf> {
    let in_docs =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| Path::new("docs").join(entry.unwrap().file_name()));
    let mut documents: Vec<PathBuf> =
        in_docs.filter(|path| path.extension().is_some_and(|kind| kind == "md")).collect();
    documents.extend(["README.md", "cli/README.md", "SAFETY.md"].map(PathBuf::from));
    documents.sort();
    assert!(documents.len() >= 3, "{documents:?}");
    documents
}

/// The manual pages, from the repository's root.
fn pages() -> Vec<PathBuf> {
    let pages = fs::read_dir(root().join("cli/man")).unwrap();
    let mut pages: Vec<PathBuf> = pages.map(|entry| Path::new("cli/man").join(entry.unwrap().file_name())).collect();
    pages.sort();
    assert!(pages.len() >= 11, "{pages:?}");
    pages
}

/// A fenced block of a document, or an example of a manual page.
#[derive(Debug)]
struct Block {
    /// The number of the line that opens it.
    line: usize,
    language: String,
    text: String,
    /// The last line above it that is not empty.
    above: String,
    /// Whether it is what the block above it prints.
    printed: bool,
}

fn blocks(document: &str) -> Vec<Block> {
    let (mut blocks, mut open, mut above) = (Vec::<Block>::new(), false, "");
    for (number, line) in document.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(language), false) => {
                let printed = language == "text" && above == "```";
                let (line, language, text) = (number + 1, language.into(), String::new());
                blocks.push(Block { line, language, text, above: above.into(), printed });
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

/// Returns the examples of a manual page, and what they print.
fn examples(page: &str) -> Vec<Block> {
    let (mut blocks, mut open, mut above) = (Vec::<Block>::new(), false, "");
    for (number, line) in page.lines().enumerate() {
        match (line, open) {
            (".Ed", _) => open = false,
            (".Bd -literal -offset indent", false) => {
                let printed = above == PRINTED;
                let language = if printed { "text" } else { "sh" }.into();
                blocks.push(Block { line: number + 1, language, text: String::new(), above: above.into(), printed });
                open = true;
            }
            (_, true) => blocks.last_mut().unwrap().text.extend([&*unescaped(line), "\n"]),
            _ => {}
        }
        above = line;
    }
    assert!(!open, "the last example is not closed");
    assert_eq!(blocks.len(), page.lines().filter(|line| line.starts_with(".Bd")).count(), "a display is no example");
    blocks
}

/// Returns a line of an example as a reader sees it.
fn unescaped(line: &str) -> String {
    let mut line = line.to_string();
    for (escape, character) in [("\\-", "-"), ("\\(aq", "'"), ("\\(ti", "~"), ("\\e", "\\")] {
        line = line.replace(escape, character);
    }
    line
}

#[test]
fn an_example_is_what_stands_in_a_display_of_a_page() {
    let page = ".Sh EXAMPLES\n.\\\" needs man\n.Bd -literal -offset indent\nring \\-\\-a \\(aq\\en\\(aq \\(ti\n.Ed\n\
                .\\\" printed by the block above\n.Bd -literal -offset indent\n1\n.Ed\n.Sh SEE ALSO\n";
    let blocks = examples(page);
    let found: Vec<_> =
        blocks.iter().map(|block| (block.line, &*block.language, &*block.text, block.printed)).collect();
    assert_eq!(found, [(3, "sh", "ring --a '\\n' ~\n", false), (7, "text", "1\n", true)]);
    assert_eq!(blocks[0].above.strip_prefix(NEEDS), Some("man"));
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
            let known = matches!(&*language, "sh" | "text" | "rust");
            assert!(known, "{}:{line}: not sh, text or rust, but {language:?}", path.display());
        }
    }
}

/// Every shell block ends well as it stands there, after those above it in its document, and prints what the `text`
/// block directly after it says. Its `/dev/shm/` and `/tmp/` are a directory of the test's own, and the programs that
/// it installs and runs are those that were built with this test (`cargo xtask install` installs them as README
/// says).
#[test]
fn every_shell_block_runs() {
    let ran: usize = documents().iter().map(|path| run_all(path, &blocks(&read(path)))).sum();
    assert!(ran >= 5, "all but {ran} blocks are not run");
}

/// Every example of a manual page, in the same way. Its `~/` is that directory, too.
#[test]
fn every_example_of_the_manual_pages_runs() {
    for path in pages() {
        let examples = examples(&read(&path));
        assert!(run_all(&path, &examples) > 0, "{}: no example was run", path.display());
    }
}

/// Runs the shell blocks of a document in their order. Returns how many ran.
fn run_all(path: &Path, blocks: &[Block]) -> usize {
    let (ground, mut ran) = (ground(), 0);
    for (at, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "sh") {
        let place = format!("{}:{}", path.display(), block.line);
        if let Some(why) = block.above.strip_prefix(NOT_RUN) {
            println!("{place}: not run: {}", why.trim_end_matches(" -->"));
            continue;
        }
        if let Some(program) = block.above.strip_prefix(NEEDS).filter(|program| !is_there(program)) {
            not_run(&format!("{place}: there is no {program}"));
            continue;
        }
        let printed = run(&block.text, &ground).unwrap_or_else(|why| panic!("{place}: {why}"));
        println!("{place}: ran");
        ran += 1;
        if let Some(said) = blocks.get(at + 1).filter(|next| next.printed) {
            assert_eq!(printed, said.text, "{place}: what it prints is not what {} says", said.line);
        }
    }
    ran
}

/// Every page renders without a warning, by the programs that are there.
#[test]
fn the_manual_pages_render_without_warnings() {
    // The second one prints the page, and warnings to stderr. Only man-db has its option, and calls itself "man 2".
    for (renderer, arguments) in [("mandoc", &["-T", "lint", "-W", "warning"][..]), ("man", &["--warnings", "-l"])] {
        let known = |output: Output| renderer == "mandoc" || output.stdout.starts_with(b"man 2");
        let version = Command::new(renderer).arg("--version").output();
        if !version.is_ok_and(known) {
            not_run(&format!("the manual pages are not rendered by {renderer}: it is not installed"));
            continue;
        }
        for path in pages() {
            let rendered = Command::new(renderer).args(arguments).arg(root().join(&path)).output().unwrap();
            let said = String::from_utf8_lossy(if renderer == "mandoc" { &rendered.stdout } else { &rendered.stderr });
            assert!(rendered.status.success() && said.is_empty(), "{renderer}, {}: {said}", path.display());
        }
    }
}

/// Whether a program can be found.
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn not_run(why: &str) {
    // No harness holds this back.
    std::io::stderr().write_all(format!("NOT RUN: {why}\n").as_bytes()).unwrap();
}

/// A directory in memory where there is one, with the tools in its `bin`.
fn ground() -> TempDir {
    let ground = tempfile::tempdir_in(ipc_ring::model::place()).unwrap();
    fs::create_dir(ground.path().join("bin")).unwrap();
    for (name, tool) in [("ring", env!("CARGO_BIN_EXE_ring")), ("ipc_bench", env!("CARGO_BIN_EXE_ipc_bench"))] {
        symlink(tool, ground.path().join("bin").join(name)).unwrap();
    }
    ground
}

/// The script with what was built in place of what is to be built.
fn built(script: &str) -> String {
    let examples = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().join("examples");
    let script = script.replace("cargo install --locked --path cli", "true");
    let script = script.replace("cargo run --release --bin ipc_bench -- ", "ipc_bench ");
    let mut parts = script.split("cargo run --release --example ");
    let first = parts.next().unwrap().to_string();
    parts.fold(first, |script, part| {
        let (name, rest) = part.split_once(" -- ").expect("an example has arguments");
        let example = examples.join(name);
        match example.is_file() {
            true => format!("{script}{} {rest}", example.display()),
            false => format!("{script}cargo run --example {name} -- {rest}"),
        }
    })
}

/// Runs a shell block, and returns what it prints. Where it writes is `ground`.
fn run(block: &str, ground: &TempDir) -> Result<String, String> {
    let own = format!("{}/", ground.path().display());
    let script = built(
        &["/dev/shm/", "/tmp/", "~/"].iter().fold(block.into(), |block: String, place| block.replace(place, &own)),
    );
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("sh")
        .args(["-eu", "-c", &script])
        .current_dir(root())
        .env("PATH", format!("{own}bin:{path}"))
        .env("CARGO_TERM_QUIET", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start sh: {error}"))?;
    let group = Pid::from_raw(shell.id() as i32);
    let (done, running) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        let hangs = running.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout);
        if hangs {
            let _ = killpg(group, Signal::SIGKILL); // the shell was not waited for, so the group is its own
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
    let ground = ground();
    let run = |block| run(block, &ground);
    assert_eq!(run("echo one\necho two | cat\n"), Ok("one\ntwo\n".into()));
    assert!(run("false\necho on\n").unwrap_err().contains("exit status: 1"));
    assert!(run("echo $NOT_SET_ANYWHERE\n").is_err());
    assert_eq!(run("echo data > /dev/shm/a; cp /dev/shm/a /tmp/b"), Ok(String::new()));
    assert_eq!(run("cat /tmp/b"), Ok("data\n".into()));
}
