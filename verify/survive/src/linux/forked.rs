//! A piece of this program that runs in a forked child, so that whatever kills it kills nothing else.
//!
//! Thousands of them are needed, one a failure, and to start a program for each would take most of the time. That is
//! sound as long as the parent has one thread, which is why the harnesses that use this start none before.

use std::any::Any;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::panic::{catch_unwind, AssertUnwindSafe};

use super::done;

/// How long a child may take. Then it is killed, which counts as any other signal.
const PATIENCE_SECONDS: libc::c_uint = 20;
/// The exit code of a child that panicked.
const PANICKED: libc::c_int = 101;

/// How a child ended.
#[derive(Debug)]
pub enum Ended {
    /// As it should, with this to say.
    Saying(String),
    /// By a panic, with this message.
    Panicked(String),
    /// Killed by this signal. SIGALRM: it took too long.
    Killed(libc::c_int),
}

/// A child that runs, or has ended and was not waited for.
pub struct Forked {
    pub id: libc::pid_t,
    answer: File,
}

impl Forked {
    /// Runs `body` in a child.
    pub fn start(body: impl FnOnce() -> String) -> Result<Self, String> {
        let mut ends = [-1; 2];
        // SAFETY: the kernel fills in two descriptors.
        done("make a pipe", unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
        // SAFETY: a new descriptor that nobody else has.
        let answer = unsafe { OwnedFd::from_raw_fd(ends[0]) };
        // SAFETY: as above.
        let says = unsafe { OwnedFd::from_raw_fd(ends[1]) };
        // SAFETY: this process has one thread, so no lock is held by another one that the child lacks.
        let id = unsafe { libc::fork() };
        done("fork", id)?;
        if id == 0 {
            drop(answer);
            child(body, File::from(says));
        }
        Ok(Self { id, answer: File::from(answer) })
    }

    /// Hears what it said, after somebody else waited for its end.
    pub fn ended_with(mut self, status: libc::c_int) -> Result<Ended, String> {
        let mut said = String::new();
        self.answer.read_to_string(&mut said).map_err(|error| format!("hear a child: {error}"))?;
        self.ended(status, said)
    }

    fn ended(&self, status: libc::c_int, said: String) -> Result<Ended, String> {
        if libc::WIFSIGNALED(status) {
            return Ok(Ended::Killed(libc::WTERMSIG(status)));
        }
        match libc::WEXITSTATUS(status) {
            0 => Ok(Ended::Saying(said)),
            PANICKED => Ok(Ended::Panicked(said)),
            code => Err(format!("a child ended with the code {code}, which none of ours does")),
        }
    }
}

/// What the child does: it says what `body` does, and leaves without a thought for what its parent owns.
fn child(body: impl FnOnce() -> String, mut says: File) -> ! {
    // SAFETY: a system call without pointers.
    unsafe { libc::alarm(PATIENCE_SECONDS) };
    // What a panic says goes to the parent, which knows what was tried.
    std::panic::set_hook(Box::new(|_| {}));
    let (answer, code) = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => (answer, 0),
        Err(payload) => (message_of(&*payload), PANICKED),
    };
    let code = if says.write_all(answer.as_bytes()).is_ok() { code } else { 1 };
    // SAFETY: ends the process.
    unsafe { libc::_exit(code) }
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().map(|message| message.to_string());
    literal.or_else(|| payload.downcast_ref().cloned()).unwrap_or_default()
}
