//! The table of checks: what each is called, what it does, and the command lines it is made of.

use anyhow::ensure;

use crate::check::all_are_run;
use crate::explored::explored_by;
use crate::report::Checked;
use crate::shell::{cmd, printed, run_all, target_directory, Cmd, Shell};
use crate::survive::harness;
use crate::{
    arm64, browser, cross, deny, documents, instructions, miri, msrv, musl, mutants, package, refusals, replay, rooms,
    sanitizers, smt, spin, survive, tidy, traced, weaken,
};

/// A check, which is also a subcommand: its name, what it shows, and what runs it; that is given what else was asked
/// for, words of the command line.
pub struct Check(pub &'static str, pub &'static str, pub fn(&Shell, &[String]) -> Checked);

/// All checks: the quick ones first, and those that take long before those that do not, for they run beside each other.
#[rustfmt::skip] // a name and what it shows in a line, and below it what it does
pub const CHECKS: &[Check] = &[
    Check("fmt", "The sources are as rustfmt writes them",
        |sh, _| run_all([cmd!(sh, "cargo fmt --all --check")])),
    Check("tidy", "The house rules that no lint knows (xtask/src/tidy/rules.rs)", tidy::run),
    Check("rooms", "No arrow between the folders of src goes up, and none in a circle", rooms::run),
    Check("traced", "docs/checks.md is what the tags of the tests and the mutants say, and all these run", traced::run),
    Check("documents", "docs/*.md and SAFETY.md are what the modules in src/documents make", documents::run),
    Check("tree", "The library depends on libc and memmap2 and on nothing else", |sh, _| only_libc_and_memmap2(
        &printed(&cmd!(sh, "cargo tree -e normal -p ipc_ring --depth 1 --prefix none"))?)),
    Check("refusals", "A target that cannot work is refused in our own words", refusals::run),
    Check("licences", "What is depended on has a licence and a source that we know", deny::licences),
    Check("advisories", "What is depended on has no known hole", deny::advisories),
    Check("clippy", "No warning, for std, for loom and for shuttle", |sh, _| run_all([
        cmd!(sh, "cargo clippy --all-targets {WITHOUT_PEERS...} -- -D warnings"),
        with_engine(sh, "loom", "clippy --all-targets").args(["--", "-D", "warnings"]),
        with_engine(sh, "shuttle", "clippy --all-targets").args(["--", "-D", "warnings"]),
    ])),
    Check("loom", "Models, in every interleaving: streams, wraps, sleeps, ends, deaths, time-outs, hostile peers",
        |sh, _| models(sh, "loom")),
    Check("test", "The tests and the examples in the documentation: what `cargo test` does",
        |sh, _| run_all([tests(sh, "")])),
    Check("others", "The tests of the checks themselves", |sh, _| run_all([
        tests(sh, "-p xtask -p ipc_ring_tags -p ipc_ring_smt -p ipc_ring_survive -p ipc_ring_fuzz_bodies \
            -p ipc_ring_stress")])),
    Check("weaken", "Every weakened edge and every broken protocol makes a model fail", weaken::run),
    Check("shuttle", "The same models with more messages, under random schedules",
        |sh, _| models(sh, "shuttle")),
    Check("replay", "What the models see the code do is what the formulas of the protocol do", replay::run),
    Check("miri", "Miri reports nothing of the production arm: the models again, on what ships", miri::run),
    Check("peers", "The comparison: no warning, and every peer passes every message", |sh, _| run_all([
        cmd!(sh, "cargo clippy --package ipc_ring_peers --package ipc_ring_measure --all-targets -- -D warnings"),
        doc(sh, &["--package", "ipc_ring_peers", "--document-private-items"]),
        // Unoptimised, in half the time: nobody asks here how fast a peer is.
        cmd!(sh, "cargo test --package ipc_ring_peers --package ipc_ring_measure --profile dev"),
    ])),
    Check("step", "What a crash after each machine instruction leaves",
        |sh, asked| harness(sh, "step", asked, "", "--all")),
    Check("cross", "macOS and 64-bit Arm Linux are type-checked", cross::run),
    Check("msrv", "A crate that depends on the library compiles with Rust 1.70", msrv::run),
    Check("package", "Each package builds from its archive, which lacks nothing and carries no more", package::run),
    Check("semver", "What breaks in the public API is what a version may break", deny::semver),
    Check("tsan", "ThreadSanitizer reports nothing of the real binary", |sh, _| sanitizers::TSAN.watch(sh)),
    Check("asan", "AddressSanitizer reports nothing of the real binary", |sh, _| sanitizers::ASAN.watch(sh)),
    Check("install", "The tools install as README says", |sh, _| {
        let root = target_directory().join("installed");
        run_all([cmd!(sh, "cargo install --locked --path cli --root {root}")])
    }),
    Check("bench", "The benchmarks build, and each runs once",
        |sh, _| run_all([cmd!(sh, "cargo bench --bench ring -- --test")])),
    Check("spin", "Liveness: what should happen does happen in the end; without a step of it, not", spin::run),
    Check("smt", "Two solvers prove the arithmetic for all sizes, and the protocol for ever; without a premise, not",
        smt::run),
    Check("instructions", "A message takes no more instructions than its limit, and no more than it did",
        instructions::run),
    Check("oracle", "Random programs against a queue, in one process and in two",
        |sh, _| explored_by("oracle", tests(sh, "--test oracle --test programs"))),
    Check("arithmetic", "Positions, indices, padding and space, in every case",
        |sh, _| explored_by("arithmetic", tests(sh, "--lib arithmetic::"))),
    Check("fuzz", "What libFuzzer found worth keeping, replayed (verify/fuzz)", survive::fuzz),
    // The public documentation last: that is what is left to be read.
    Check("doc", "The documentation builds without a warning, private items included", |sh, _| run_all(
        [&["--document-private-items"][..], &[]].map(|items| doc(sh, &WITHOUT_PEERS).args(items)))),
    Check("browser", "A browser finds no dead link and no dead picture in the documentation", browser::run),
    Check("faults", "Every fault of the catalogue, provoked (docs/reliability.md)", survive::faults),
    Check("crash", "Processes under load that are killed at any instant",
        |sh, asked| harness(sh, "crash", asked, "--kills 1200", "--kills 100000")),
    Check("hostile", "Processes that scribble over every word they may write",
        |sh, asked| harness(sh, "hostile", asked, "--seconds 10", "--seconds 600")),
    Check("resources", "Want of space, memory, descriptors; failing calls",
        |sh, asked| harness(sh, "resources", asked, "", "")),
    Check("namespaces", "Peers stopped, interrupted, in other namespaces",
        |sh, asked| harness(sh, "namespaces", asked, "", "")),
];

