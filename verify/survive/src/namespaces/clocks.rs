//! Sides whose monotonic clocks disagree: one of them is in a time namespace that is twelve days ahead.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use super::peer::monotonic;
use super::side::{wait_until_asleep, Side, Surroundings};
use crate::linux::done;
use crate::report::{Report, Row};

const AHEAD: u64 = 1_000_000;
const WAIT: u64 = 300;
/// How much later than that a call may come back on a busy machine.
const LATE: Duration = Duration::from_secs(4);

/// Puts this process, which has one thread, into a time namespace of its own whose monotonic clock is ahead.
pub fn enter_a_time_namespace(seconds: u64) -> Result<(), String> {
    // SAFETY: a system call without pointers.
    done("make a time namespace", unsafe { libc::unshare(libc::CLONE_NEWTIME) })?;
    let failed = |error: std::io::Error| format!("enter a time namespace: {error}");
    fs::write("/proc/self/timens_offsets", format!("monotonic {seconds} 0")).map_err(failed)?;
    let namespace = File::open("/proc/self/ns/time_for_children").map_err(failed)?;
    // SAFETY: as above.
    done("enter a time namespace", unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWTIME) })
}

pub fn run(place: &Path, report: &mut Report) {
    if !Path::new("/proc/self/ns/time_for_children").exists() {
        report.not_run("clocks that disagree", "this kernel has no time namespaces");
        return;
    }
    let mut violations = Vec::new();
    let mut cases = 0;
    for (who, writer, reader) in [("writer", Some(AHEAD), None), ("reader", None, Some(AHEAD))] {
        for strategy in ["both", "sleep"] {
            // One that is wrong is enough: the next would wait as long for what does not come.
            if !violations.is_empty() {
                break;
            }
            cases += 1;
            if let Err(why) = one(&place.join(format!("clocks.{who}.{strategy}")), strategy, writer, reader) {
                violations.push(format!("the {who} is ahead, waiting by {strategy}: {why}"));
            }
        }
    }
    report.add(Row {
        what: "monotonic clocks that disagree".into(),
        cases,
        unit: "pairs",
        bound: format!(
            "by {AHEAD} s; messages to sleepers, time-outs of {WAIT} ms, a death; the wall clock is not stepped"
        ),
        violations,
    });
}

fn one(path: &Path, strategy: &str, writer: Option<u64>, reader: Option<u64>) -> Result<(), String> {
    let start = |ahead| Side::start(path, strategy, Surroundings { ahead, own_pids: false });
    let (mut writer, mut reader) = (start(writer)?, start(reader)?);
    let ours = monotonic();
    let theirs = [writer.ask("id")?.at, reader.ask("id")?.at];
    let ahead = theirs.into_iter().filter(|at| at.saturating_sub(ours) > AHEAD * 500_000_000).count();
    if ahead != 1 {
        return Err(format!("{ahead} clocks are ahead, not one: nothing was shown"));
    }
    writer.expect("create 4096", "done")?;
    reader.expect("open", "done")?;
    for number in 0..10 {
        reader.begin("pop 10000")?;
        wait_until_asleep(reader.id())?;
        writer.expect(&format!("push {number}"), "done")?;
        reader.expect_message_answered("pop", number)?;
    }
    times_out(&mut reader, &format!("pop {WAIT}"), WAIT)?;
    writer.ask("fill")?;
    times_out(&mut writer, &format!("push 1 {WAIT}"), WAIT)?;
    reader.kill()?;
    writer.expect("push 1", "PeerGone").map(drop)
}

/// Has the side do what `line` says, which times out after `millis`, neither sooner nor much later.
fn times_out(side: &mut Side, line: &str, millis: u64) -> Result<(), String> {
    let begin = Instant::now();
    let answer = side.expect(line, "TimedOut")?;
    let (least, outside) = (Duration::from_millis(millis), begin.elapsed());
    if answer.took < least || outside < least || answer.took > least + LATE {
        let took = answer.took;
        return Err(format!("{line}: timed out after {took:?}, seen from outside {outside:?}: too soon or too late"));
    }
    Ok(())
}
