//! The harness's end of a side in another process: what it was told, and what it answered.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::peer;
use crate::linux::done;
use crate::other::Other;

/// How long an answer may take. Then the process is killed, and its answer is that there was none.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a side is put.
#[derive(Clone, Copy, Default)]
pub struct Surroundings {
    /// In a PID namespace of its own, where it is the first process.
    pub own_pids: bool,
    /// Under a storm of signals.
    pub storm: bool,
    /// In a time namespace whose monotonic clock is this many seconds ahead.
    pub ahead: Option<u64>,
}

/// A side in another process.
pub struct Side {
    other: Other,
}

/// What a side says of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub result: String,
    /// How long the call took, by the clock of the side.
    pub took: Duration,
    /// What that clock said when it was over, in nanoseconds.
    pub at: u64,
}

/// The two sides of a new ring.
pub fn pair(path: &Path, strategy: &str) -> Result<(Side, Side), String> {
    let mut writer = Side::start(path, strategy, Surroundings::default())?;
    let mut reader = Side::start(path, strategy, Surroundings::default())?;
    writer.expect("create 4096", "done")?;
    reader.expect("open", "done")?;
    Ok((writer, reader))
}

impl Side {
    pub fn start(path: &Path, strategy: &str, surroundings: Surroundings) -> Result<Self, String> {
        let path = path.to_str().ok_or("a path that is no text")?;
        let ahead = surroundings.ahead.map(|seconds| seconds.to_string());
        let mut words = vec![peer::NAME, path, strategy];
        words.extend(surroundings.storm.then_some("--storm"));
        words.extend(ahead.iter().flat_map(|seconds| ["--ahead", seconds]));
        let start = || match Other::start(&words) {
            Ok(other) => Ok(Self { other }),
            Err(error) => Err(format!("start a side: {error}")),
        };
        if !surroundings.own_pids {
            return start();
        }
        // It is this thread's next child that is the first in the namespace; nothing else that we start is to be in it.
        thread::scope(|scope| {
            let started = scope.spawn(|| {
                // SAFETY: a system call without pointers.
                done("make a PID namespace", unsafe { libc::unshare(libc::CLONE_NEWPID) })?;
                start()
            });
            started.join().map_err(|_| "the thread that starts a side panicked".to_string())?
        })
    }

    /// Has it do what `line` says, and waits until it is done.
    pub fn ask(&mut self, line: &str) -> Result<Answer, String> {
        self.begin(line)?;
        self.answer(line)
    }

    /// Has it begin to do what `line` says.
    pub fn begin(&mut self, line: &str) -> Result<(), String> {
        self.other.say(line).map_err(|error| format!("{line}: nobody hears: {error}"))
    }

    /// Waits until it has done what `line` said.
    pub fn answer(&mut self, line: &str) -> Result<Answer, String> {
        let (answered, silence) = mpsc::channel::<()>();
        let id = self.other.id();
        let watchdog = thread::spawn(move || {
            if silence.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                // SAFETY: whoever waits for the answer has not waited for the child's end, so the PID is its own.
                unsafe { libc::kill(id, libc::SIGKILL) };
            }
        });
        let heard = self.other.hear();
        drop(answered);
        watchdog.join().map_err(|_| "the watchdog panicked".to_string())?;
        let heard = heard.map_err(|error| format!("{line}: {error}"))?;
        let heard = heard.ok_or_else(|| format!("{line}: no answer, for {PATIENCE:?} or for ever: it has ended"))?;
        Answer::from_line(&heard).ok_or_else(|| format!("{line}: it says {heard:?}"))
    }

    /// As [`ask`](Self::ask), where the result has to be this one.
    pub fn expect(&mut self, line: &str, result: &str) -> Result<Answer, String> {
        self.begin(line)?;
        self.expect_answer(line, result)
    }

    /// As [`answer`](Self::answer), where the result has to be this one.
    pub fn expect_answer(&mut self, line: &str, result: &str) -> Result<Answer, String> {
        let answer = self.answer(line)?;
        match answer.result == result {
            true => Ok(answer),
            false => Err(format!("{line}: {}, not {result}, after {:?}", answer.result, answer.took)),
        }
    }

    /// Has it pop a message, and wants that to be `number`.
    pub fn expect_message(&mut self, line: &str, number: u64) -> Result<Answer, String> {
        self.begin(line)?;
        self.expect_message_answered(line, number)
    }

    /// Waits until it has popped a message, and wants that to be `number`.
    pub fn expect_message_answered(&mut self, line: &str, number: u64) -> Result<Answer, String> {
        self.expect_answer(line, &format!("message-{number}"))
    }

    pub fn id(&self) -> libc::pid_t {
        self.other.id()
    }

    pub fn signal(&self, signal: libc::c_int) -> Result<(), String> {
        self.other.signal(signal).map_err(|error| format!("send signal {signal}: {error}"))
    }

    /// Kills it, and waits for its end.
    pub fn kill(self) -> Result<(), String> {
        self.other.kill().map(drop).map_err(|error| format!("kill a side: {error}"))
    }
}

impl Answer {
    fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let result = words.next()?.to_string();
        let took = Duration::from_micros(words.next()?.parse().ok()?);
        Some(Self { result, took, at: words.next()?.parse().ok()? })
    }
}

/// Waits until the process is stopped.
pub fn wait_until_stopped(id: libc::pid_t) -> Result<(), String> {
    // Behind the name in parentheses, which may itself have some, the state.
    wait_until(id, "stat", "is stopped", |stat| {
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
    })
}

/// Waits until the process sleeps as a side of a ring does, in the kernel's futex.
pub fn wait_until_asleep(id: libc::pid_t) -> Result<(), String> {
    let futex = libc::SYS_futex.to_string();
    wait_until(id, "syscall", "sleeps", |syscall| syscall.split(' ').next() == Some(&futex))
}

fn wait_until(id: libc::pid_t, file: &str, what: &str, is_so: impl Fn(&str) -> bool) -> Result<(), String> {
    let (begin, file) = (Instant::now(), format!("/proc/{id}/{file}"));
    while begin.elapsed() < PATIENCE {
        let text = fs::read_to_string(&file).map_err(|error| format!("whether it {what}: {file}: {error}"))?;
        if is_so(&text) {
            return Ok(());
        }
        thread::yield_now();
    }
    Err(format!("it cannot be seen that it {what} after {PATIENCE:?}"))
}
