//! The process of one side, as the harness has it: started, stopped, killed, and its journal read.

use std::io;
use std::path::Path;

use ipc_ring::Side;
use ipc_ring_reference::process::Process;

use super::journal::{Journal, Orders};
use super::plan::Place;
use super::setting::Setting;
use super::site::{command_name, journal, last_life};

/// One side of a ring that is tried: one process after another.
pub struct Processes {
    pub side: Side,
    pub journal: Journal,
    current: Option<Process>,
    /// How many there were.
    pub started: u64,
    words: Vec<String>,
}

impl Processes {
    /// None yet, for the side `side` of the ring in `directory`.
    pub fn of(side: Side, setting: &Setting, directory: &Path) -> io::Result<Self> {
        let journal = Journal::create(&journal(side, directory))?;
        let name = directory.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        let words = [command_name(side).into(), name.into()].into_iter().chain(setting.words(side));
        Ok(Self { side, journal, current: None, started: 0, words: words.collect() })
    }

    /// Starts the next process, which goes on at `next` or, where messages before number `begun` are in the ring by
    /// now, after them.
    pub fn start(&mut self, seed: u64, next: Place, begun: u64) -> Result<(), String> {
        let Place { number, position } = next;
        self.started += 1;
        self.journal.give(Orders { process: self.started, seed, number, position, begun });
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let started = Process::again(&words);
        self.current = Some(started.map_err(|why| format!("{why} when starting a process: lower --jobs"))?);
        Ok(())
    }

    /// Has the kernel kill the current process, and says before that it is away. [`reap`](Self::reap) comes next.
    pub fn kill(&self) -> Result<(), String> {
        self.journal.depart(last_life(self.started));
        self.signal(libc::SIGKILL)
    }

    pub fn signal(&self, signal: libc::c_int) -> Result<(), String> {
        let current = self.current.as_ref().ok_or("no process to send a signal to")?;
        current.signal(signal).map_err(|why| format!("a signal could not be sent: {why}"))
    }

    /// Waits until the current process has ended. Whether it did so by itself and in good order.
    pub fn reap(&mut self) -> Result<bool, String> {
        let mut current = self.current.take().ok_or("no process to wait for")?;
        let status = current.wait().map_err(|why| format!("a process could not be waited for: {why}"))?;
        Ok(status.success())
    }

    /// Whether the current process has ended.
    pub fn has_ended(&mut self) -> bool {
        self.current.as_mut().is_some_and(|current| matches!(current.try_wait(), Ok(Some(_))))
    }

    /// Whether the current process sleeps in the kernel, as far as the system says.
    pub fn is_asleep(&self) -> bool {
        self.state() == Some('S')
    }

    /// Whether the current process stands still, for a signal.
    pub fn is_stopped(&self) -> bool {
        self.state() == Some('T')
    }

    fn state(&self) -> Option<char> {
        let current = self.current.as_ref()?;
        let status = std::fs::read_to_string(format!("/proc/{}/stat", current.id())).ok()?;
        // The name before it stands in parentheses, and may have any in it.
        status.rsplit_once(") ")?.1.chars().next()
    }
}
