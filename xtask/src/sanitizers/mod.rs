//! The production binary under the sanitizers of the nightly toolchain: two threads pass millions of messages through
//! one ring (`verify/stress`), and nothing is reported.
//!
//! That counts only where the sanitizer sees what is wrong. So each first meets libraries that are broken
//! (`canaries.rs`), built and run in the same way, and has to report every one. The two sides of a ring in a file map
//! it at addresses of their own, between which ThreadSanitizer sees no connection: it watches rings on the heap.

mod canaries;

use std::path::Path;

use anyhow::{bail, ensure, Context, Result};

use crate::report::{Checked, NotRun};
use crate::shell::{cmd, output, target_directory, with_commas, Cmd, Replica, Shell};
use canaries::{Canary, OF_ASAN, OF_TSAN};

/// How many messages pass under each sanitizer.
const MESSAGES: u64 = 10_000_000;
/// How sides wait, the ring's bytes, and how many of [`SHARES`] messages pass in this way: half of all while spinning.
///
/// The smallest ring holds a message or two, the next is always full or empty, in the largest the sides seldom meet.
/// Few pass through a small one while spinning: where both sides have one core, each turn takes a slice of time.
const RUNS: [(&str, usize, u64); 6] = [
    ("spin", 256, 5),
    ("spin", 1024, 150),
    ("spin", 1 << 20, 4845),
    ("sleep", 256, 200),
    ("sleep", 1024, 1800),
    ("sleep", 1 << 20, 3000),
];
const SHARES: u64 = 10_000;
/// How many messages of [`LONG`] pass in each way, besides these.
const LONG_MESSAGES: u64 = 250;
/// Messages which one call of `memcpy` copies each (src/atomics/copy.rs), and their ring.
const LONG: (usize, &str) = (4 << 20, "--shortest 524288 --longest 1048576");
/// Has glibc store messages of [`LONG`] past the caches, on every machine: by default, its caches decide that.
const TUNABLES: &str = "GLIBC_TUNABLES=glibc.cpu.x86_non_temporal_threshold=0x40000";
const FENCES: [&str; 2] = ["symmetric", "asymmetric"];

pub struct Sanitizer {
    /// What its check, its runtime and its directory are called.
    name: &'static str,
    /// How rustc is told to put it in. Its standard library comes without: that is the mismatch.
    flags: &'static str,
    /// What it is told when it starts.
    options: &'static str,
    /// Where rings are in which it can see something.
    memories: &'static [&'static str],
    canaries: &'static [Canary],
}

pub const TSAN: Sanitizer = Sanitizer {
    name: "tsan",
    flags: "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg tsan",
    // The longest history there is. A race whose earlier half has left it is dropped, and with it all later ones of
    // that thread until it stores with Release: by default 14 of 240 spinning runs with O1 weakened went unreported.
    options: "TSAN_OPTIONS=halt_on_error=1:history_size=7",
    memories: &["heap"],
    canaries: OF_TSAN,
};

pub const ASAN: Sanitizer = Sanitizer {
    name: "asan",
    flags: "-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer --cfg asan",
    // A leak goes unseen where its address is left over in a register, so that none is found shows nothing.
    options: "ASAN_OPTIONS=detect_leaks=0",
    memories: &["heap", "file"],
    canaries: OF_ASAN,
};

impl Sanitizer {
    /// Sees to it that the broken libraries are reported and the one that is not broken is not.
    pub fn watch(&self, sh: &Shell) -> Checked {
        let host = host(sh, self.name)?;
        let replica = Replica::new(self.name)?;
        for Canary { breaks, file, piece, broken, memory, report } in self.canaries {
            // A side that is asleep fills no history.
            let run = run(100_000, "sleep", 1024, "symmetric", memory);
            let mut line = self.line(sh, &host, &replica.root, &run);
            let (ended, _, said) = replica.with(file, piece, broken, || output(&mut line))?;
            println!("{breaks}: {}", reported(ended.success(), &said, report).context(*breaks)?);
        }
        let pass = |run: &String| {
            let mut line = self.line(sh, &host, Path::new("."), run);
            let (ended, printed, said) = output(&mut line)?;
            passed(ended.success(), &printed, &said).with_context(|| format!("{ended}: {line}"))
        };
        let messages = self.runs().iter().map(pass).sum::<Result<u64>>()?;
        let long = self.long_runs().iter().map(pass).sum::<Result<u64>>()?;
        let messages = format!("{} messages, awake and asleep, rings of 256 B to 1 MiB", with_commas(messages));
        Ok(format!("{messages}; {} of 512 KiB to 1 MiB", with_commas(long)))
    }

    /// Where rings are, and how their sides are fenced.
    fn ways(&self) -> impl Iterator<Item = (&str, &str)> {
        self.memories.iter().flat_map(|memory| FENCES.map(|fences| (*memory, fences)))
    }

