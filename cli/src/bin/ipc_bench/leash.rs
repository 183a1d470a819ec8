//! What ties a process to its driver: the pipe on its stdin, which ends when the driver does, however that comes about.

use std::io::{self, BufRead};
use std::process;
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use crate::ring_file::RingFile;

/// The tie to the driver.
pub struct Leash {
    lines: Receiver<()>,
    watch: JoinHandle<()>,
}

impl Leash {
    /// From here on this process ends with its driver. A driver that was killed removes no ring, so this removes them.
    pub fn new(rings: Vec<RingFile>) -> io::Result<Self> {
        let (heard, lines) = mpsc::channel();
        let watch = move || {
            for _ in io::stdin().lock().lines().map_while(Result::ok) {
                // Not every role listens.
                let _ = heard.send(());
            }
            drop(rings);
            process::exit(1);
        };
        Ok(Self { lines, watch: thread::Builder::new().name("leash".into()).spawn(watch)? })
    }

    /// Waits until the driver says go.
    pub fn wait_for_go(&self) {
        // Should the driver end instead, so does this process.
        let _ = self.lines.recv();
    }

    /// Waits for the end of a driver that does not hear any more, and so for the end of this process.
    pub fn wait_for_end(self) {
        let _ = self.watch.join();
    }
}
