//! Another process: the tests' own program, started again to run one of its ignored tests, step by step.

use std::fmt::Display;
use std::io::{BufRead, BufReader, StdinLock, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Receiver};

use ipc_ring::{RingOptions, WaitStrategy};

use super::{wait_until, LONG};

const PATH: &str = "IPC_RING_PATH";

/// What an ignored test is given that is the other process of another: the path, and the steps that it is told to do.
pub struct Steps {
    lines: std::io::Lines<StdinLock<'static>>,
}

/// To be called by the other process, in its ignored test.
pub fn other_process() -> (PathBuf, Steps) {
    let path = std::env::var_os(PATH).expect("this is the other process of another test, which starts it");
    (path.into(), Steps { lines: std::io::stdin().lines() })
}

impl Steps {
    /// Says that something is done.
    pub fn say(&self, done: impl Display) {
        println!("\n> {done}");
    }

    /// Says that something is done, and waits until it is told to go on, or until whoever started it has ended.
    pub fn step(&mut self, done: impl Display) {
        self.say(done);
        self.lines.next();
    }
}

/// What an ignored test does that is a reader asleep: opens the ring, sleeps until something comes, and says what.
pub fn sleeps() {
    let (path, mut steps) = other_process();
    let mut reader = RingOptions::new().wait_strategy(WaitStrategy::Sleep).open(path).unwrap();
    steps.step("opened");
    let result = reader.pop(&mut Vec::new(), None);
    steps.step(format!("{result:?}"));
}

/// The other process as whoever started it sees it. It is killed when this is dropped.
pub struct Other {
    process: Child,
    input: Option<ChildStdin>,
    said: Receiver<String>,
}

impl Other {
    /// Starts the ignored test `role`, with its modules before its name.
    pub fn start(role: &str, path: &Path) -> Self {
        Self::start_by(&mut Command::new(std::env::current_exe().unwrap()), role, path)
    }

    /// Starts it by `command`, which is this program, or one that starts what follows.
    pub fn start_by(command: &mut Command, role: &str, path: &Path) -> Self {
        let mut process = command
            .args(["--ignored", "--exact", role, "--nocapture"])
            .env(PATH, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (say, said) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(done) = line.strip_prefix("> ") {
                    let _ = say.send(done.to_string());
                }
            }
        });
        Self { process, input, said }
    }

    /// What it says next; `None` once it has ended.
    pub fn says(&mut self) -> Option<String> {
        match self.said.recv_timeout(LONG) {
            Ok(done) => Some(done),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("waited in vain for what the other process says"),
        }
    }

    /// Waits until it says that it has done `step`.
    pub fn expect(&mut self, step: &str) {
        assert_eq!(self.says().as_deref(), Some(step));
    }

    /// Lets it go on to its next step.
    pub fn go_on(&mut self) {
        self.input.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    pub fn signal(&self, signal: libc::c_int) {
        // SAFETY: the child was not waited for, so its PID is its own.
        assert_eq!(unsafe { libc::kill(self.process.id() as libc::pid_t, signal) }, 0);
    }

    /// Waits until it has ended by itself: from then on the kernel has released what it held.
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the other process ends", || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Kills it, and returns once it has ended.
    pub fn kill(&mut self) {
        self.signal(libc::SIGKILL);
        self.process.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
