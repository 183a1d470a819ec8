//! The harness `namespaces`: sides whose monotonic clocks disagree, for one of them is in a time namespace that is
//! twelve days ahead. The wall clock is not stepped, which could not be undone for whatever else runs on the machine:
//! the library does not ask it. Peers with equal PIDs, stopped and killed ones, and storms of signals are faults 19, 32
//! and 33 of `tests/faults`.

use std::fs::{self, File};
use std::io::{self, BufRead};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use clap::{value_parser, Arg, ArgMatches, Command};
use ipc_ring::WaitStrategy;
use ipc_ring_reference::process::Process;
use ipc_ring_reference::Place;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::linux::{done, privilege};
use crate::report::{Report, Row};
use crate::step::hand::Hand;
use crate::step::work::{got, message, Patience, Work};
use crate::Part;

pub const HARNESS: Part = Part { command, run };
pub const PEER: Part = Part { command: peer_command, run: run_peer };

const NAME: &str = "namespaces-peer";
/// The seconds that one of the clocks is ahead.
const AHEAD: u64 = 1_000_000;
/// How much later than its time-out a call may come back on a busy machine.
const LATE: Duration = Duration::from_secs(4);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A few of these fill the ring.
const LEN: usize = 120;
const CREATE: Work = Work::Create { capacity: 4096 };

fn command() -> Command {
    Command::new("namespaces").about("Sides whose monotonic clocks disagree")
}

fn run(_options: &ArgMatches) -> Result<Report, String> {
    let mut report = Report::default();
    if !Path::new("/proc/self/ns/time_for_children").exists() {
        report.not_run("clocks that disagree", "this kernel has no time namespaces");
    } else if let Err(why) = privilege::acquire() {
        report.not_run("sides in time namespaces of their own", &why);
    } else {
        report.add(clocks_that_disagree());
    }
    Ok(report)
}

fn clocks_that_disagree() -> Row {
    let (mut cases, mut violations) = (0, Vec::new());
    for (who, ahead) in [("writer", [AHEAD, 0]), ("reader", [0, AHEAD])] {
        for strategy in ["default", "sleep"] {
            // One that is wrong is enough: the next would wait as long for what does not come.
            if violations.is_empty() {
                cases += 1;
                let wrong = one(strategy, ahead).err();
                violations.extend(wrong.map(|why| format!("the {who} is ahead, waiting by {strategy}: {why}")));
            }
        }
    }
    let bound = format!("by {AHEAD} s; messages to sleepers, time-outs, a death; the wall clock is not stepped");
    Row { what: "monotonic clocks that disagree".into(), cases, unit: "pairs", bound, violations }
}

fn one(strategy: &str, ahead: [u64; 2]) -> Result<(), String> {
    let place = Place::make().map_err(|error| format!("no directory for rings: {error}"))?;
    let (push, pop) = (|patience| Work::Push { len: LEN, patience }, |patience| Work::Pop { patience });
    let (mut writer, mut reader) = (Side::start(&place, strategy, ahead[0])?, Side::start(&place, strategy, ahead[1])?);
    let ours = monotonic();
    let theirs = [writer.expect(0, &CREATE, "done")?.at, reader.expect(0, &Work::Open, "done")?.at];
    let ahead = theirs.into_iter().filter(|at| at.saturating_sub(ours) > AHEAD * 500_000_000).count();
    if ahead != 1 {
        return Err(format!("{ahead} clocks are ahead, not one: nothing was shown"));
    }
    for number in 1..=10 {
        reader.begin(0, &pop(Patience::Endless))?;
        reader.wait_until_asleep()?;
        writer.expect(number, &push(Patience::None), "done")?;
        reader.expect_answer(&got([&message(number, LEN)[..]]))?;
    }
    reader.times_out(&pop(Patience::Short))?;
    while writer.ask(1, &push(Patience::None))?.is("done") {}
    writer.times_out(&push(Patience::Short))?;
    reader.process.kill().map_err(|error| format!("kill a side: {error}"))?;
    writer.expect(1, &push(Patience::Endless), "PeerGone").map(drop)
}

/// A side in another process.
struct Side {
    process: Process,
}

/// What a side says of a call.
#[derive(Serialize, Deserialize, Debug)]
struct Answer {
    result: String,
    /// How long the call took, by the clock of the side.
    took: Duration,
    /// What that clock said when it was over, in nanoseconds.
    at: u64,
}

impl Answer {
    /// Whether this came of it, wherever the side stands then.
    fn is(&self, result: &str) -> bool {
        self.result.split(" at ").next() == Some(result)
    }
}

