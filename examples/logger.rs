//! An application whose log survives its death. A logged line is in the ring, so another process (`log_collector.rs`)
//! gets it even if this process is killed a moment later. Started again, the application goes on in the same ring.
//!
//! ```sh
//! cargo run --example logger -- /dev/shm/log once 3
//! ```

use std::error::Error;
use std::io::Write;

use ipc_ring::{PushError, RingOptions, RingWriter};

/// The application's log: a ring, and a buffer for one line.
struct Log {
    writer: RingWriter,
    line: Vec<u8>,
}

impl Log {
    /// Creates the log at `path`, or attaches to the one that an earlier process left there.
    fn open(path: &str) -> Result<Self, Box<dyn Error>> {
        // If the collector leaves, go on. If it is away while the ring is full, wait for the next one.
        let writer = RingOptions::new().await_successors(true).create_or_attach(path, 1 << 20)?;
        Ok(Self { writer, line: Vec::new() })
    }

    /// Logs a line. After this returned `Ok`, a crash of this process cannot lose the line.
    fn line(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), PushError> {
        self.line.clear();
        self.line.write_fmt(text).expect("writing to memory cannot fail");
        self.writer.push(&self.line, None)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, name, lines] = &arguments[..] else {
        return Err("usage: logger RING NAME LINES".into());
    };

    let lines = lines.parse()?;
    let mut log = Log::open(path)?;
    let ran = run(&mut log, name, lines);
    match ran {
        Ok(()) => log.writer.finish(),
        Err(_) => log.writer.abandon(), // The collector waits for the next logger, as if this one had been killed.
    }
    ran
}

fn run(log: &mut Log, name: &str, lines: u64) -> Result<(), Box<dyn Error>> {
    for number in 0..lines {
        log.line(format_args!("{name} {number}"))?;
        println!("{number}"); // After the push: a reader of this number may rely on the line.
    }
    Ok(())
}