    /// The program's arguments, run by run.
    fn runs(&self) -> Vec<String> {
        let share = MESSAGES / (self.memories.len() * FENCES.len()) as u64 / SHARES;
        let runs =
            |(memory, fences)| RUNS.map(|(wait, capacity, shares)| run(share * shares, wait, capacity, fences, memory));
        self.ways().flat_map(runs).collect()
    }

    /// The same, for long messages.
    fn long_runs(&self) -> Vec<String> {
        let (capacity, lengths) = LONG;
        let run = |(memory, fences), wait| run(LONG_MESSAGES, wait, capacity, fences, memory) + " " + lengths;
        self.ways().flat_map(|way| ["spin", "sleep"].map(|wait| run(way, wait))).collect()
    }

    /// The line that builds the program at `root` with the sanitizer in it, and runs it.
    fn line<'a>(&self, sh: &'a Shell, host: &str, root: &Path, arguments: &str) -> Cmd<'a> {
        let Self { name, flags, options, .. } = self;
        let (manifest, directory) = (root.join("Cargo.toml"), target_directory().join(name));
        // With a target that is named, flags do not reach what runs while building.
        let cargo = ["+nightly", "run", "--quiet", "--release", "--package", "ipc_ring_stress", "--target", host];
        let line = cmd!(sh, "env RUSTFLAGS={flags} {options} {TUNABLES} cargo {cargo...} --target-dir {directory}");
        line.arg("--manifest-path").arg(manifest).arg("--").args(arguments.split(' '))
    }
}

fn run(messages: u64, wait: &str, capacity: usize, fences: &str, memory: &str) -> String {
    format!("--messages {messages} --capacity {capacity} --wait {wait} --fences {fences} --memory {memory}")
}

/// The host that the nightly toolchain builds for, if it has the runtime of `sanitizer`. To ask installs nothing.
fn host(sh: &Shell, sanitizer: &str) -> Result<String> {
    let ask = |what: &str| cmd!(sh, "env RUSTUP_AUTO_INSTALL=0 rustc +nightly --print {what}").read();
    let Ok(directory) = ask("target-libdir") else {
        bail!(NotRun("needs the nightly toolchain (rustup toolchain install nightly)".into()));
    };
    let runtime = Path::new(&directory).join(format!("librustc-nightly_rt.{sanitizer}.a"));
    let remedy = "rustup's nightly has it, for Linux";
    ensure!(runtime.exists(), NotRun(format!("needs {}: {remedy}", runtime.display())));
    Ok(ask("host-tuple")?)
}

/// How many messages passed in a run without a report.
fn passed(is_well: bool, printed: &str, said: &str) -> Result<u64> {
    ensure!(is_well && !said.contains("Sanitizer"), report(said).to_string());
    let number = printed.trim().strip_suffix(" messages").and_then(|number| number.parse().ok());
    number.with_context(|| format!("does not say how many messages passed: {printed:?}"))
}

/// The first line of the report that had to be made.
fn reported<'a>(is_well: bool, said: &'a str, expected: &str) -> Result<&'a str> {
    let report = report(said);
    ensure!(!is_well && report.contains(expected), "reported {report:?} in place of {expected:?}");
    Ok(report)
}

/// The line in which a sanitizer speaks, or all that was said.
fn report(said: &str) -> &str {
    said.lines().find(|line| line.contains("Sanitizer")).unwrap_or(said)
}

#[cfg(test)]
const SAID: &str = "==================\nWARNING: ThreadSanitizer: data race (pid=7)\n  Read of size 8\n";

#[test]
fn messages_pass_where_nothing_is_reported() {
    assert_eq!(passed(true, "1250000 messages\n", "").unwrap(), 1_250_000);
    for (is_well, printed, said) in [(true, "7 messages", SAID), (false, "7 messages", ""), (true, "", "")] {
        assert!(passed(is_well, printed, said).is_err(), "{printed} {said}");
    }
}

#[test]
fn a_broken_library_has_to_be_reported_as_what_it_is() {
    let race = "WARNING: ThreadSanitizer: data race";
    assert_eq!(reported(false, SAID, race).unwrap(), "WARNING: ThreadSanitizer: data race (pid=7)");
    let other = "FATAL: ThreadSanitizer: unexpected memory mapping";
    for (is_well, said) in [(true, ""), (false, "error[E0425]: cannot find value"), (false, other), (true, SAID)] {
        assert!(reported(is_well, said, race).is_err(), "{said}");
    }
}

#[test]
fn all_messages_are_divided_among_the_runs_half_of_them_in_each_way() {
    for runs in [TSAN.runs(), ASAN.runs()] {
        for (way, share) in [("--wait", 1), ("spin", 2), ("sleep", 2), (" symmetric", 2), ("asymmetric", 2)] {
            let such = runs.iter().filter(|run| run.contains(way));
            let passing = such.filter_map(|run| run.split(' ').nth(1)?.parse::<u64>().ok()).sum::<u64>();
            assert_eq!(passing, MESSAGES / share, "{way}");
        }
    }
}
