//! This very program, started again as another process of a harness.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

/// Another process, with which lines are exchanged. Killed when this is dropped.
pub struct Other {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Other {
    /// Starts this program with `words` as its command line.
    pub fn start(words: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(words);
        Self::of(command)
    }

    /// Starts `command`, which speaks by its standard input and output.
    pub fn of(mut command: Command) -> io::Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = process.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { process, input, output: BufReader::new(output) })
    }

    pub fn id(&self) -> libc::pid_t {
        self.process.id() as libc::pid_t
    }

    /// Says a line to it.
    pub fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.input, "{line}")?;
        self.input.flush()
    }

    /// The next line that it says, without its end; `None` once it has ended.
    pub fn hear(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        match self.output.read_line(&mut line)? {
            0 => Ok(None),
            _ => Ok(Some(line.trim_end().to_string())),
        }
    }

    pub fn signal(&self, signal: libc::c_int) -> io::Result<()> {
        // SAFETY: the child was not waited for, so its PID is its own.
        match unsafe { libc::kill(self.id(), signal) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Whether it has ended. It is waited for all the same.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(Some(_)))
    }

    /// Waits for its end.
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        self.process.wait()
    }

    /// Kills it at once and waits until the kernel has done so, and with it released what the process held.
    pub fn kill(mut self) -> io::Result<ExitStatus> {
        self.process.kill()?;
        self.process.wait()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
