//! The tests on 64-bit Arm, which qemu emulates: the port's assembly, system calls and generated code run. Memory is as
//! orderly as that of the machine beneath.
//!
//! Tests start themselves, the tools and the examples as other processes, some of them through a shell. The kernel
//! hands the emulator on to all of these: it takes it for the interpreter of programs for Arm (`with_arm.sh`), within
//! namespaces that end with the tests. There every test runs as root, and no other user is known.
//!
//! What cannot run there is listed (`fail.txt`), each test with its reason; the emulator is qemu 7.2. It is tried all
//! the same: a test on the list has to fail, and any other has to pass. What knows no processor, and what would take
//! minutes, is left out (`left_out.txt`). Before that, the check meets a library that is broken for Arm alone.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{ensure, Result};

use crate::report::{Checked, NotRun};
use crate::shell::{cmd, has_target, needs, nothing_wrong, output, run_all, target_directory, Cmd, Replica, Shell};

const TARGET: &str = "aarch64-unknown-linux-gnu";
const LINKER: &str = "aarch64-linux-gnu-gcc";
/// Where Debian has the libraries for which programs are linked by [`LINKER`].
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";
const PACKAGES: [&str; 3] = ["--package=ipc_ring", "--package=ipc_ring_tests", "--package=ipc_ring_cli"];

/// How a command begins that runs programs for Arm.
const WITH_ARM: [&str; 7] =
    ["unshare", "--user", "--map-root-user", "--mount", "sh", "-e", "xtask/src/arm64/with_arm.sh"];

/// Names of tests, after the reason that they have in common.
const FAIL: &str = include_str!("fail.txt");
/// The same, for those that are not tried: parts of names.
const LEFT_OUT: &str = include_str!("left_out.txt");

/// A library for Arm that copies nothing, and the test that notices.
const BROKEN: [&str; 3] = ["src/atomics/copy.rs", r#""bl {memcpy}","#, r#""mov x2, xzr", "bl {memcpy}","#];
const NOTICES: &str = "atomics::miri::copy::tests::the_copy_that_miri_sees_does_what_memcpy_does";

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    ensure!(has_target(sh, &[], TARGET), NotRun(format!("needs rustup's target {TARGET} (see .ci/install)")));
    needs(LINKER, &["--version"], "Debian's gcc-aarch64-linux-gnu (see .ci/install)")?;
    needs("qemu-aarch64", &["--version"], "Debian's qemu-user (see .ci/install)")?;
    let (ended, _, said) = output(&mut cmd!(sh, "env {WITH_ARM...} true"))?;
    let remedy = "Linux 6.7, and leave to make a namespace of users and mount binfmt_misc in it";
    ensure!(ended.success(), NotRun(format!("needs {remedy}: {}", said.trim())));

    let [file, piece, broken] = BROKEN;
    let replica = Replica::new("arm64")?;
    let library = ["test", "--package=ipc_ring", "--lib"];
    let mut line = cargo(sh, &WITH_ARM, &replica.root, &library).args(["--", NOTICES]);
    let met = replica.with(file, piece, broken, || tested(&mut line))?;
    ensure!(met.passed.get(NOTICES) == Some(&false), "goes unnoticed: {broken}");
    println!("{broken} is noticed");

    let here = Path::new(".");
    let tests = [&["test", "--lib", "--bins", "--tests"][..], &PACKAGES].concat();
    run_all([
        // As programs: a test starts them.
        cargo(sh, &[], here, &[&["build", "--examples"][..], &PACKAGES].concat()),
        cargo(sh, &[], here, &tests).arg("--no-run"),
    ])?;
    let left_out = names(LEFT_OUT).map(|name| format!("--skip={name}"));
    let run = || cargo(sh, &WITH_ARM, here, &tests).args(["--no-fail-fast", "--"]);
    let mut found = tested(&mut run().args(left_out))?;
    let again = unexpected(&found.passed, FAIL);
    if !again.is_empty() {
        println!("\nTried again, for qemu now and then hangs a process that it forks: {}", again.join(", "));
        let again = tested(&mut run().arg("--exact").args(again))?;
        found.passed.extend(again.passed);
    }
    println!("\nNOT RUN on an emulated Arm, since...\n\n{LEFT_OUT}\n{FAIL}");
    nothing_wrong(complaints(&found.passed, FAIL))?;
    let [all, failed] = [found.passed.len(), names(FAIL).count()];
    let not_run = format!("{failed} cannot run there, {} left out", found.left_out);
    Ok(format!("{all} tests run, {} passed, {not_run}; all named", all - failed))
}

