//! A child process as its driver holds it: the driver tells it what to do, listens to it, and kills it on drop.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use serde::Serialize;

use crate::console::CHILD;
use crate::round::Event;

/// A child process.
#[derive(Debug)]
pub(crate) struct Child {
    /// What it does; its name in messages.
    pub role: &'static str,
    pub process: process::Child,
}

impl Child {
    /// Starts `program`, with a `role` in `job`, and sends everything that it says to `events`.
    ///
    /// It gets a process group of its own, so that a Ctrl-C reaches only the driver, which ends it.
    pub fn start(program: &Path, role: &'static str, job: &impl Serialize, events: Sender<Event>) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args([CHILD, role, &serde_json::to_string(job)?]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = Self { role, process: command.spawn()? };
        let (id, stdout) = (child.process.id(), child.process.stdout.take());
        thread::Builder::new().name(format!("from the {role}")).spawn(move || {
            // Skip lines that are not for the driver: a child may print anything.
            let lines = stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).map_while(Result::ok);
            for said in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                let _ = events.send(Event::Said(id, said));
            }
            let _ = events.send(Event::Ended(id));
        })?;
        Ok(child)
    }

    /// Lets it go on. If it has died meanwhile, `Event::Ended` says so.
    pub fn go_on(&mut self) {
        if let Some(stdin) = &mut self.process.stdin {
            let _ = stdin.write_all(b"\n");
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only if it has ended and was waited for already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
