//! The production binary under the sanitizers of the nightly toolchain: two threads pass millions of messages through
//! one ring (`verify/stress`), and nothing is reported.
//!
//! That counts only where the sanitizer sees what is wrong. So each first meets libraries that are broken
//! (`canaries.rs`), built and run in the same way, and has to report every one. The two sides of a ring in a file map
//! it at addresses of their own, between which ThreadSanitizer sees no connection: it watches rings on the heap.

mod canaries;
mod toolchain;

use std::path::Path;
use std::process::Output;

use crate::explored::Explored;
use crate::line::{line, Line};
use crate::outcome::Outcome;
use crate::replica::Replica;
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
/// What of that is said in the table.
const BOUND: &str = "awake and asleep, rings of 256 B to 1 MiB";
const FENCES: [&str; 2] = ["symmetric", "asymmetric"];
/// How a broken library is run, but for where its ring is. A side that is asleep fills no history.
const CANARY: &str = "--messages 100000 --capacity 1024 --wait sleep --fences symmetric --memory";

struct Sanitizer {
    /// What its check, its runtime and its directory are called.
    name: &'static str,
    /// How rustc is told to put it in. Its standard library comes without: that is the mismatch.
    flags: &'static str,
    /// What it is told when it starts, and in which variable.
    options: (&'static str, &'static str),
    /// Where rings are in which it can see something.
    memories: &'static [&'static str],
    canaries: &'static [Canary],
}

const TSAN: Sanitizer = Sanitizer {
    name: "tsan",
    flags: "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg tsan",
    // The longest history there is. A race whose earlier half has left it is dropped, and with it all later ones of
    // that thread until it stores with Release: by default 14 of 240 spinning runs with O1 weakened went unreported.
    options: ("TSAN_OPTIONS", "halt_on_error=1:history_size=7"),
    memories: &["heap"],
    canaries: OF_TSAN,
};

const ASAN: Sanitizer = Sanitizer {
    name: "asan",
    flags: "-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer",
    // A leak goes unseen where its address is left over in a register, so that none is found shows nothing.
    options: ("ASAN_OPTIONS", "detect_leaks=0"),
    memories: &["heap", "file"],
    canaries: OF_ASAN,
};

pub fn tsan() -> Outcome {
    TSAN.run()
}

pub fn asan() -> Outcome {
    ASAN.run()
}

impl Sanitizer {
    fn run(&self) -> Outcome {
        match toolchain::host(self.name) {
            Ok(host) => self.watch(&host).into(),
            Err(missing) => Outcome::NotRun(missing),
        }
    }

    /// Sees to it that the broken libraries are reported and the one that is not broken is not.
    fn watch(&self, host: &str) -> Result<Explored, String> {
        self.meet_canaries(host)?;
        let runs = self.runs();
        let passed = runs.iter().map(|run| passed(&self.line(host, Path::new("."), run).output()?));
        let count = passed.sum::<Result<u64, String>>()?;
        Ok(Explored { count, unit: "messages".into(), bound: BOUND.into() })
    }

    /// The program's arguments, run by run.
    fn runs(&self) -> Vec<String> {
        let ways = self.memories.iter().flat_map(|memory| FENCES.map(|fences| (memory, fences)));
        let share = MESSAGES / (self.memories.len() * FENCES.len()) as u64 / SHARES;
        let runs = ways.flat_map(|(memory, fences)| {
            RUNS.map(|(wait, capacity, shares)| {
                let ring = format!("--capacity {capacity} --wait {wait} --fences {fences} --memory {memory}");
                format!("--messages {} {ring}", share * shares)
            })
        });
        runs.collect()
    }

    fn meet_canaries(&self, host: &str) -> Result<(), String> {
        let replica = Replica::new(self.name)?;
        self.canaries.iter().try_for_each(|canary| {
            let line = self.line(host, replica.root(), CANARY).and(canary.memory);
            let output = replica.with(canary.file, canary.piece, canary.broken, || line.output())?;
            let report = reported(&output, canary.report).map_err(|why| format!("{}: {why}", canary.breaks))?;
            println!("{}: {report}", canary.breaks);
            Ok(())
        })
    }