/// The line that has cargo build for Arm what is at `root`, after these words. It is optimised a little: to emulate it
/// unoptimised takes longer than that.
fn cargo<'a>(sh: &'a Shell, begin: &[&str], root: &Path, words: &[&str]) -> Cmd<'a> {
    let (manifest, directory) = (root.join("Cargo.toml"), target_directory());
    let linker = format!("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER={LINKER}");
    let libraries = format!("QEMU_LD_PREFIX={LIBRARIES}");
    let profile = ["CARGO_PROFILE_DEV_OPT_LEVEL=1", "CARGO_PROFILE_DEV_DEBUG=0"];
    let line = cmd!(sh, "env {linker} {libraries} {profile...} RUST_BACKTRACE=0 {begin...} cargo {words...}");
    line.args(["--profile=dev", "--target", TARGET, "--manifest-path"]).arg(manifest).arg("--target-dir").arg(directory)
}

/// What the harnesses say of the tests, apart from ignored ones.
#[derive(Debug, PartialEq)]
struct Found {
    /// Whether each passed; one of a name that several programs have, whether all did.
    passed: BTreeMap<String, bool>,
    left_out: usize,
}

/// Runs tests, which may fail.
fn tested(line: &mut Cmd) -> Result<Found> {
    let (_, printed, _) = output(line)?;
    found(&printed)
}

fn found(printed: &str) -> Result<Found> {
    let (mut found, mut begun, mut ended) = (Found { passed: BTreeMap::new(), left_out: 0 }, 0, 0);
    for line in printed.lines() {
        begun += number(line, "running ", " test").unwrap_or(0);
        found.left_out += number(line, "measured; ", " filtered out").unwrap_or(0);
        if let Some((name, result)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) {
            ended += 1;
            if !result.starts_with("ignored") {
                *found.passed.entry(name.to_string()).or_insert(true) &= result == "ok";
            }
        }
    }
    ensure!(begun > 0 && begun == ended, "{begun} tests began, and {ended} ended");
    Ok(found)
}

/// The number between these words in a line.
fn number(line: &str, before: &str, after: &str) -> Option<usize> {
    line.split_once(before)?.1.split_once(after)?.0.parse().ok()
}

/// What is wrong: a test that fails and is not on the list, and one on the list that passes or is not there.
fn complaints(found: &BTreeMap<String, bool>, fail: &str) -> Vec<String> {
    let failed = unexpected(found, fail).into_iter().map(|name| format!("{name} failed"));
    let wrong = names(fail).filter_map(|name| match found.get(name) {
        Some(false) => None,
        Some(true) => Some(format!("{name} runs now: take it off the list")),
        None => Some(format!("{name} is on the list, and is no test")),
    });
    failed.chain(wrong).collect()
}

/// The tests that failed and are not on the list.
fn unexpected(found: &BTreeMap<String, bool>, fail: &str) -> Vec<String> {
    let is_listed = |test: &str| names(fail).any(|name| name == test);
    found.iter().filter(|(name, passed)| !**passed && !is_listed(name)).map(|(name, _)| name.clone()).collect()
}

fn names(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with("# "))
}

#[test]
fn a_test_that_fails_and_one_that_should_and_does_not_are_found() {
    let printed = "running 4 tests
test a::b ... ok
test c ... FAILED
test d ... ok
test other_side ... ignored, the other process
test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 7 filtered out; finished in 1.00s

running 1 test
test d ... FAILED
test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 1.00s
";
    let found = found(printed).unwrap();
    let passed = [("a::b", true), ("c", false), ("d", false)].map(|(name, passed)| (name.to_string(), passed));
    assert_eq!(found, Found { passed: passed.into(), left_out: 10 });
    assert_eq!(complaints(&found.passed, "# a reason\nc\n\n# another\nd\n"), [""; 0]);
    let wrong = ["c failed", "d failed", "a::b runs now: take it off the list", "e is on the list, and is no test"];
    assert_eq!(complaints(&found.passed, "# a reason\na::b\ne\n"), wrong);
    // A harness that dies says nothing of the tests that are left.
    for printed in ["", "running 0 tests\n", "running 2 tests\ntest a ... ok\n"] {
        assert!(self::found(printed).is_err(), "{printed}");
    }
}

#[test]
fn what_the_canary_breaks_stands_in_its_file_once() {
    let [file, piece, broken] = BROKEN;
    let text = crate::shell::read(crate::root().join(file)).unwrap();
    assert!(crate::shell::once(&text, piece).is_ok() && piece != broken);
}
