//! How many instructions a message takes, counted by callgrind: the same number each time, on a busy machine too.
//!
//! `verify/instructions` passes messages through a ring in one thread. Two runs of it differ by whole laps of the ring,
//! so nothing of the difference is start-up; divided by the messages it is what one of them takes, memcpy and its share
//! of the end of a lap included. Three numbers come of it: the push and the pop, each from its first instruction to the
//! return, and all that was executed, with the loop around the two. That has a hard limit in each case, and no number
//! may grow by much over what is written down. "In turn" each message is popped before the next one is pushed, so that
//! every pop finds its side out of messages and has to look first.
//!
//! Fewer instructions are not always less time. Messages of up to 128 bytes are copied a granule at a time, which takes
//! more instructions than `memcpy` and less time (`src/atomics/copy.rs`).
//!
//! An emulated processor does not offer all that the real one does: glibc may choose another memcpy there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{ensure, Context, Result};

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
type Case = (&'static str, &'static str, usize, f64);

const CASES: [Case; 9] = [
    ("8 B", "stream", 8, 145.0),
    ("64 B", "stream", 64, 190.0),
    ("256 B", "stream", 256, 260.0),
    ("4 KiB", "stream", 4096, 1750.0),
    ("256 B, in turn", "each", 256, 450.0),
    ("256 B, in place, in turn", "in_place", 256, 370.0),
    ("8 B, batches", "batch", 8, 120.0),
    ("8 B, arrays", "array", 8, 40.0),
    ("256 B, batches", "batch", 256, 230.0),
];

/// Instructions, by what they are for: the pushes, the pops, and all of it, with the loop around them.
type Cost = BTreeMap<String, f64>;

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    let is_one = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    ensure!(is_one, NotRun("the counts are those of Linux on x86-64".into()));
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
    for case in CASES.iter().filter(|_| is_asked_for("annotate")) {
        let file = file(case, LAPS[1]);
        cmd!(sh, "callgrind_annotate --auto=no --threshold=95 {file}").run()?;
    }
    let expected: BTreeMap<String, Cost> = serde_json::from_str(&read(EXPECTED)?).context(EXPECTED)?;
    let told = |(name, _, _, limit): &Case| {
        let (cost, then) = (&costs[*name], expected.get(*name).map(|then| then["all"]));
        let verdict = match complaint(cost, expected.get(*name), *limit) {
            Some(why) => format!("FAILED: {why}"),
            None if then.is_some_and(|then| cost["all"] < then - SLACK) => "passed: worth an --accept".into(),
            None => "passed".into(),
        };
        let [push, pop, all] = ["push", "pop", "all"].map(|part| format!("{:.1}", cost[part]));
        let then = then.map_or(String::new(), |number| format!("{number:.1}"));
        [name.to_string(), push, pop, all, then, format!("{limit:.1}"), verdict]
    };
    let rows = CASES.each_ref().map(told);
    let complaints = rows.iter().filter_map(|row| Some(format!("{}: {}", row[0], row[6].strip_prefix("FAILED: ")?)));
    let wrong = Vec::from_iter(complaints);
    print!("\n{}", table(["message", ">push", ">pop", ">all", ">expected", ">limit", "verdict"], rows));
    nothing_wrong(wrong).context("a growth that is worth it: cargo xtask instructions --accept; a limit stays")
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

/// Returns the cost of a run from its output and callgrind's file.
fn of_run(said: &str, written: &str, way: &str) -> Result<(f64, Cost)> {
    let messages = said.trim().strip_suffix(" messages").context("does not say how many messages passed")?;
    let all = written.lines().find_map(|line| line.strip_prefix("summary: ")).context("callgrind has no summary")?;
    let (push, pop) = (called(written, &format!("push_{way}"))?, called(written, &format!("pop_{way}"))?);
    Ok((
        messages.parse()?,
        [("all", all.parse()?), ("pop", pop), ("push", push)].map(|(part, n)| (part.into(), n)).into(),
    ))
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
    Ok(less.into_iter().map(|(part, less)| (part.clone(), each(less, more[&part]))).collect())
}

/// What is wrong, if anything is: the limit, and each number by itself, so that none hides behind another.
fn complaint(cost: &Cost, expected: Option<&Cost>, limit: f64) -> Option<String> {
    let Some(expected) = expected else { return Some("no count is expected".into()) };
    let all = cost["all"];
    let limit = (all > limit).then(|| format!("{all} of at most {limit}"));
    let grown = cost.iter().filter(|(part, now)| **now > expected[*part] + SLACK);
    let grown = grown.map(|(part, now)| format!("{part} has grown from {} to {now}", expected[part]));
    let wrong = Vec::from_iter(limit.into_iter().chain(grown));
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "summary: 2604695\n\ncfn=push_each\ncalls=2 30\n21 296\n+1 7\ncfn=push_each\ncalls=7940 30\n\
                           21 849580\ncfn=pop_each\ncalls=7942 36\n22 1302536\n";

    fn cost(push: f64, pop: f64, all: f64) -> Cost {
        [("push", push), ("pop", pop), ("all", all)].map(|(part, number)| (part.into(), number)).into()
    }

    #[test]
    fn a_message_takes_what_the_longer_run_took_more_for_each_that_it_passed_more() {
        let (less, more) = (cost(5_000.0, 6_000.0, 90_000.0), cost(9_000.0, 11_003.0, 100_007.0));
        assert_eq!(between((100.0, less.clone()), (200.0, more.clone())).unwrap(), cost(40.0, 50.0, 100.1));
        assert!(
            between((200.0, more), (100.0, less.clone())).is_err()
                && between((1.0, less.clone()), (1.0, less)).is_err()
        );
    }

    #[test]
    fn what_grows_is_told_and_what_is_beyond_a_limit_or_unexpected() {
        let then = cost(40.0, 50.0, 100.0);
        let told = |now: &Cost, expected| complaint(now, expected, 102.0);
        assert_eq!(told(&cost(43.0, 50.0, 100.0), Some(&then)), None);
        // Although all of it has shrunk.
        assert_eq!(told(&cost(30.0, 54.0, 94.0), Some(&then)), Some("pop has grown from 50 to 54".into()));
        let beyond = cost(40.0, 50.0, 102.1);
        assert_eq!(told(&beyond, Some(&beyond)), Some("102.1 of at most 102".into()));
        assert_eq!(told(&then, None), Some("no count is expected".into()));
    }

    #[test]
    fn all_calls_of_a_function_are_summed_and_a_run_that_does_not_say_what_it_took_is_an_error() {
        let (run, expected) = (of_run("7942 messages\n", WRITTEN, "each"), cost(849_876.0, 1_302_536.0, 2_604_695.0));
        assert_eq!(run.unwrap(), (7942.0, expected));
        assert!(of_run("7942 messages\n", WRITTEN, "eac").is_err() && of_run("", WRITTEN, "each").is_err());
        for piece in ["summary", "pop_each", "1302536"] {
            assert!(of_run("7942 messages\n", &WRITTEN.replace(piece, "many"), "each").is_err(), "{piece}");
        }
    }
}
