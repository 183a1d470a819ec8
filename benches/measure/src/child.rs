//! A child process as the driver holds it: told what to do, listened to, killed when it is let go.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use serde::Serialize;

use crate::console::CHILD;
use crate::round::Event;

/// A child process.
#[derive(Debug)]
pub(crate) struct Child {
    /// What it does, by which it is also named.
    pub role: &'static str,
    pub process: process::Child,
}

impl Child {
    /// Starts this program anew with a `role` in `job`, and has all it says sent to `events`.
    ///
    /// It gets a process group of its own: a Ctrl-C is for the driver, who ends it.
    pub fn start(role: &'static str, job: &impl Serialize, events: Sender<Event>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([CHILD, role, &serde_json::to_string(job)?]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = Self { role, process: command.spawn()? };
        let (id, stdout) = (child.process.id(), child.process.stdout.take());
        thread::Builder::new().name(format!("from the {role}")).spawn(move || {
            // A child may print what it likes; only what is meant for the driver can be understood.
            let lines = stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).map_while(Result::ok);
            for said in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                let _ = events.send(Event::Said(id, said));
            }
            let _ = events.send(Event::Ended(id));
        })?;
        Ok(child)
    }

    /// Lets it go on. One that has died meanwhile cannot, which shows soon enough.
    pub fn go_on(&mut self) {
        if let Some(stdin) = &mut self.process.stdin {
            let _ = stdin.write_all(b"\n");
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only where it has ended and been waited for already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
