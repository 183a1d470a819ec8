//! Holds `.github/workflows` to the table of checks: each check has a job, and each job runs one check.
//!
//! A workflow is read into the types below. They have a field for each key that a workflow may have, at each level, and
//! any other key is an error: so nothing can let a job pass without its check.
//!
//! This is a test and no check: a job's commands are commands that anybody can run here.
#![allow(dead_code, reason = "of many a field it is enough that it can be read")]

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::checks::{CHECKS, LONG, MUTANTS};
use crate::shell::{files, read};

/// How a step begins that prepares a job for its check. It is one command.
const SET_UP: [&str; 2] = ["rustup toolchain install ", ".ci/install "];
/// What such a command is made of, besides letters and digits: nothing that begins another one, or redirects it.
const IN_SET_UP: &str = " .,-_/\"${}";
/// The only action. Its major version follows.
const ACTION: &str = "actions/checkout@v";
/// The only branch. What is pushed to it is checked.
const BRANCH: &str = "main";
/// What each system has to run.
const EVERYWHERE: [&str; 3] = ["faults", "oracle", "test"];

/// A file of `.github/workflows`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Workflow {
    name: String,
    on: On,
    permissions: Permissions,
    concurrency: Option<Concurrency>,
    env: Option<Env>,
    jobs: BTreeMap<String, Job>,
}

