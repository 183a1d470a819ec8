//! A side's process, as the driver holds it.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::thread;

use ipc_ring::Side;

use crate::args::Args;
use crate::event::Event;
use crate::pin::Cores;
use crate::progress::Progress;
use crate::said::Said;

/// A side's process, killed when this is dropped.
pub struct Child {
    side: Side,
    process: process::Child,
}

impl Child {
    /// Starts `side` and has all it says sent to `events`.
    ///
    /// It gets a process group of its own: a Ctrl-C is for the driver, who ends it.
    pub fn start(side: Side, args: &Args, cores: Option<Cores>, events: Sender<Event>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--role").arg(side.to_string());
        command.arg("--ring").arg(&args.ring);
        command.arg("--messages").arg(args.messages.to_string());
        command.arg("--msg-size").arg(args.msg_size.to_string());
        if let Some(wait) = args.wait {
            command.arg("--wait").arg(wait.to_string());
        }
        if let Some(cores) = cores {
            command.arg("--core").arg(cores.of(side).to_string());
        }
        if side == Side::Reader && Progress::is_wanted() {
            command.arg("--progress");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);

        let mut child = Self { side, process: command.spawn()? };
        let stdout = child.process.stdout.take();
        let listen = move || {
            let lines = stdout.map(BufReader::new).into_iter().flat_map(BufRead::lines);
            for line in lines.map_while(Result::ok) {
                // Nobody listens any more where the run is being ended.
                let _ = events.send(Event::Said(side, Said::hear(&line)));
            }
            let _ = events.send(Event::Ended(side));
        };
        thread::Builder::new().name(format!("from the {side}")).spawn(listen)?;
        Ok(child)
    }

    /// Which side it is.
    pub fn side(&self) -> Side {
        self.side
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
