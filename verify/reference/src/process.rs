//! Another process, with which lines are exchanged.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError};
use std::time::Duration;

/// A process that hears lines on its standard input and says some on its output. Killed when this is dropped.
pub struct Process {
    child: Child,
    input: ChildStdin,
    said: Receiver<String>,
}

/// Starts `command`, for [`Process::of`].
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

impl Process {
    pub fn start(command: &mut Command) -> io::Result<Self> {
        Self::of(spawn(command)?)
    }

    /// Starts this very program with `words` as its command line.
    pub fn again(words: &[&str]) -> io::Result<Self> {
        Self::start(Command::new(std::env::current_exe()?).args(words))
    }

    /// A thread takes the lines as they come, so that a full pipe never holds up the process.
    pub fn of(mut child: Child) -> io::Result<Self> {
        let input = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (say, said) = channel();
        std::thread::Builder::new().spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.take_while(|line| say.send(line.clone()).is_ok()).for_each(drop);
        })?;
        Ok(Self { child, input, said })
    }

    pub fn id(&self) -> libc::pid_t {
        self.child.id() as libc::pid_t
    }

    /// Says a line to it.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.input, "{line}")
    }

    /// The next line that it says; `None` once it has ended. An error if nothing comes of it for so long.
    pub fn hear(&mut self, patience: Duration) -> io::Result<Option<String>> {
        match self.said.recv_timeout(patience) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    pub fn signal(&self, signal: libc::c_int) -> io::Result<()> {
        // SAFETY: the child was not waited for, so its PID is its own.
        match unsafe { libc::kill(self.id(), signal) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// How it ended, if it has.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for its end: from then on the kernel has released what it held.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// Kills it at once, and waits for its end.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
