//! Holds `.github/workflows` to the table of checks: each check has a job, and each job runs one check.
//!
//! This is a test and no check: a job's commands are commands that anybody can run here.

use std::path::Path;

use saphyr::{LoadableYamlNode, Yaml};

use crate::checks::CHECKS;
use crate::shell::{files, read};

/// How a step begins that prepares a job for its check. It is one command.
const SET_UP: [&str; 2] = ["rustup toolchain install ", ".ci/install "];
/// The only action. Its major version follows.
const ACTION: &str = "actions/checkout@v";
/// Keys that would let a job pass without its check.
const EXCUSES: [&str; 2] = ["if", "continue-on-error"];

/// Says what is wrong with these workflows, given by name and text, and where it is.
fn complaints(workflows: &[(String, String)], checks: &[&str]) -> Vec<String> {
    let (mut wrong, mut run) = (Vec::new(), Vec::new());
    for (file, text) in workflows {
        let all = match Yaml::load_from_str(text).as_deref() {
            Ok([one]) => one.clone(),
            other => {
                wrong.push(format!("{file}: not one document of YAML: {:?}", other.err()));
                continue;
            }
        };
        if at(&all, &["permissions", "contents"]).and_then(Yaml::as_str) != Some("read") {
            wrong.push(format!("{file}: may do more than read (permissions)"));
        }
        for (name, job) in at(&all, &["jobs"]).and_then(Yaml::as_mapping).into_iter().flatten() {
            let (names, complaints) = checks_of(job);
            let name = format!("{file}: {}", name.as_str().unwrap_or("a job"));
            wrong.extend(complaints.into_iter().map(|complaint| format!("{name}: {complaint}")));
            let unknown = names.iter().filter(|check| !checks.contains(&check.as_str()));
            wrong.extend(unknown.map(|check| format!("{name}: {check} is no check")));
            run.extend(names);
        }
    }
    let left = checks.iter().filter(|check| !run.iter().any(|name| name == *check));
    wrong.extend(left.map(|check| format!("no job runs the check {check}")));
    wrong
}

/// Returns the checks that a job runs, one for each entry of its matrix, and what is wrong with the job.
fn checks_of(job: &Yaml) -> (Vec<String>, Vec<String>) {
    let list = |path: &[&str]| at(job, path).and_then(Yaml::as_sequence).into_iter().flatten();
    let (mut named, mut wrong) = (Vec::new(), Vec::new());
    for step in list(&["steps"]) {
        let text = |key| at(step, &[key]).and_then(Yaml::as_str).unwrap_or_default();
        let (uses, runs) = (text("uses"), text("run"));
        let is_pinned = uses.strip_prefix(ACTION).is_some_and(|version| version.parse::<u32>().is_ok());
        if let Some(check) = runs.strip_prefix("cargo xtask ") {
            named.push(check);
        } else if !(is_pinned || is_set_up(runs)) {
            wrong.push(format!("{uses}{runs} is neither set-up nor a check"));
        }
    }
    let excused = list(&["steps"]).chain([job]).any(|part| EXCUSES.iter().any(|key| at(part, &[key]).is_some()));
    wrong.extend(excused.then(|| format!("its check may be left out or fail: {}", EXCUSES.join(", "))));
    wrong.extend(at(job, &["timeout-minutes"]).is_none().then(|| "has no time-out (timeout-minutes)".into()));
    let matrix = at(job, &["strategy", "matrix"]).and_then(Yaml::as_mapping);
    let is_plain = matrix.is_none_or(|matrix| matrix.len() == 1);
    wrong.extend((!is_plain).then(|| "its matrix has more than the checks".into()));
    match named[..] {
        ["${{ matrix.check }}"] => {
            let places = list(&["strategy", "matrix", "check"]);
            (places.map(|check| check.as_str().unwrap_or_default().into()).collect(), wrong)
        }
        [one] => (vec![one.into()], wrong),
        _ => {
            wrong.push(format!("runs {} checks instead of one", named.len()));
            (Vec::new(), wrong)
        }
    }
}

/// Whether this is one command that prepares a job.
fn is_set_up(line: &str) -> bool {
    SET_UP.iter().any(|begin| line.starts_with(begin)) && !line.contains(['&', '|', ';', '`', '\n'])
}

/// Follows the keys of `path` into `yaml`.
fn at<'a, 'b>(yaml: &'a Yaml<'b>, path: &[&str]) -> Option<&'a Yaml<'b>> {
    path.iter().try_fold(yaml, |yaml, key| yaml.as_mapping_get(key))
}

