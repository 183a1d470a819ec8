//! A storm of signals: a thousand a second, of which each ends a system call that waits.

use std::mem;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::side::{Side, Surroundings};
use crate::linux::done;
use crate::report::{Report, Row};

/// The time-outs that are waited for, in milliseconds.
const WAIT: u64 = 300;
/// How much later than that a call may come back on a busy machine. A time-out that began anew with each signal would
/// never end.
const LATE: Duration = Duration::from_secs(4);
const STREAM: u64 = 2000;
/// Fewer signals than come while a time-out is waited for.
const FEWEST: u64 = WAIT / 5;

const STORM: Surroundings = Surroundings { own_pids: false, storm: true, ahead: None };

static INTERRUPTIONS: AtomicU64 = AtomicU64::new(0);

extern "C" fn count(_signal: libc::c_int) {
    INTERRUPTIONS.fetch_add(1, Ordering::Relaxed);
}

/// Begins the storm in this process. The handler does not ask for system calls to be restarted.
pub fn begin() -> Result<(), String> {
    // SAFETY: plain data, for which zeroes are valid.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = count as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the handler does nothing that a handler may not.
    done("set a handler", unsafe { libc::sigaction(libc::SIGALRM, &action, ptr::null_mut()) })?;
    let every = libc::timeval { tv_sec: 0, tv_usec: 1000 };
    let timer = libc::itimerval { it_interval: every, it_value: every };
    // SAFETY: the kernel reads the times.
    done("set a timer", unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut()) })
}

pub fn interruptions() -> u64 {
    INTERRUPTIONS.load(Ordering::Relaxed)
}

pub fn run(place: &Path, report: &mut Report) {
    let mut violations = Vec::new();
    let strategies = ["spin", "both", "sleep"];
    for strategy in strategies {
        if let Err(why) = one(&place.join(format!("storm.{strategy}")), strategy) {
            violations.push(format!("waiting by {strategy}: {why}"));
        }
    }
    report.add(Row {
        what: "a signal each millisecond in both processes".into(),
        cases: strategies.len() as u64,
        unit: "pairs",
        bound: format!("{STREAM} messages, time-outs of {WAIT} ms that end at most {LATE:?} late, a death"),
        violations,
    });
}

fn one(path: &Path, strategy: &str) -> Result<(), String> {
    let mut writer = Side::start(path, strategy, STORM)?;
    let mut reader = Side::start(path, strategy, STORM)?;
    writer.expect("create 4096", "done")?;
    reader.expect("open", "done")?;
    writer.begin(&format!("push-all {STREAM}"))?;
    reader.expect(&format!("pop-all {STREAM}"), "done")?;
    writer.expect_answer("push-all", "done")?;
    times_out(&mut reader, &format!("pop {WAIT}"), WAIT)?;
    writer.ask("fill")?;
    times_out(&mut writer, &format!("push 1 {WAIT}"), WAIT)?;
    for side in [&mut writer, &mut reader] {
        let count = side.ask("interruptions")?.result;
        if count.parse::<u64>().unwrap_or(0) < FEWEST {
            return Err(format!("there were {count} signals, which is no storm: nothing was shown"));
        }
    }
    reader.kill()?;
    writer.expect("push 1", "PeerGone").map(drop)
}

/// Has the side do what `line` says, which times out after `millis`, neither sooner nor much later.
pub fn times_out(side: &mut Side, line: &str, millis: u64) -> Result<(), String> {
    let begin = std::time::Instant::now();
    let answer = side.expect(line, "TimedOut")?;
    let (least, outside) = (Duration::from_millis(millis), begin.elapsed());
    if answer.took < least || outside < least {
        return Err(format!("{line}: timed out after {:?}, seen from outside {outside:?}: too soon", answer.took));
    }
    if answer.took > least + LATE {
        return Err(format!("{line}: timed out after {:?} only", answer.took));
    }
    Ok(())
}
