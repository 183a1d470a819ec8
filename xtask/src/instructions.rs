//! How many instructions a message takes, counted by callgrind: the same number each time, on a busy machine too.
//!
//! `verify/instructions` passes messages through a ring in one thread. Two runs of it differ by whole laps of the ring,
//! so nothing of the difference is start-up; divided by the messages it is what one of them takes, memcpy and its share
//! of the end of a lap included. Three numbers come of it: the push and the pop, each from its first instruction to the
//! return, and all that was executed, with the loop around the two. For a stream of messages of 256 bytes that has a
//! hard limit, and no number may grow by much over what is written down. "In turn" each message is popped before the
//! next one is pushed, so that every pop finds its side out of messages and has to look first.
//!
//! An emulated processor does not offer all that the real one does: glibc may choose another memcpy there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{ensure, Context, Result};
use serde::{Deserialize, Serialize};

use crate::report::{Checked, NotRun};
use crate::shell::{cmd, needs, nothing_wrong, printed, read, table, target_directory, write, Shell};

/// What a message took when somebody last looked at it and found it right.
const EXPECTED: &str = "verify/instructions/expected.json";
/// The growth that nobody has to account for: another compiler orders things a little differently.
const SLACK: f64 = 3.0;
/// How far round the ring the two runs go.
const LAPS: [u64; 2] = [2, 4];

/// Messages of one length that get through a ring in one way (`verify/instructions/src/ways.rs`): what they are called,
/// the way, the length, and the most instructions that a message may take in all.
type Case = (&'static str, &'static str, usize, Option<f64>);

const CASES: [Case; 7] = [
    ("8 B", "stream", 8, None),
    ("256 B", "stream", 256, Some(150.0)),
    ("4 KiB", "stream", 4096, None),
    ("256 B, in turn", "each", 256, None),
    ("256 B, in place, in turn", "in_place", 256, None),
    ("8 B, batches", "batch", 8, None),
    ("256 B, batches", "batch", 256, None),
];

/// Instructions: of the pushes, of the pops, and of both with the loop around them.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Cost {
    all: f64,
    pop: f64,
    push: f64,
}

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    let is_here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    ensure!(is_here, NotRun("the counts are those of Linux on x86-64".into()));
    needs("valgrind", &["--version"], "valgrind (see .ci/install)")?;
    cmd!(sh, "cargo build --quiet --release --package ipc_ring_instructions").run()?;
    let count = |case: &Case| -> Result<(String, Cost)> {
        let (less, more) = (counted(sh, case, LAPS[0])?, counted(sh, case, LAPS[1])?);
        Ok((case.0.into(), between(less, more).context(case.0)?))
    };
    let costs: BTreeMap<String, Cost> = CASES.iter().map(count).collect::<Result<_>>()?;
    let is_asked_for = |flag: &str| asked.iter().any(|word| word == flag);
    if is_asked_for("accept") {
        write(EXPECTED, &format!("{}\n", serde_json::to_string_pretty(&costs)?))?;
    }
    for case in CASES.iter().filter(|case| case.3.is_some() && is_asked_for("annotate")) {
        let file = file(case, LAPS[1]);
        cmd!(sh, "callgrind_annotate --auto=no --threshold=95 {file}").run()?;
    }
    let expected: BTreeMap<String, Cost> = serde_json::from_str(&read(EXPECTED)?).context(EXPECTED)?;
    let told = |(name, _, _, limit): &Case| {
        let (cost, expected) = (costs[*name], expected.get(*name));
        let complaint = complaint(cost, expected, *limit).map_or("passed".into(), |why| format!("FAILED: {why}"));
        let [push, pop, all] = [cost.push, cost.pop, cost.all].map(|cost| format!("{cost:.1}"));
        let expected = expected.map_or(String::new(), |expected| format!("{:.1}", expected.all));
        [name.to_string(), push, pop, all, expected, limit.map_or(String::new(), |limit| limit.to_string()), complaint]
    };
    let rows = CASES.each_ref().map(told);
    let wrong = rows.iter().filter(|row| row[6] != "passed").map(|row| format!("{}: {}", row[0], row[6]));
    let wrong =
        nothing_wrong(wrong).context("a growth that is worth it: cargo xtask instructions --accept; a limit stays");
    print!("\n{}", table(["message", ">push", ">pop", ">all", ">expected", ">limit", "verdict"], rows));
    wrong
}

/// Where callgrind writes down a run.
fn file((_, way, length, _): &Case, laps: u64) -> PathBuf {
    target_directory().join(format!("callgrind/{way}-{length}-{laps}.out"))
}

