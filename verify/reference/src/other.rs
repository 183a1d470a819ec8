//! Another process: the tests' own program, started again to run one of its ignored tests, step by step.

use std::fmt::Display;
use std::io::StdinLock;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::process::Process;
use crate::until::{until, LONG};

const PATH: &str = "IPC_RING_PATH";
const TOLD: &str = "IPC_RING_TOLD";

/// What an ignored test is given that is the other process of another: the path, what it is told, and the steps that it
/// is to do.
pub struct Steps {
    lines: std::io::Lines<StdinLock<'static>>,
}

/// To be called by the other process, in its ignored test.
pub fn other_process() -> (PathBuf, Steps) {
    let path = std::env::var_os(PATH).expect("this is the other process of another test, which starts it");
    (path.into(), Steps { lines: std::io::stdin().lines() })
}

impl Steps {
    /// What this process was told when it was started.
    pub fn told(&self) -> String {
        std::env::var(TOLD).unwrap()
    }

    /// Says that something is done.
    pub fn say(&self, done: impl Display) {
        println!("\n> {done}");
    }

    /// Says that something is done, and waits until it is told to go on, or until whoever started it has ended.
    pub fn step(&mut self, done: impl Display) {
        self.say(done);
        self.hear();
    }

    /// What it is told next; `None` once nobody is there any more.
    pub fn hear(&mut self) -> Option<String> {
        self.lines.next()?.ok()
    }
}

/// What an ignored test does that is a reader asleep: opens the ring, sleeps until something comes, and says what.
pub fn sleeps() {
    let (path, mut steps) = other_process();
    let mut reader = crate::place::sleeping().open(path).unwrap();
    steps.step("opened");
    let result = reader.pop(&mut Vec::new(), None);
    steps.step(format!("{result:?}"));
}

/// The other process as whoever started it sees it. It is killed when this is dropped.
pub struct Other(Process);

impl Other {
    /// Starts the ignored test `role`, with its modules before its name.
    pub fn start(role: &str, path: &Path) -> Self {
        Self::start_told(role, path, "")
    }

    /// Starts it and tells it something.
    pub fn start_told(role: &str, path: &Path, told: impl Display) -> Self {
        Self::start_by(&mut Command::new(std::env::current_exe().unwrap()), role, path, told)
    }

    /// Starts it by `command`, which is this program, or one that starts what follows.
    pub fn start_by(command: &mut Command, role: &str, path: &Path, told: impl Display) -> Self {
        command.args(["--ignored", "--exact", role, "--nocapture"]).env(PATH, path).env(TOLD, told.to_string());
        Self(Process::start(command).unwrap())
    }

    /// What it says next; `None` once it has ended.
    pub fn says(&mut self) -> Option<String> {
        loop {
            let line = self.0.hear(LONG).expect("the other process says something, or ends")?;
            if let Some(done) = line.strip_prefix("> ") {
                return Some(done.to_string());
            }
        }
    }

    /// Waits until it says that it has done `step`.
    #[track_caller]
    pub fn expect(&mut self, step: &str) {
        assert_eq!(self.says().as_deref(), Some(step));
    }

    /// The same, once it has said that it has done `step`.
    #[track_caller]
    pub fn after(mut self, step: &str) -> Self {
        self.expect(step);
        self
    }

    /// Lets it go on, and waits until it says that it has done `step`.
    #[track_caller]
    pub fn goes_on_to(&mut self, step: &str) {
        self.go_on();
        self.expect(step);
    }

    /// Lets it go on to its next step.
    pub fn go_on(&mut self) {
        self.tell("");
    }

    /// Says something to it.
    pub fn tell(&mut self, what: &str) {
        self.0.say(what).unwrap();
    }

    pub fn id(&self) -> libc::pid_t {
        self.0.id()
    }

    pub fn signal(&self, signal: libc::c_int) {
        self.0.signal(signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        until("the other process ends", || self.0.try_wait().unwrap())
    }

    /// Kills it, and returns once it has ended.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
    }
}
