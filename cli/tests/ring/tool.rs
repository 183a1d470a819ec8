//! Runs of `ring`, and a place for what they read and write.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use ipc_ring::{RingView, Snapshot};
use nix::sys::signal::{kill, signal, SigHandler, Signal};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::until::until;

/// A directory, in memory where there is one, that is removed with all in it at the end.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir_in(ipc_ring::model::place()).unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn directory(&self) -> &Path {
        self.0.path()
    }

    pub fn ring(&self) -> PathBuf {
        self.path("ring")
    }

    /// A file with these contents.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), contents).unwrap();
        self.path(name)
    }

    /// The ring, as it is now.
    pub fn seen(&self) -> Snapshot {
        RingView::open(self.ring()).unwrap().snapshot()
    }
}

/// How a run ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ended {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Asserts that all went well, and without a word on stderr. What it printed.
    pub fn expect(self) -> Vec<u8> {
        assert!(self.status.success() && self.stderr.is_empty(), "{self:?}");
        self.stdout
    }
}

/// What a run's stdin is.
pub enum Input<'a> {
    Nothing,
    Pipe,
    File(&'a Path),
}

/// A run of `ring`, killed when this is dropped. What it prints goes to files, so that it is never held up by them.
pub struct Run {
    child: Child,
    stdin: Option<ChildStdin>,
    printed: TempDir,
}

impl Run {
    /// Starts `ring` with these arguments, as a shell does: in a process group of its own.
    pub fn start<A: AsRef<OsStr>>(arguments: &[A], input: Input<'_>) -> Self {
        Self::start_as(command(arguments), input)
    }

    pub fn start_as(mut command: Command, input: Input<'_>) -> Self {
        let printed = tempfile::tempdir().unwrap();
        let to = |name| File::create(printed.path().join(name)).unwrap();
        command.stdout(to("stdout")).stderr(to("stderr"));
        match input {
            Input::Nothing => command.stdin(Stdio::null()),
            Input::Pipe => command.stdin(Stdio::piped()),
            Input::File(path) => command.stdin(File::open(path).unwrap()),
        };
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        Self { child, stdin, printed }
    }

    /// The other end of its stdin.
    pub fn stdin(&mut self) -> &mut ChildStdin {
        self.stdin.as_mut().unwrap()
    }

    /// As `stdin`, for a thread of its own. It ends with the thread.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().unwrap()
    }

    /// Ends its input.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> Vec<u8> {
        fs::read(self.printed.path().join("stdout")).unwrap()
    }

    /// How many bytes it has printed so far.
    pub fn stdout_len(&self) -> u64 {
        fs::metadata(self.printed.path().join("stdout")).unwrap().len()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it has ended.
    pub fn wait(mut self) -> Ended {
        let status = until("ring ends", || self.child.try_wait().unwrap());
        let stderr = fs::read_to_string(self.printed.path().join("stderr")).unwrap();
        Ended { status, stdout: self.stdout(), stderr }
    }

    /// Kills it, and waits until it is dead. What it had printed.
    pub fn kill(self) -> Vec<u8> {
        self.signal(Signal::SIGKILL);
        let ended = self.wait();
        assert_eq!(ended.status.code(), None, "it was killed, and did not end by itself: {ended:?}");
        ended.stdout
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ring` with these arguments, in a process group of its own, and with signals as a terminal's shell leaves them:
/// these tests may run where they are ignored.
pub fn command<A: AsRef<OsStr>>(arguments: &[A]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ring"));
    command.args(arguments).process_group(0).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    let heed_signals = || {
        for heeded in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            // SAFETY: what there is by default is no handler.
            unsafe { signal(heeded, SigHandler::SigDfl) }?;
        }
        Ok(())
    };
    // SAFETY: it makes system calls alone, and allocates nothing.
    unsafe { command.pre_exec(heed_signals) };
    command
}

/// Runs `ring` to its end, without an input.
pub fn ring<A: AsRef<OsStr>>(arguments: &[A]) -> Ended {
    Run::start(arguments, Input::Nothing).wait()
}

/// Arguments of several types.
#[macro_export]
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => {
        &[$(std::ffi::OsString::from(&$argument)),*][..]
    };
}