/// Counts a run: how many messages passed, and what they took together.
fn counted(sh: &Shell, case: &Case, laps: u64) -> Result<(f64, Cost)> {
    let ((_, way, length, _), file) = (case, file(case, laps));
    let program = target_directory().join("release/ipc_ring_instructions");
    sh.create_dir(file.with_file_name(""))?;
    // Every name in full, wherever it stands.
    let options = ["-q", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no"];
    let arguments = [*way, &length.to_string(), &laps.to_string()];
    let said = printed(&cmd!(sh, "valgrind {options...} --callgrind-out-file={file} {program} {arguments...}"))?;
    of_run(&said, &read(&file)?, way).with_context(|| file.display().to_string())
}

/// What the run took that said this and of which callgrind wrote that.
fn of_run(said: &str, written: &str, way: &str) -> Result<(f64, Cost)> {
    let messages = said.trim().strip_suffix(" messages").context("does not say how many messages passed")?;
    let all = written.lines().find_map(|line| line.strip_prefix("summary: ")).context("callgrind has no summary")?;
    let (push, pop) = (called(written, &format!("push_{way}"))?, called(written, &format!("pop_{way}"))?);
    Ok((messages.parse()?, Cost { all: all.parse()?, pop, push }))
}

/// The instructions of all calls of `function`. Of a call callgrind writes, after the name of what is called, how
/// often, and on the line below at which line of the source, and how many instructions were executed until the return:
///
/// ```text
/// cfn=push_each
/// calls=7940 30
/// 21 849580
/// ```
fn called(written: &str, function: &str) -> Result<f64> {
    let (name, lines) = (format!("cfn={function}"), Vec::from_iter(written.lines()));
    let calls = lines.windows(3).filter(|lines| lines[0] == name && lines[1].starts_with("calls="));
    let costs = calls.map(|lines| lines[2].rsplit(' ').next().and_then(|cost| cost.parse::<f64>().ok()));
    let sum = costs.sum::<Option<f64>>().with_context(|| format!("callgrind does not say what {function} took"))?;
    ensure!(sum > 0.0, "{function} was never called");
    Ok(sum)
}

/// What a message of the longer run took that the shorter one did not pass, to a tenth.
fn between((fewer, less): (f64, Cost), (messages, more): (f64, Cost)) -> Result<Cost> {
    ensure!(messages > fewer, "a longer run does not pass more messages");
    let each = |less: f64, more: f64| ((more - less) / (messages - fewer) * 10.0).round() / 10.0;
    Ok(Cost { all: each(less.all, more.all), pop: each(less.pop, more.pop), push: each(less.push, more.push) })
}

/// What is wrong, if anything is: the limit, and each number by itself, so that none hides behind another.
fn complaint(cost: Cost, expected: Option<&Cost>, limit: Option<f64>) -> Option<String> {
    let Some(then) = expected else { return Some("no count is expected".into()) };
    let limit = limit.filter(|limit| cost.all > *limit).map(|limit| format!("{} of at most {limit}", cost.all));
    let parts = [("push", then.push, cost.push), ("pop", then.pop, cost.pop), ("all", then.all, cost.all)];
    let grown = parts.into_iter().filter(|(_, then, now)| *now > then + SLACK);
    let grown = grown.map(|(part, then, now)| format!("{part} has grown from {then} to {now}"));
    let wrong = Vec::from_iter(limit.into_iter().chain(grown));
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { push: 40.0, pop: 50.0, all: 100.0 };
    const WRITTEN: &str = "summary: 2604695\n\ncfn=push_each\ncalls=2 30\n21 296\n+1 7\ncfn=push_each\ncalls=7940 30\n\
                           21 849580\ncfn=pop_each\ncalls=7942 36\n22 1302536\n";

    #[test]
    fn a_message_takes_what_the_longer_run_took_more_for_each_that_it_passed_more() {
        let less = (100.0, Cost { push: 5_000.0, pop: 6_000.0, all: 90_000.0 });
        let more = (200.0, Cost { push: 9_000.0, pop: 11_003.0, all: 100_007.0 });
        assert_eq!(between(less, more).unwrap(), Cost { push: 40.0, pop: 50.0, all: 100.1 });
        assert!(between(more, less).is_err() && between(less, less).is_err());
    }

    #[test]
    fn what_grows_is_told_and_what_is_beyond_a_limit_or_unexpected() {
        let told = |cost, expected| complaint(cost, expected, Some(102.0));
        assert_eq!(told(Cost { push: 43.0, ..COST }, Some(&COST)), None);
        // Although all of it has shrunk.
        let pop = Cost { push: 30.0, pop: 54.0, all: 94.0 };
        assert_eq!(told(pop, Some(&COST)), Some("pop has grown from 50 to 54".into()));
        let beyond = Cost { all: 102.1, ..COST };
        assert_eq!(told(beyond, Some(&beyond)), Some("102.1 of at most 102".into()));
        assert_eq!(told(COST, None), Some("no count is expected".into()));
    }

    #[test]
    fn all_calls_of_a_function_are_summed_and_a_run_that_does_not_say_what_it_took_is_an_error() {
        let expected = Cost { push: 849_876.0, pop: 1_302_536.0, all: 2_604_695.0 };
        assert_eq!(of_run("7942 messages\n", WRITTEN, "each").unwrap(), (7942.0, expected));
        assert!(of_run("7942 messages\n", WRITTEN, "eac").is_err() && of_run("", WRITTEN, "each").is_err());
        for piece in ["summary", "pop_each", "1302536"] {
            assert!(of_run("7942 messages\n", &WRITTEN.replace(piece, "many"), "each").is_err(), "{piece}");
        }
    }

    #[test]
    fn every_case_has_a_count_and_that_of_256_bytes_has_a_limit() {
        let expected = include_str!("../../verify/instructions/expected.json");
        let expected: BTreeMap<String, Cost> = serde_json::from_str(expected).unwrap();
        assert!(CASES.iter().all(|case| expected.contains_key(case.0)));
        assert!(CASES.contains(&("256 B", "stream", 256, Some(150.0))));
    }
}
