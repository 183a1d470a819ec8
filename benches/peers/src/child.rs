//! A child process as the driver holds it: told what to do, listened to, killed when it is let go.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use crate::console::Said;
use crate::job::{Job, Part};
use crate::link::Outcome;

/// What a driver hears.
#[derive(Debug)]
pub enum Heard {
    /// A line from the child of this index.
    Line(usize, Said),
    /// The child of this index has nothing more to say.
    End(usize),
}

/// A child process.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
}

impl Child {
    /// Starts this program anew with its `part` in `job`, and has all it says sent to `heard`, under `index`.
    pub fn start(job: &Job, part: Part, index: usize, heard: Sender<Heard>) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("role").arg(serde_json::to_string(&part)?).arg(serde_json::to_string(job)?);
        // A Ctrl-C is for the driver, who ends its children.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = Self { process: command.spawn()? };
        let stdout = child.process.stdout.take().ok_or("no stdout")?;
        thread::Builder::new().name(format!("from child {index}")).spawn(move || {
            // Peers may print what they like; only what is meant for the driver can be understood.
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            for said in lines.filter_map(|line| serde_json::from_str(&line).ok()) {
                if heard.send(Heard::Line(index, said)).is_err() {
                    return;
                }
            }
            let _ = heard.send(Heard::End(index));
        })?;
        Ok(child)
    }

    /// Lets it go on. One that has died meanwhile cannot, which shows soon enough.
    pub fn go_on(&mut self) {
        if let Some(stdin) = &mut self.process.stdin {
            let _ = stdin.write_all(b"\n");
        }
    }

    /// Has heard enough, and waits for its end.
    pub fn end(&mut self) -> Outcome<()> {
        drop(self.process.stdin.take());
        match self.process.wait()? {
            status if status.success() => Ok(()),
            status => Err(status.to_string().into()),
        }
    }

    /// How it ended, where it did.
    pub fn how_it_ended(&mut self) -> String {
        match self.process.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// Its process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only where it has ended and been waited for already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
