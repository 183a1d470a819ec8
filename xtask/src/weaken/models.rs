//! Loom's models as a program that is run a model at a time, with or without something broken.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::checks::with_engine;
use crate::line::line;

/// The longest that a model may take. None comes near.
const DEADLINE: Duration = Duration::from_secs(120);

/// By which the kernel ends a process where there is no memory left.
const SIGKILL: i32 = 9;

/// What a model said of what it met.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Held,
    /// It failed, and this is the first thing that it said.
    Failed(String),
    /// It did not end in time.
    Hung,
}

/// Within which bounds a model explores.
#[derive(Clone, Copy)]
pub enum Lane {
    /// Those of CI.
    Ci,
    /// Narrow ones, for what is run very often.
    Weaken,
}

impl Lane {
    fn name(self) -> &'static str {
        match self {
            Lane::Ci => "ci",
            Lane::Weaken => "weaken",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Held => f.write_str("holds"),
            Verdict::Failed(why) => write!(f, "fails: {why}"),
            Verdict::Hung => write!(f, "does not end in {} s", DEADLINE.as_secs()),
        }
    }
}

/// The models of one state of the code.
pub struct Models {
    binary: PathBuf,
    /// Their names, with the modules they are in.
    pub names: Vec<String>,
}

impl Models {
    /// Builds the models of the repository, or of a copy of it, at `root`.
    pub fn build(root: &Path) -> Result<Self, String> {
        let build = line("cargo test --quiet --package ipc_ring --test loom --no-run --message-format json");
        let build = with_engine(build, "loom").and("--manifest-path").and_path(&root.join("Cargo.toml"));
        let output = build.output()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{}: {build}\n{why}\n{}", output.status, rendered(&output.stdout)));
        }
        let binary = executable(&output.stdout).ok_or_else(|| format!("no program came of {build}"))?;
        let listed = Command::new(&binary).arg("--list").output().map_err(|error| format!("{binary:?}: {error}"))?;
        let names = tests_in(&String::from_utf8_lossy(&listed.stdout));
        match listed.status.success() && !names.is_empty() {
            true => Ok(Self { binary, names }),
            false => Err(format!("{binary:?} lists no models")),
        }
    }

    /// The full name of the model that goes by `name` where modules are left out.
    pub fn find(&self, name: &str) -> Result<&String, String> {
        let found = self.names.iter().find(|full| last(full) == name);
        found.ok_or_else(|| format!("there is no model {name}"))
    }

    /// Runs `model` within the bounds of `lane`, on the code as it was built, or broken as this variable of the
    /// environment says.
    pub fn meet(&self, model: &str, lane: Lane, broken: Option<(&str, &str)>) -> Result<Verdict, String> {
        let failed = |error: std::io::Error| format!("{model}: {error}");
        let mut said = tempfile::tempfile().map_err(failed)?;
        let copy = |file: &File| file.try_clone().map_err(failed);
        let mut process = Command::new(&self.binary)
            .args(["--exact", model, "--nocapture"])
            .env("IPC_RING_LANE", lane.name())
            // It must be the code that fails a model, not how much of a broken one there is to explore.
            .env("IPC_RING_CERTIFY", "1")
            .envs(broken)
            .env("RUST_BACKTRACE", "0")
            .stdout(copy(&said)?)
            .stderr(copy(&said)?)
            .spawn()
            .map_err(failed)?;
        let Some(status) = wait(&mut process).map_err(failed)? else { return Ok(Verdict::Hung) };
        let mut text = Vec::new();
        said.rewind().map_err(failed)?;
        said.read_to_end(&mut text).map_err(failed)?;
        verdict(status, &String::from_utf8_lossy(&text)).map_err(|why| format!("{model}: {why}"))
    }
}

/// Waits for the process to end; kills it at the deadline.
fn wait(process: &mut std::process::Child) -> std::io::Result<Option<ExitStatus>> {
    let begin = Instant::now();
    while begin.elapsed() < DEADLINE {
        if let Some(status) = process.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    process.kill()?;
    process.wait()?;
    Ok(None)
}

/// What a model that ended with `status` and said `text` means by it.
fn verdict(status: ExitStatus, text: &str) -> Result<Verdict, String> {
    if !text.contains("running 1 test") {
        return Err(format!("was not run: {text}"));
    }
    if status.success() {
        return Ok(Verdict::Held);
    }
    if status.signal() == Some(SIGKILL) {
        return Err(format!("{status}: {text}"));
    }
    let mut lines = text.lines().map(str::trim).skip_while(|line| !line.contains("panicked at"));
    let why = lines.find(|line| !line.is_empty() && !line.contains("panicked at"));
    Ok(Verdict::Failed(why.map_or_else(|| status.to_string(), |why| why.chars().take(90).collect())))
}

/// The name of a test without its modules.
pub fn last(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

/// What the test harness lists, without what is about a check's own tools.
fn tests_in(listed: &str) -> Vec<String> {
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    names.filter(|name| !name.starts_with("certificate::")).map(String::from).collect()
}

/// The messages of cargo that are JSON.
fn messages(stdout: &[u8]) -> impl Iterator<Item = Value> + '_ {
    stdout.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

fn executable(stdout: &[u8]) -> Option<PathBuf> {
    messages(stdout).filter_map(|message| message["executable"].as_str().map(PathBuf::from)).last()
}

fn rendered(stdout: &[u8]) -> String {
    messages(stdout).filter_map(|message| message["message"]["rendered"].as_str().map(String::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_failed_says_why() {
        let text = "running 1 test\nloom: a\n\nthread 'a' (7) panicked at src/a.rs:1:2:\nleft behind\nmore\n";
        assert_eq!(verdict(ExitStatus::from_raw(101 << 8), text), Ok(Verdict::Failed("left behind".into())));
        assert_eq!(verdict(ExitStatus::from_raw(0), text), Ok(Verdict::Held));
    }

    #[test]
    fn a_model_that_was_not_run_has_not_failed() {
        assert!(verdict(ExitStatus::from_raw(101 << 8), "running 0 tests\n").is_err());
        assert!(verdict(ExitStatus::from_raw(127 << 8), "").is_err());
        assert!(verdict(ExitStatus::from_raw(9), "running 1 test\n").unwrap_err().contains("signal: 9"));
    }

    #[test]
    fn the_models_and_their_program_are_read_from_what_cargo_says() {
        assert_eq!(tests_in("a::b: test\ncertificate::c: test\n\n2 tests, 0 benchmarks\n"), ["a::b"]);
        assert_eq!(last("a::b"), "b");
        let said = b"{\"reason\":\"compiler-artifact\",\"executable\":null}\n{\"executable\":\"/x/loom-1\"}\nnoise\n";
        assert_eq!(executable(said), Some("/x/loom-1".into()));
    }
}