impl Side {
    fn start(place: &Place, strategy: &str, ahead: u64) -> Result<Self, String> {
        let ring = place.ring();
        let words = [NAME, ring.to_str().ok_or("a path that is no text")?, strategy, &ahead.to_string()];
        Ok(Self { process: Process::again(&words).map_err(|error| format!("start a side: {error}"))? })
    }

    /// Has it begin to do `work`, whose message has this number.
    fn begin(&mut self, number: u64, work: &Work) -> Result<(), String> {
        self.process.say(&json!([number, work]).to_string()).map_err(|error| format!("{work:?}: nobody hears: {error}"))
    }

    /// Waits until it has done what it began.
    fn answer(&mut self) -> Result<Answer, String> {
        let heard = self.process.hear(PATIENCE).map_err(|error| format!("no answer: {error}"))?;
        let heard = heard.ok_or("no answer: it has ended")?;
        serde_json::from_str(&heard).map_err(|_| format!("it says {heard:?}"))
    }

    /// The same, where this has to come of it.
    fn expect_answer(&mut self, result: &str) -> Result<Answer, String> {
        let answer = self.answer()?;
        answer.is(result).then_some(()).ok_or_else(|| format!("{answer:?}, not {result}"))?;
        Ok(answer)
    }

    fn ask(&mut self, number: u64, work: &Work) -> Result<Answer, String> {
        self.begin(number, work)?;
        self.answer()
    }

    fn expect(&mut self, number: u64, work: &Work, result: &str) -> Result<Answer, String> {
        self.begin(number, work)?;
        self.expect_answer(result)
    }

    /// Has it do what times out after a short while, neither sooner nor much later.
    fn times_out(&mut self, work: &Work) -> Result<(), String> {
        let (begin, least) = (Instant::now(), Patience::Short.timeout().unwrap_or_default());
        let (took, outside) = (self.expect(1, work, "TimedOut")?.took, begin.elapsed());
        match took < least || outside < least || took > least + LATE {
            true => Err(format!("{work:?} timed out after {took:?}, seen from outside {outside:?}")),
            false => Ok(()),
        }
    }

    /// Waits until it sleeps as a side of a ring does, in the kernel's futex.
    fn wait_until_asleep(&self) -> Result<(), String> {
        let file = format!("/proc/{}/syscall", self.process.id());
        let (begin, futex) = (Instant::now(), libc::SYS_futex.to_string());
        while begin.elapsed() < PATIENCE {
            let call = fs::read_to_string(&file).map_err(|error| format!("whether it sleeps: {file}: {error}"))?;
            if call.split(' ').next() == Some(&futex) {
                return Ok(());
            }
            thread::yield_now();
        }
        Err(format!("it cannot be seen that it sleeps after {PATIENCE:?}"))
    }
}

fn peer_command() -> Command {
    let word = |name| Arg::new(name).required(true);
    Command::new(NAME).args([word("ring"), word("strategy"), word("ahead").value_parser(value_parser!(u64))])
}

/// A side: does each work that it is told, with its number, and says what came of it.
fn run_peer(options: &ArgMatches) -> Result<Report, String> {
    let word = |name: &str| options.get_one::<String>(name).ok_or(format!("name the {name}"));
    match options.get_one("ahead") {
        Some(0) | None => {}
        Some(&seconds) => enter_a_time_namespace(seconds)?,
    }
    let mut hand = Hand::new(word("ring")?);
    if word("strategy")? == "default" {
        hand.strategy = WaitStrategy::default();
    }
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("hear what to do: {error}"))?;
        let (number, work) = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
        let begin = Instant::now();
        let result = hand.work(number, &work, || ())?;
        println!("{}", json!(Answer { result, took: begin.elapsed(), at: monotonic() }));
    }
    Ok(Report::default())
}

/// Puts this process, which has one thread, into a time namespace of its own whose monotonic clock is ahead.
fn enter_a_time_namespace(seconds: u64) -> Result<(), String> {
    // SAFETY: a system call without pointers.
    done("make a time namespace", unsafe { libc::unshare(libc::CLONE_NEWTIME) })?;
    let failed = |error: io::Error| format!("enter a time namespace: {error}");
    fs::write("/proc/self/timens_offsets", format!("monotonic {seconds} 0")).map_err(failed)?;
    let namespace = File::open("/proc/self/ns/time_for_children").map_err(failed)?;
    // SAFETY: as above.
    done("enter a time namespace", unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWTIME) })
}

/// What the monotonic clock of this process says, in nanoseconds.
fn monotonic() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel fills in the time.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