#[test]
fn every_check_is_in_a_job_and_every_job_is_a_check() {
    let folder = crate::root().join(".github/workflows");
    let files = files(&folder).unwrap();
    let texts = files.iter().map(|path: &std::path::PathBuf| read(folder.join(path)).unwrap());
    let workflows = Vec::from_iter(files.iter().map(|path| path.display().to_string()).zip(texts));
    assert!(workflows.iter().all(|(path, _)| Path::new(path).extension().is_some_and(|kind| kind == "yml")));
    let checks = Vec::from_iter(CHECKS.iter().map(|check| check.0));
    assert_eq!(complaints(&workflows, &checks), [""; 0]);
}

#[test]
fn the_installer_knows_names_of_checks_and_no_others() {
    let installer = include_str!("../../.ci/install");
    let cases = installer.split("case $check in").nth(1).unwrap().lines().map(str::trim);
    let names = cases.filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.split_once(") ")?.0));
    let names = Vec::from_iter(names.flat_map(|names| names.split(" | ")));
    let unknown = Vec::from_iter(names.iter().filter(|name| !CHECKS.iter().any(|check| check.0 == **name)));
    assert!(unknown.is_empty() && names.contains(&"spin"), "no checks: {unknown:?}, of {names:?}");
}

#[cfg(test)]
const GOOD: &str = "
permissions: { contents: read }
jobs:
  many:
    timeout-minutes: 5
    strategy: { matrix: { check: [fmt, tidy] } }
    steps:
      - uses: actions/checkout@v6
      - run: rustup toolchain install 1.95
      - run: .ci/install ${{ matrix.check }}
      - run: cargo xtask ${{ matrix.check }}
  one:
    timeout-minutes: 5
    steps: [{ run: cargo xtask loom }]
";

/// A piece of the good workflow, its replacement, and the complaints that follow.
#[cfg(test)]
const BROKEN: [(&str, &str, &[&str]); 16] = [
    ("fmt, tidy", "fmt, tidy, tidiness", &["a.yml: many: tidiness is no check"]),
    ("xtask loom", "xtask verify", &["a.yml: one: verify is no check", "no job runs the check loom"]),
    ("fmt, tidy", "fmt", &["no job runs the check tidy"]),
    ("xtask loom", "xtask loom --full", &["a.yml: one: loom --full is no check", "no job runs the check loom"]),
    ("1.95\n", "1.95\n      - run: cargo test\n", &["a.yml: many: cargo test is neither set-up nor a check"]),
    ("1.95\n", "1.95 && exit\n", &["a.yml: many: rustup toolchain install 1.95 && exit is neither set-up nor a check"]),
    ("checkout@v6", "checkout@main", &["a.yml: many: actions/checkout@main is neither set-up nor a check"]),
    ("actions/checkout@v6", "a/b@v6", &["a.yml: many: a/b@v6 is neither set-up nor a check"]),
    ("timeout-minutes: 5\n    steps", "steps", &["a.yml: one: has no time-out"]),
    ("contents: read", "contents: write", &["a.yml: may do more than read"]),
    ("{ check:", "{ exclude: [tidy], check:", &["a.yml: many: its matrix has more than the checks"]),
    ("[{ run: cargo xtask loom }]", "[]", &["a.yml: one: runs 0 checks instead of one", "no job runs the check loom"]),
    ("}]", "}, { run: cargo xtask fmt }]", &["a.yml: one: runs 2 checks instead of one", "no job runs the check loom"]),
    ("}]", ", continue-on-error: true }]", &["a.yml: one: its check may be left out or fail: if, continue-on-error"]),
    (
        "    steps: [",
        "    if: false\n    steps: [",
        &["a.yml: one: its check may be left out or fail: if, continue-on-error"],
    ),
    ("jobs:", "jobs", &["a.yml: not one document of YAML"]),
];

#[test]
fn a_name_that_is_no_check_and_a_check_without_a_job_are_found_and_so_is_what_could_hide_either() {
    let told = |text: String| complaints(&[("a.yml".into(), text)], &["fmt", "loom", "tidy"]);
    assert_eq!(told(GOOD.into()), [""; 0]);
    for (piece, broken, expected) in BROKEN {
        crate::shell::once(GOOD, piece).unwrap();
        let found = told(GOOD.replace(piece, broken));
        let is_so = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
        let as_many = found.len() == expected.len() || piece == "jobs:";
        assert!(is_so && as_many, "{broken}: {found:#?}");
    }
}
