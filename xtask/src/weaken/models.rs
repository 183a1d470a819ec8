//! Loom's models as a program that is run a model at a time, with or without something broken.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{bail, ensure, Context, Result};
use serde_json::Value;

use crate::checks::with_engine;
use crate::shell::{cmd, printed, Shell};

/// The longest that a model may take. None comes near.
const DEADLINE: Duration = Duration::from_secs(120);
/// By which the kernel ends a process where there is no memory left.
const SIGKILL: i32 = 9;

/// The bounds within which a model explores (`verify/certificate.rs`): those of CI, and narrow ones.
pub const CI: &str = "ci";
pub const WEAKEN: &str = "weaken";

/// The first thing that a model said that failed; `None` of one that held.
pub type Failure = Option<String>;

pub fn told(failure: &Failure) -> String {
    failure.as_ref().map_or("holds".into(), |why| format!("fails: {why}"))
}

/// The models of one state of the code.
pub struct Models {
    binary: PathBuf,
    /// Their names, with the modules they are in.
    pub names: Vec<String>,
}

impl Models {
    /// Builds the models of the repository, or of a copy of it, at `root`.
    pub fn build(sh: &Shell, root: &Path) -> Result<Self> {
        let words = "test --quiet --test loom --no-run --message-format=json-render-diagnostics --manifest-path";
        let build = with_engine(sh, "loom", &format!("{words} {}", root.join("Cargo.toml").display()));
        let binary = executable(&printed(&build)?).with_context(|| format!("no program came of {build}"))?;
        let names = tests_in(&cmd!(sh, "{binary} --list").read()?);
        ensure!(!names.is_empty(), "{} lists no models", binary.display());
        Ok(Self { binary, names })
    }

    /// The full name of the model that goes by `name` where modules are left out.
    pub fn find(&self, name: &str) -> Result<&String> {
        self.names.iter().find(|full| last(full) == name).with_context(|| format!("there is no model {name}"))
    }

    /// The line that does what [`meet`](Self::meet) does.
    pub fn line(&self, model: &str, lane: &str, (variable, value): (&str, &str)) -> String {
        format!("$ IPC_RING_LANE={lane} {variable}={value:?} {} --exact {model}", self.binary.display())
    }

    /// Runs `model` within the bounds of `lane`, on the code as it was built, or broken as this variable of the
    /// environment says.
    pub fn meet(&self, model: &str, lane: &str, broken: Option<(&str, &str)>) -> Result<Failure> {
        let mut run = duct::cmd!(&self.binary, "--exact", model, "--nocapture")
            .env("IPC_RING_LANE", lane)
            // It must be the code that fails a model, not how much of a broken one there is to explore.
            .env("IPC_RING_CERTIFY", "1")
            .env("RUST_BACKTRACE", "0");
        if let Some((variable, value)) = broken {
            run = run.env(variable, value);
        }
        let running = run.stderr_to_stdout().stdout_capture().unchecked().start()?;
        let Some(output) = running.wait_timeout(DEADLINE)? else {
            running.kill()?;
            bail!("{model}, {broken:?}: does not end in {DEADLINE:?}");
        };
        failure(output.status, &String::from_utf8_lossy(&output.stdout)).context(model.to_string())
    }
}

/// What a model that ended with `status` and said `text` means by it.
fn failure(status: ExitStatus, text: &str) -> Result<Failure> {
    ensure!(text.contains("running 1 test"), "was not run: {text}");
    ensure!(status.signal() != Some(SIGKILL), "{status}: {text}");
    let mut lines = text.lines().map(str::trim).skip_while(|line| !line.contains("panicked at"));
    let why = lines.find(|line| !line.is_empty() && !line.contains("panicked at"));
    let why = why.map_or_else(|| status.to_string(), |why| why.chars().take(90).collect());
    Ok((!status.success()).then_some(why))
}

/// The name of a test without its modules.
pub fn last(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

/// What the test harness lists, without what is about a check's own tools.
fn tests_in(listed: &str) -> Vec<String> {
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    names.filter(|name| !name.starts_with("canaries::")).map(String::from).collect()
}

/// The last program that cargo says it built.
fn executable(printed: &str) -> Option<PathBuf> {
    let messages = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back()
}

#[test]
fn a_model_that_failed_says_why_and_one_that_was_not_run_has_not_failed() {
    let said = |status, text| failure(ExitStatus::from_raw(status), text).ok();
    let text = "running 1 test\nloom: a\n\nthread 'a' (7) panicked at src/a.rs:1:2:\nleft behind\nmore\n";
    assert_eq!((said(101 << 8, text), said(0, text)), (Some(Some("left behind".into())), Some(None)));
    assert_eq!((said(101 << 8, "running 0 tests\n"), said(127 << 8, ""), said(SIGKILL, text)), (None, None, None));
}

#[test]
fn the_models_and_their_program_are_read_from_what_cargo_says() {
    assert_eq!(tests_in("a::b: test\ncanaries::c: test\n\n2 tests, 0 benchmarks\n"), ["a::b"]);
    let said = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n{\"executable\":\"/x/loom-1\"}\nnoise\n";
    assert_eq!(executable(said), Some("/x/loom-1".into()));
}
