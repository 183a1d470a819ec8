//! What checks are written with: command lines, which xshell shows before it runs them, files, tables, and copies of
//! the repository, to be broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{bail, ensure, Context, Result};
pub use xshell::{cmd, Cmd, Shell};

use crate::report::{Checked, NotRun};

/// Runs all lines, also those after one that failed.
pub fn run_all<'a>(lines: impl IntoIterator<Item = Cmd<'a>>) -> Checked {
    nothing_wrong(lines.into_iter().filter_map(|line| line.run().err()).map(|error| error.to_string()))
}

/// Fails if anything is wrong.
pub fn nothing_wrong(wrong: impl IntoIterator<Item = String>) -> Checked {
    let wrong = Vec::from_iter(wrong);
    ensure!(wrong.is_empty(), wrong.join("; "));
    Ok(String::new())
}

/// Prints all complaints, a line each, and fails if there are any.
pub fn no_complaints(complaints: Vec<String>) -> Checked {
    complaints.iter().for_each(|complaint| println!("{complaint}"));
    nothing_wrong((!complaints.is_empty()).then(|| format!("{} complaints", complaints.len())))
}

/// Shows the line, runs it and returns what it printed.
pub fn printed(line: &Cmd) -> Result<String> {
    eprintln!("$ {line}");
    Ok(line.read()?)
}

/// Shows the line, runs it, passes on what it printed and what it said on stderr, and returns both, whether it
/// succeeded or not.
pub fn output(line: &mut Cmd) -> Result<(ExitStatus, String, String)> {
    eprintln!("$ {line}");
    line.set_ignore_status(true);
    let output = line.output()?;
    let [printed, said] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    print!("{printed}");
    eprint!("{said}");
    Ok((output.status, printed, said))
}

/// Ends the check as one that was not run, unless this program is here, which answers to that.
pub fn needs(program: &str, arguments: &[&str], remedy: &str) -> Result<()> {
    let answers = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    ensure!(answers, NotRun(format!("needs {remedy}")));
    Ok(())
}

/// Whether this compiler has the standard library of `target`. Asking installs nothing.
pub fn has_target(sh: &Shell, toolchain: &[&str], target: &str) -> bool {
    let asked = cmd!(sh, "env RUSTUP_AUTO_INSTALL=0 rustc {toolchain...} --print target-libdir --target {target}");
    asked.read().is_ok_and(|directory| Path::new(&directory).is_dir())
}

/// Where cargo builds, as it is told by the environment.
pub fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from)
}

pub fn read(path: impl AsRef<Path>) -> Result<String> {
    fs::read_to_string(&path).with_context(|| path.as_ref().display().to_string())
}

/// Writes the file, and makes its directory where there is none.
pub fn write(path: impl AsRef<Path>, text: &str) -> Result<()> {
    Shell::new()?.write_file(path, text).map_err(Into::into)
}

/// The paths of all files below `root`, in order, apart from the history and what cargo built.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(|entry| {
        let (path, name) = (entry.path(), entry.file_name());
        name != ".git" && path != root.join("target") && !path.join("CACHEDIR.TAG").exists()
    });
    let files = walk.filter(|entry| !entry.as_ref().is_ok_and(|entry| entry.file_type().is_dir()));
    files.map(|entry| Ok(entry?.path().strip_prefix(root)?.to_path_buf())).collect()
}

/// The path below `root` and the text of every Rust file.
pub fn rust_files(root: &Path) -> Result<Vec<(String, String)>> {
    let rust = files(root)?.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    rust.map(|path| Ok((path.display().to_string(), read(root.join(path))?))).collect()
}

/// The rows below their head, with their columns aligned: to the right where its name begins with `>`.
pub fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let names = head.map(|name| name.trim_start_matches('>').to_string());
    let rows = Vec::from_iter(std::iter::once(names).chain(rows));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let cell = |(at, text): (usize, &String)| match head[at].starts_with('>') {
        true => format!("{text:>0$}", width(at)),
        false => format!("{text:<0$}", width(at)),
    };
    let line = |row: &[String; N]| Vec::from_iter(row.iter().enumerate().map(cell)).join("  ").trim_end().to_string();
    rows.iter().map(|row| line(row) + "\n").collect()
}

/// A number that can be read.
pub fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    Vec::from_iter(groups).join(",")
}

/// A copy of the sources in a directory of its own: what a checker is to find fault with is never what is worked on.
///
/// Cargo tells packages apart by name and version, not by where they are. The copy has a version of its own, so it can
/// be built where the repository is: what both depend on is built once. Their versions differ after a `+`, which no
/// requirement on a version looks at.
pub struct Replica {
    pub root: PathBuf,
}

/// What stands before the version of all packages.
const VERSION: &str = "[workspace.package]\nversion = \"";

impl Replica {
    /// Copies the repository as it is now, under a name that no other check uses.
    pub fn new(name: &str) -> Result<Self> {
        let (sh, root) = (Shell::new()?, target_directory().join("replica").join(name));
        sh.remove_path(&root)?;
        for path in files(Path::new("."))? {
            sh.create_dir(root.join(&path).with_file_name(""))?;
            sh.copy_file(&path, root.join(&path))?;
        }
        let manifest = read("Cargo.toml")?;
        let at = once(&manifest, VERSION)? + VERSION.len();
        let end = at + manifest[at..].find('"').context("the version has no end")?;
        write(root.join("Cargo.toml"), &format!("{}+{name}{}", &manifest[..end], &manifest[end..]))?;
        Ok(Self { root })
    }

    /// Puts these in the place of the files in `src/`.
    pub fn write_sources(&self, files: &[(String, String)]) -> Result<()> {
        files.iter().try_for_each(|(path, text)| write(self.root.join("src").join(path), text))
    }

    /// Puts `broken` in the place of `piece`, which has to stand in `file` exactly once, for as long as `during` takes.
    pub fn with<T>(&self, file: &str, piece: &str, broken: &str, during: impl FnOnce() -> Result<T>) -> Result<T> {
        let path = self.root.join(file);
        let whole = read(&path)?;
        once(&whole, piece).with_context(|| file.to_string())?;
        write(&path, &whole.replace(piece, broken))?;
        let result = during();
        write(&path, &whole)?;
        result
    }
}

/// Where `piece` stands in `text`; an error unless it stands there exactly once.
pub fn once(text: &str, piece: &str) -> Result<usize> {
    match Vec::from_iter(text.match_indices(piece))[..] {
        [(at, _)] => Ok(at),
        ref places => bail!("what is to be broken stands there {} times in place of once: {piece}", places.len()),
    }
}

#[test]
fn one_failure_does_not_keep_the_other_lines_from_running() {
    let sh = Shell::new().unwrap();
    let failed = run_all([cmd!(sh, "false"), cmd!(sh, "true"), cmd!(sh, "test 1 = 2")]).unwrap_err().to_string();
    assert!(failed.contains("`false`: 1; ") && failed.contains("`test 1 = 2`: 1"), "{failed}");
    assert!(run_all([cmd!(sh, "true")]).is_ok());
}

#[test]
fn a_program_that_is_not_there_makes_a_check_not_run() {
    let why = needs("ipc-ring-no-such-program", &[], "what is not there").unwrap_err();
    assert!(why.is::<NotRun>() && needs("true", &[], "").is_ok() && needs("false", &[], "").is_err());
}