/// What a workflow is started by: all of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct On {
    push: Push,
    pull_request: (),
    schedule: Vec<Schedule>,
    workflow_dispatch: Option<()>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    branches: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    cron: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Permissions {
    contents: Access,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Access {
    Read,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Concurrency {
    group: Group,
    cancel_in_progress: bool,
}

/// A run may end an earlier one of the same branch, and no other.
#[derive(Deserialize)]
enum Group {
    #[serde(rename = "${{ github.workflow }}-${{ github.ref }}")]
    OfTheBranch,
}

/// What every job has in its environment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
struct Env {
    rustup_toolchain: String,
    cargo_incremental: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Job {
    runs_on: System,
    timeout_minutes: u32,
    strategy: Option<Strategy>,
    steps: Vec<Step>,
}

/// A machine with a system, which each has a job.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
enum System {
    #[serde(rename = "ubuntu-24.04")]
    Linux,
    #[serde(rename = "ubuntu-24.04-arm")]
    LinuxArm64,
    #[serde(rename = "macos-15")]
    Macos,
}

const SYSTEMS: [System; 3] = [System::Linux, System::LinuxArm64, System::Macos];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Strategy {
    fail_fast: bool,
    matrix: Matrix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix {
    check: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    uses: Option<String>,
    with: Option<With>,
    run: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct With {
    fetch_depth: u32,
}

/// Says what is wrong with these workflows, given by name and text, and where it is.
fn complaints(workflows: &[(String, String)], checks: &[&str]) -> Vec<String> {
    let (mut wrong, mut run) = (Vec::new(), Vec::new());
    for (file, text) in workflows {
        let Workflow { on, jobs, .. } = match serde_saphyr::from_str(text) {
            Ok(workflow) => workflow,
            Err(error) => {
                let error = error.without_snippet().to_string();
                wrong.push(format!("{file}: {error}"));
                continue;
            }
        };
        if on.push.branches != [BRANCH] {
            wrong.push(format!("{file}: is not started by what is pushed to {BRANCH} alone"));
        }
        if !on.schedule.iter().any(|schedule| is_weekly(&schedule.cron)) {
            wrong.push(format!("{file}: is not started each week"));
        }
        for (name, job) in &jobs {
            let (names, complaints) = checks_of(job);
            let name = format!("{file}: {name}");
            wrong.extend(complaints.into_iter().map(|complaint| format!("{name}: {complaint}")));
            let unknown = names.iter().filter(|check| !checks.contains(check));
            wrong.extend(unknown.map(|check| format!("{name}: {check} is no check")));
            run.extend(names.into_iter().map(|check| (job.runs_on, check.to_string())));
        }
    }
    for system in SYSTEMS {
        let is_run = |check: &str| run.iter().any(|(by, name)| *by == system && name == check);
        let asked = if system == System::Linux { checks } else { &EVERYWHERE };
        let left = asked.iter().filter(|check| !is_run(check));
        wrong.extend(left.map(|check| format!("no job runs the check {check} on {system:?}")));
    }
    wrong
}

/// Returns the checks that a job runs, one for each entry of its matrix, and what is wrong with the job.
fn checks_of(job: &Job) -> (Vec<&str>, Vec<String>) {
    let (mut named, mut wrong) = (Vec::new(), Vec::new());
    for Step { uses, with, run } in &job.steps {
        match (uses.as_deref(), with, run.as_deref()) {
            (Some(uses), _, None) if is_pinned(uses) => {}
            (None, None, Some(run)) => match run.strip_prefix("cargo xtask ") {
                Some(check) => named.push(check),
                None if is_set_up(run) => {}
                None => wrong.push(format!("{run} is neither set-up nor a check")),
            },
            (uses, _, run) => wrong.push(format!("no step: {}{}", uses.unwrap_or_default(), run.unwrap_or_default())),
        }
    }
    match (&named[..], &job.strategy) {
        (["${{ matrix.check }}"], Some(strategy)) => named = strategy.matrix.check.iter().map(|name| &**name).collect(),
        ([_], None) => {}
        (_, Some(_)) => wrong.push("runs not just the checks of its matrix".into()),
        _ => wrong.push(format!("runs {} checks instead of one", named.len())),
    }
    (if wrong.is_empty() { named } else { Vec::new() }, wrong)
}

/// Whether this is the one action, of some version.
fn is_pinned(uses: &str) -> bool {
    uses.strip_prefix(ACTION).is_some_and(|version| version.parse::<u32>().is_ok())
}

/// Whether this is one command that prepares a job.
fn is_set_up(line: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || IN_SET_UP.contains(letter);
    SET_UP.iter().any(|begin| line.starts_with(begin)) && line.chars().all(is_plain)
}

/// Whether this is a time that comes once a week.
fn is_weekly(cron: &str) -> bool {
    let limits = [("", 60), ("", 24), ("*", 0), ("*", 0), ("", 7)];
    let fields = Vec::from_iter(cron.split(' '));
    let is_so = |(field, (word, limit)): (&&str, (&str, u32))| {
        *field == word || field.parse::<u32>().is_ok_and(|number| number < limit)
    };
    fields.len() == limits.len() && fields.iter().zip(limits).all(is_so)
}

#[test]
fn every_check_is_in_a_job_and_every_job_is_a_check() {
    let folder = crate::root().join(".github/workflows");
    let files = files(&folder).unwrap();
    let texts = files.iter().map(|path: &std::path::PathBuf| read(folder.join(path)).unwrap());
    let workflows = Vec::from_iter(files.iter().map(|path| path.display().to_string()).zip(texts));
    assert!(workflows.iter().all(|(path, _)| Path::new(path).extension().is_some_and(|kind| kind == "yml")));
    let checks = Vec::from_iter(CHECKS.iter().chain(LONG).map(|check| check.0));
    assert_eq!(complaints(&workflows, &checks), [""; 0]);
}

#[test]
fn the_installer_knows_names_of_checks_and_no_others() {
    let installer = include_str!("../../.ci/install");
    let cases = installer.split("case $check in").nth(1).unwrap().lines().map(str::trim);
    let names = cases.filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.split_once(") ")?.0));
    let names = Vec::from_iter(names.flat_map(|names| names.split(" | ")));
    let is_known = |name: &str| CHECKS.iter().chain(LONG).chain([&MUTANTS]).any(|check| check.0 == name);
    let unknown = Vec::from_iter(names.iter().filter(|name| !is_known(name)));
    assert!(unknown.is_empty() && names.contains(&"spin"), "no checks: {unknown:?}, of {names:?}");
}

#[cfg(test)]
const GOOD: &str = "
name: checks
on:
  push: { branches: [main] }
  pull_request:
  schedule: [{ cron: 23 4 * * 1 }]
  workflow_dispatch:
permissions: { contents: read }
concurrency:
  group: ${{ github.workflow }}-${{ github.ref }}
  cancel-in-progress: true
env:
  RUSTUP_TOOLCHAIN: \"1.95\"
  CARGO_INCREMENTAL: \"0\"
jobs:
  linux:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    strategy: { fail-fast: false, matrix: { check: [faults, oracle, test, tidy] } }
    steps:
      - uses: actions/checkout@v6
        with: { fetch-depth: 0 }
      - run: rustup toolchain install \"$RUSTUP_TOOLCHAIN\" --component clippy,rustfmt
      - run: .ci/install ${{ matrix.check }}
      - run: cargo xtask ${{ matrix.check }}
  one:
    runs-on: ubuntu-24.04
    timeout-minutes: 6
    steps: [{ run: cargo xtask loom }]
  arm64:
    runs-on: ubuntu-24.04-arm
    timeout-minutes: 7
    strategy: { fail-fast: false, matrix: { check: [faults, test, oracle] } }
    steps: [{ run: 'cargo xtask ${{ matrix.check }}' }]
  macos:
    runs-on: macos-15
    timeout-minutes: 8
    strategy: { fail-fast: false, matrix: { check: [test, faults, oracle] } }
    steps: [{ run: 'cargo xtask ${{ matrix.check }}' }]
";

/// A piece of the good workflow, its replacement, and what the first complaint contains.
#[cfg(test)]
const BROKEN: [(&str, &str, &str); 51] = [
    // Names.
    ("test, tidy", "test, tidy, tidiness", "a.yml: linux: tidiness is no check"),
    ("xtask loom", "xtask verify", "a.yml: one: verify is no check"),
    ("test, tidy", "test", "no job runs the check tidy on Linux"),
    ("xtask loom", "xtask loom --full", "a.yml: one: loom --full is no check"),
    // Steps.
    (
        "clippy,rustfmt\n",
        "clippy,rustfmt\n      - run: cargo test\n",
        "linux: cargo test is neither set-up nor a check",
    ),
    ("clippy,rustfmt\n", "clippy && exit\n", "clippy && exit is neither set-up nor a check"),
    ("clippy,rustfmt\n", "clippy >> $GITHUB_PATH\n", "clippy >> $GITHUB_PATH is neither set-up nor a check"),
    ("checkout@v6", "checkout@main", "a.yml: linux: no step: actions/checkout@main"),
    ("actions/checkout@v6", "a/b@v6", "a.yml: linux: no step: a/b@v6"),
    ("{ run: cargo xtask loom }", "", "a.yml: one: runs 0 checks instead of one"),
    ("loom }]", "loom }, { run: cargo xtask tidy }]", "a.yml: one: runs 2 checks instead of one"),
    ("{ run: cargo xtask loom }", "{}", "a.yml: one: no step: "),
    ("loom }]", "loom, with: { fetch-depth: 1 } }]", "a.yml: one: no step: "),
    ("loom }]", "loom, uses: actions/checkout@v6 }]", "a.yml: one: no step: actions/checkout@v6"),
    ("loom }]", "loom, continue-on-error: true }]", "unknown field `continue-on-error`"),
    ("loom }]", "loom, if: false }]", "unknown field `if`"),
    ("loom }]", "loom, shell: 'true {0}' }]", "unknown field `shell`"),
    ("loom }]", "loom, working-directory: / }]", "unknown field `working-directory`"),
    ("loom }]", "loom, env: { PATH: /nowhere } }]", "unknown field `env`"),
    ("fetch-depth: 0 }", "ref: another }", "unknown field `ref`"),
    // Jobs.
    ("timeout-minutes: 6", "if: false", "unknown field `if`"),
    ("timeout-minutes: 6\n    steps", "steps", "missing field `timeout-minutes`"),
    ("timeout-minutes: 6", "continue-on-error: true", "unknown field `continue-on-error`"),
    ("timeout-minutes: 6", "defaults: { run: { shell: 'true {0}' } }", "unknown field `defaults`"),
    ("timeout-minutes: 6", "permissions: write-all", "unknown field `permissions`"),
    ("timeout-minutes: 6", "env: { PATH: /nowhere }", "unknown field `env`"),
    ("timeout-minutes: 6", "needs: macos", "unknown field `needs`"),
    ("timeout-minutes: 6", "container: alpine", "unknown field `container`"),
    ("timeout-minutes: 6", "timeout-minutes: 6\n    timeout-minutes: 7", "duplicate"),
    ("test, tidy] }", "test, tidy], exclude: [{ check: tidy }] }", "unknown field `exclude`"),
    (
        "test, oracle] } }\n    steps: [{ run: 'cargo xtask ${{ matrix.check }}",
        "test, oracle] } }\n    steps: [{ run: 'cargo xtask test",
        "a.yml: arm64: runs not just the checks of its matrix",
    ),
    // Systems.
    ("ubuntu-24.04-arm", "ubuntu-24.04", "no job runs the check faults on LinuxArm64"),
    ("macos-15", "ubuntu-24.04", "no job runs the check faults on Macos"),
    ("macos-15", "self-hosted", "unknown variant `self-hosted`"),
    ("[test, faults, oracle]", "[test, oracle]", "no job runs the check faults on Macos"),
    ("[faults, test, oracle]", "[tidy]", "no job runs the check faults on LinuxArm64"),
    // The workflow.
    ("  push: { branches: [main] }\n", "", "missing field `push`"),
    ("  pull_request:\n", "", "missing field `pull_request`"),
    ("  schedule: [{ cron: 23 4 * * 1 }]\n", "", "missing field `schedule`"),
    ("{ cron: 23 4 * * 1 }", "", "a.yml: is not started each week"),
    ("23 4 * * 1", "0 0 31 2 *", "a.yml: is not started each week"),
    ("[main]", "[none]", "a.yml: is not started by what is pushed to main alone"),
    ("[main]", "[main], paths-ignore: ['**']", "unknown field `paths-ignore`"),
    ("pull_request:", "pull_request: { paths-ignore: ['**'] }", "a.yml: "),
    ("pull_request:", "pull_request_target:", "unknown field `pull_request_target`"),
    ("contents: read", "contents: write", "unknown variant `write`"),
    ("{ contents: read }", "write-all", "a.yml: "),
    ("jobs:", "defaults: { run: { shell: 'true {0}' } }\njobs:", "unknown field `defaults`"),
    ("CARGO_INCREMENTAL", "PATH", "unknown field `PATH`"),
    ("-${{ github.ref }}", "", "unknown variant"),
    ("jobs:", "jobs", "a.yml: "),
];

#[test]
fn a_name_that_is_no_check_and_a_check_without_a_job_are_found_and_so_is_what_could_hide_either() {
    let told = |text: String| complaints(&[("a.yml".into(), text)], &["faults", "loom", "oracle", "test", "tidy"]);
    assert_eq!(told(GOOD.into()), [""; 0]);
    for (piece, broken, expected) in BROKEN {
        crate::shell::once(GOOD, piece).unwrap();
        let found = told(GOOD.replace(piece, broken));
        assert!(found.first().is_some_and(|found| found.contains(expected)), "{broken}: {found:#?}");
    }
}
