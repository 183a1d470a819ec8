//! A process, as the driver holds it.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use crate::event::Event;
use crate::job::Job;
use crate::pin::Cores;
use crate::progress::Progress;
use crate::role::Role;
use crate::said::Said;

/// A process, killed when this is dropped.
pub struct Child {
    role: Role,
    process: process::Child,
}

impl Child {
    /// Starts the process of `role` and has all it says sent to `events`.
    ///
    /// It gets a process group of its own: a Ctrl-C is for the driver, who ends it.
    pub fn start(role: Role, job: &Job, cores: Option<Cores>, events: Sender<Event>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(job.arguments()).arg("--role").arg(role.to_string());
        if let Some(cores) = cores {
            command.arg("--core").arg(cores.of(role).to_string());
        }
        if role.measures() && Progress::is_wanted() {
            command.arg("--progress");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);

        let mut child = Self { role, process: command.spawn()? };
        let stdout = child.process.stdout.take();
        let listen = move || {
            let lines = stdout.map(BufReader::new).into_iter().flat_map(BufRead::lines);
            for line in lines.map_while(Result::ok) {
                // Nobody listens any more where the run is being ended.
                let _ = events.send(Event::Said(role, Said::hear(&line)));
            }
            let _ = events.send(Event::Ended(role));
        };
        thread::Builder::new().name(format!("from the {role}")).spawn(listen)?;
        Ok(child)
    }

    /// What it does.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Tells it to go. One that has died meanwhile is not told, which shows soon enough.
    pub fn go(&mut self) {
        if let Some(stdin) = &mut self.process.stdin {
            let _ = stdin.write_all(b"go\n");
        }
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.process.wait()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only where it has ended and been waited for already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