    /// The line that builds the program at `root` with the sanitizer in it, and runs it.
    fn line(&self, host: &str, root: &Path, arguments: &str) -> Line {
        let (name, value) = self.options;
        // With a target that is named, flags do not reach what runs while building.
        line("cargo +nightly run --quiet --release --package ipc_ring_stress --target")
            .and(host)
            .building_in(self.name)
            .and("--manifest-path")
            .and_path(&root.join("Cargo.toml"))
            .and("--")
            .and(arguments)
            .with("RUSTFLAGS", self.flags)
            .with(name, value)
    }
}

/// How many messages passed in a run of which nothing was reported.
fn passed(output: &Output) -> Result<u64, String> {
    let (printed, said) = texts(output);
    eprint!("{said}");
    if let Some(report) = reports(&said).next() {
        return Err(report.into());
    }
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, last(&said)));
    }
    let number = printed.trim().strip_suffix(" messages").and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("does not say how many messages passed: {printed:?}"))
}

/// The first line of the report that had to be made.
fn reported(output: &Output, expected: &str) -> Result<String, String> {
    let (_, said) = texts(output);
    let first = reports(&said).next().map(String::from);
    match first {
        Some(report) if report.contains(expected) && !output.status.success() => Ok(report),
        Some(report) => Err(format!("{}: reported {report:?} in place of {expected:?}", output.status)),
        None => Err(format!("{}: reported nothing in place of {expected:?}: {}", output.status, last(&said))),
    }
}

/// What the program printed, and what it and the sanitizer said on stderr.
fn texts(output: &Output) -> (String, String) {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// The lines in which a sanitizer speaks.
fn reports(said: &str) -> impl Iterator<Item = &str> {
    said.lines().filter(|line| line.contains("Sanitizer"))
}

fn last(said: &str) -> &str {
    said.lines().last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    const RACE: &str = "WARNING: ThreadSanitizer: data race";
    const SAID: &str = "==================\nWARNING: ThreadSanitizer: data race (pid=7)\n  Read of size 8\n";

    fn output(code: i32, stdout: &str, stderr: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: stdout.into(), stderr: stderr.into() }
    }

    #[test]
    fn messages_pass_where_nothing_is_reported() {
        assert_eq!(passed(&output(0, "1250000 messages\n", "")), Ok(1_250_000));
        for code in [0, 66] {
            let reported = passed(&output(code, "1250000 messages\n", SAID));
            assert_eq!(reported, Err("WARNING: ThreadSanitizer: data race (pid=7)".into()));
        }
        let wrong = passed(&output(1, "", "ipc_ring_stress: message 3 has 2 bytes in place of 1\n"));
        assert_eq!(wrong, Err("exit status: 1: ipc_ring_stress: message 3 has 2 bytes in place of 1".into()));
        assert!(passed(&output(0, "", "")).is_err(), "a run that does not say how much it did shows nothing");
    }

    #[test]
    fn a_broken_library_has_to_be_reported_as_what_it_is() {
        assert_eq!(reported(&output(66, "", SAID), RACE), Ok("WARNING: ThreadSanitizer: data race (pid=7)".into()));
        let wrong = [
            output(0, "100000 messages\n", ""),
            output(101, "", "error[E0425]: cannot find value"),
            output(66, "", "FATAL: ThreadSanitizer: unexpected memory mapping"),
            output(0, "100000 messages\n", SAID),
        ];
        for output in wrong {
            assert!(reported(&output, RACE).is_err(), "{output:?}");
        }
    }

    #[test]
    fn all_messages_are_divided_among_the_runs_half_of_them_spinning() {
        for sanitizer in [TSAN, ASAN] {
            let runs = sanitizer.runs();
            let passing = |way: &str| -> u64 {
                let such = runs.iter().filter(|run| run.contains(way));
                such.filter_map(|run| run.split(' ').nth(1)?.parse::<u64>().ok()).sum()
            };
            assert_eq!(passing("--messages"), MESSAGES, "{}", sanitizer.name);
            for way in ["--wait spin", "--wait sleep", "--fences symmetric", "--fences asymmetric"] {
                assert_eq!(passing(way), MESSAGES / 2, "{}: {way}", sanitizer.name);
            }
        }
    }

    #[test]
    fn the_line_can_be_pasted() {
        let shown = TSAN.line("a-host", Path::new("."), "--messages 1").to_string();
        let begin = "RUSTFLAGS=\"-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer --cfg tsan\" ";
        assert!(shown.starts_with(begin) && shown.ends_with(" -- --messages 1"), "{shown}");
    }
}
