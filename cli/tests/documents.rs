//! The shell blocks of the documents run as they stand there. (Their Rust blocks are rustdoc's to run.)

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long a block may take, builds included. Then it hangs.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// What stands above a shell block that is not run here, and says why.
const NOT_RUN: &str = "<!-- not run by cli/tests/documents.rs: ";

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
    let mut ran = 0;
    for path in documents() {
        let document = read(&path);
        let blocks = blocks(&document);
        let ground = ground();
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
    let script = built(&block.replace("/dev/shm/", &own).replace("/tmp/", &own));
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
