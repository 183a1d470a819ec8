//! The harness's end of a side in another process: what it was told, and what it answered.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use ipc_ring_reference::process::{spawn, Process};

use serde::{Deserialize, Serialize};

use super::peer;
use crate::linux::done;

/// How long an answer may take. Then the process is killed, and its answer is that there was none.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a side is put.
#[derive(Clone, Copy, Default)]
pub struct Surroundings {
    /// In a PID namespace of its own, where it is the first process.
    pub own_pids: bool,
    /// In a time namespace whose monotonic clock is this many seconds ahead.
    pub ahead: Option<u64>,
}

/// A side in another process.
pub struct Side {
    other: Process,
}

/// What a side says of a call.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    pub result: String,
    /// How long the call took, by the clock of the side.
    pub took: Duration,
    /// What that clock said when it was over, in nanoseconds.
    pub at: u64,
}

impl Side {
    pub fn start(path: &Path, strategy: &str, surroundings: Surroundings) -> Result<Self, String> {
        let path = path.to_str().ok_or("a path that is no text")?;
        let ahead = surroundings.ahead.map(|seconds| seconds.to_string());
        let mut words = vec![peer::NAME, path, strategy];
        words.extend(ahead.iter().flat_map(|seconds| ["--ahead", seconds]));
        let failed = |error: std::io::Error| format!("start a side: {error}");
        let program = std::env::current_exe().map_err(failed)?;
        let start = || spawn(Command::new(&program).args(&words)).map_err(failed);
        // It is this thread's next child that is the first in the namespace; nothing else that we start is to be in it.
        let apart = || {
            // SAFETY: a system call without pointers.
            done("make a PID namespace", unsafe { libc::unshare(libc::CLONE_NEWPID) })?;
            start()
        };
        let child = match surroundings.own_pids {
            false => start()?,
            true => thread::scope(|scope| scope.spawn(apart).join()).map_err(|_| "who starts a side panicked")??,
        };
        Ok(Self { other: Process::of(child).map_err(failed)? })
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
        let heard = self.other.hear(PATIENCE).map_err(|error| format!("{line}: {error}"))?;
        let heard = heard.ok_or_else(|| format!("{line}: no answer: it has ended"))?;
        serde_json::from_str(&heard).map_err(|_| format!("{line}: it says {heard:?}"))
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

    /// Kills it, and waits for its end.
    pub fn kill(mut self) -> Result<(), String> {
        self.other.kill().map(drop).map_err(|error| format!("kill a side: {error}"))
    }
}

/// Waits until the process sleeps as a side of a ring does, in the kernel's futex.
pub fn wait_until_asleep(id: libc::pid_t) -> Result<(), String> {
    let (begin, file, futex) = (Instant::now(), format!("/proc/{id}/syscall"), libc::SYS_futex.to_string());
    while begin.elapsed() < PATIENCE {
        let call = fs::read_to_string(&file).map_err(|error| format!("whether it sleeps: {file}: {error}"))?;
        if call.split(' ').next() == Some(&futex) {
            return Ok(());
        }
        thread::yield_now();
    }
    Err(format!("it cannot be seen that it sleeps after {PATIENCE:?}"))
}