/// Those that `ci` leaves out unless it is told `--long`: they take minutes each. The workflow runs them for each push.
#[rustfmt::skip] // as above
pub const LONG: &[Check] = &[
    Check("weaken-production", "Every weakened edge of what ships is noticed (also: weaken --production)",
        weaken::production::run),
    Check("musl", "The tests, with another C library", musl::run),
    Check("arm64", "The tests, on an emulated 64-bit Arm; what cannot run there is what is listed", arm64::run),
];

/// What is for a change, and takes hours for all of the library.
pub const MUTANTS: Check = Check(
    "mutants",
    "Each piece of a change, or of files, broken as cargo-mutants breaks it: the tests or the models fail",
    mutants::run,
);

/// Checks that are asked for by one name: that, what they do, and theirs.
pub const GROUPS: &[(&str, &str, &[&str])] = &[
    (
        "verify",
        "Those of the above that explore what the ring does, and a table of how much that was",
        &["arithmetic", "oracle", "loom", "shuttle", "spin", "smt", "replay", "miri", "tsan", "asan"],
    ),
    ("survive", "What befalls processes, as CI does it, and a table of all of it", &survive::SURVIVE),
    ("deny", "What is depended on (deny.toml)", &["licences", "advisories"]),
];

/// Those that have the machine to themselves: they kill by the clock, or hold the ring to its deadlines. All others run
/// beside each other.
pub const ALONE: &[&str] = &["faults", "crash", "hostile", "resources", "namespaces"];

/// All packages but the one that compares: who changes the library does not build iceoryx2.
const WITHOUT_PEERS: [&str; 3] = ["--workspace", "--exclude", "ipc_ring_peers"];

/// The line that runs these of the tests. Whichever they are, cargo has the same packages to choose features for, the
/// default members: other features, and what the tests depend on would be built once more.
pub fn tests<'a>(sh: &'a Shell, which: &str) -> Cmd<'a> {
    cmd!(sh, "cargo test").args(which.split_whitespace())
}

/// Runs cargo for the library with `engine` in std's place, in its own target directory. (Other flags would have
/// everything built anew each time.)
pub fn with_engine<'a>(sh: &'a Shell, engine: &str, words: &str) -> Cmd<'a> {
    let (flags, directory, words) = (format!("--cfg {engine}"), target_directory().join(engine), words.split(' '));
    cmd!(sh, "env RUSTFLAGS={flags} cargo {words...} --package ipc_ring --target-dir {directory}")
}

/// Runs the models of an engine, and fails where one that docs/checks.md names is not among them.
fn models(sh: &Shell, engine: &str) -> Checked {
    let explored = explored_by(engine, with_engine(sh, engine, "test"))?;
    all_are_run(sh, Some(engine)).map(|_| explored)
}

/// The line that builds the documentation of these, without a warning.
fn doc<'a>(sh: &'a Shell, which: &[&str]) -> Cmd<'a> {
    cmd!(sh, "env RUSTDOCFLAGS='-D warnings' cargo doc --no-deps {which...}")
}

/// Fails unless `cargo tree` lists these two below the package itself.
fn only_libc_and_memmap2(listed: &str) -> Checked {
    println!("{listed}");
    let names = Vec::from_iter(listed.lines().filter_map(|line| line.split_whitespace().next()));
    ensure!(names == ["ipc_ring", "libc", "memmap2"], "expected ipc_ring, libc and memmap2, found {names:?}");
    Ok(String::new())
}

#[test]
fn a_dependency_more_or_less_is_found() {
    let both = "ipc_ring v0.1.0 (/somewhere)\nlibc v0.2.1\nmemmap2 v0.9.1\n";
    assert!(only_libc_and_memmap2(both).is_ok());
    assert!(only_libc_and_memmap2(&format!("{both}rand v0.9.0\n")).is_err());
    assert!(only_libc_and_memmap2("ipc_ring v0.1.0 (/somewhere)\nlibc v0.2.1\n").is_err());
}
