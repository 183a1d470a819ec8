//! An application whose log survives it: a line that was logged is in the ring, and `log_collector.rs`, a process of
//! its own, gets it, even if this one is killed in the next instant. Started again, it goes on.
//!
//! ```sh
//! cargo run --example logger -- /dev/shm/log once 3
//! ```

use std::error::Error;
use std::io::Write;

use ipc_ring::{CreateError, PushError, RingOptions, RingWriter};

/// Where the application logs.
struct Log {
    writer: RingWriter,
    line: Vec<u8>,
}

impl Log {
    /// The log at `path`, new or as its last writer left it, however that one ended.
    fn open(path: &str) -> Result<Self, Box<dyn Error>> {
        let mut options = RingOptions::new();
        options.await_successors(true); // Where the ring is full and the collector is dead, wait for the next one.
        let writer = match options.create(path, 1 << 20) {
            Err(CreateError::AlreadyExists { .. }) => options.attach(path)?,
            created => created?,
        };
        Ok(Self { writer, line: Vec::new() })
    }

    /// Logs a line. Once this returns `Ok` no crash can take it back.
    fn line(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), PushError> {
        self.line.clear();
        self.line.write_fmt(text).expect("memory takes what is written to it");
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
        Err(_) => log.writer.abandon(), // The collector waits for the next one, as where this one is killed.
    }
    ran
}

fn run(log: &mut Log, name: &str, lines: u64) -> Result<(), Box<dyn Error>> {
    for number in 0..lines {
        log.line(format_args!("{name} {number}"))?;
        println!("{number}"); // It is told only now: whoever reads this may rely on it.
    }
    Ok(())
}
