//! How many instructions a message takes, counted by callgrind: the same number each time, on a busy machine too.
//!
//! `verify/instructions` passes messages through a ring in one thread. Two runs of it differ by whole laps of the ring,
//! so nothing of the difference is start-up; divided by the messages it is what one of them takes, memcpy and its share
//! of the end of a lap included. Three numbers come of it: the push and the pop, each from its first instruction to the
//! return, and all that was executed, with the loop around the two. For a stream of messages of 256 bytes that has a
//! hard limit, and no number may grow by much over what is written down (`expected.rs`). "In turn" each message is
//! popped before the next one is pushed, so that every pop finds its side out of messages and has to look first.
//!
//! An emulated processor does not offer all that the real one does: glibc may choose another memcpy there.

mod callgrind;
mod cost;
mod expected;

use std::path::PathBuf;

use crate::line::{line, target_directory};
use crate::outcome::Outcome;
use callgrind::Counted;
use cost::{table, Cost, Verdict};

/// By these the check is told what else to do.
pub const ACCEPT: &str = "IPC_RING_ACCEPT";
pub const ANNOTATE: &str = "IPC_RING_ANNOTATE";

/// The program that is counted, where cargo puts it.
const PROGRAM: &str = "release/ipc_ring_instructions";
/// What to do about a count that has grown.
const REMEDY: &str = "A growth that is worth it: cargo xtask instructions --accept; a limit stays";
/// How far round the ring the two runs go.
const LAPS: [u64; 2] = [2, 4];

/// Messages of one length that get through a ring in one way (`verify/instructions/src/ways.rs`).
struct Case {
    name: &'static str,
    way: &'static str,
    length: usize,
    /// The most instructions that a message may take in all.
    limit: Option<f64>,
}

const CASES: &[Case] = &[
    Case { name: "8 B", way: "stream", length: 8, limit: None },
    Case { name: "256 B", way: "stream", length: 256, limit: Some(150.0) },
    Case { name: "4 KiB", way: "stream", length: 4096, limit: None },
    Case { name: "256 B, in turn", way: "each", length: 256, limit: None },
    Case { name: "256 B, in place, in turn", way: "in_place", length: 256, limit: None },
    Case { name: "8 B, batches", way: "batch", length: 8, limit: None },
    Case { name: "256 B, batches", way: "batch", length: 256, limit: None },
];

pub fn run() -> Outcome {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Outcome::NotRun("the counts are those of Linux on x86-64".into());
    }
    match callgrind::is_installed() {
        true => counted().into(),
        false => Outcome::NotRun("needs valgrind (see .ci/install)".into()),
    }
}

fn counted() -> Result<(), String> {
    line("cargo build --quiet --release --package ipc_ring_instructions").run()?;
    let costs = CASES.iter().map(Case::cost).collect::<Result<Vec<Cost>, String>>()?;
    if is_asked_for(ACCEPT) {
        expected::accept(CASES.iter().map(|case| case.name).zip(&costs))?;
    }
    let expected = expected::read()?;
    let verdicts = CASES.iter().zip(costs).map(|(case, cost)| {
        let Case { name, limit, .. } = *case;
        Verdict { name, cost, limit, expected: expected::of(&expected, name) }
    });
    let verdicts = Vec::from_iter(verdicts);
    if is_asked_for(ANNOTATE) {
        CASES
            .iter()
            .filter(|case| case.limit.is_some())
            .try_for_each(|case| callgrind::annotate(&case.file(LAPS[1])))?;
    }
    print!("\n{}", table(&verdicts));
    let wrong: Vec<String> = verdicts.iter().filter_map(Verdict::complaint).collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{}. {REMEDY}", wrong.join("; "))),
    }
}

fn is_asked_for(option: &str) -> bool {
    std::env::var_os(option).is_some()
}

impl Case {
    /// What a message takes.
    fn cost(&self) -> Result<Cost, String> {
        let [less, more] = LAPS.map(|laps| self.count(laps));
        Cost::between(less?, more?).ok_or_else(|| format!("{}: a longer run does not pass more messages", self.name))
    }

    /// What callgrind counts in a run.
    fn count(&self, laps: u64) -> Result<Counted, String> {
        let Self { way, length, .. } = self;
        callgrind::count(&target_directory().join(PROGRAM), &format!("{way} {length} {laps}"), &self.file(laps), way)
    }

    /// Where callgrind writes that down.
    fn file(&self, laps: u64) -> PathBuf {
        target_directory().join("callgrind").join(format!("{}-{}-{laps}.out", self.way, self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_has_a_name_of_its_own_and_a_count_that_is_expected() {
        let names: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), CASES.len());
        let written = include_str!("../../../verify/instructions/expected.json");
        let expected = serde_json::from_str(written).expect("what is expected is JSON");
        assert!(CASES.iter().all(|case| expected::of(&expected, case.name).is_some()), "{expected}");
    }

    #[test]
    fn a_push_and_a_pop_of_256_bytes_have_a_limit() {
        let limited: Vec<_> = CASES.iter().filter_map(|case| Some((case.way, case.length, case.limit?))).collect();
        assert_eq!(limited, [("stream", 256, 150.0)]);
    }
}
