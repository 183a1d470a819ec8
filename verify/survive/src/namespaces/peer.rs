//! A side of a ring in a process of its own, which does what it is told, a line at a time, and says what came of it:
//! the result, how long the call took by this process's clock, and what that clock says now.

use std::io::BufRead;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command};
use ipc_ring::{FenceMode, OpenError, RingOptions, RingReader, RingWriter, TryPushError, WaitStrategy};

use serde_json::json;

use super::clocks;
use super::side::Answer;
use crate::report::Report;

pub const NAME: &str = "namespaces-peer";
/// The length of a message: its number, and that again and again, so that a few of them fill the ring.
pub const MESSAGE: usize = 120;

pub fn command() -> Command {
    Command::new(NAME)
        .arg(Arg::new("path").required(true))
        .arg(Arg::new("strategy").required(true).value_parser(["sleep", "both"]))
        .arg(Arg::new("ahead").long("ahead").value_parser(clap::value_parser!(u64)))
}

pub fn run(options: &ArgMatches) -> Result<Report, String> {
    if let Some(&seconds) = options.get_one::<u64>("ahead") {
        clocks::enter_a_time_namespace(seconds)?;
    }
    let text = |name: &str| options.get_one::<String>(name).cloned().unwrap_or_default();
    let strategy = match &*text("strategy") {
        "sleep" => WaitStrategy::Sleep,
        _ => WaitStrategy::default(),
    };
    let mut ring = RingOptions::new();
    ring.wait_strategy(strategy);
    let mut peer = Peer { path: text("path").into(), options: ring, writer: None, reader: None, buffer: Vec::new() };
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("hear what to do: {error}"))?;
        let begin = Instant::now();
        let result = peer.obey(&line).unwrap_or_else(|why| why);
        println!("{}", json!(Answer { result, took: begin.elapsed(), at: monotonic() }));
    }
    Ok(Report::default())
}

struct Peer {
    path: PathBuf,
    options: RingOptions,
    writer: Option<RingWriter>,
    reader: Option<RingReader>,
    buffer: Vec<u8>,
}

impl Peer {
    /// Does what a line says, and says what came of it: `Err` for what has gone wrong, which is told no differently.
    fn obey(&mut self, line: &str) -> Result<String, String> {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
        let timeout = |at: usize| number(at).map(Duration::from_millis);
        match words[0] {
            "create" => {
                let fences =
                    if words.get(2) == Some(&"symmetric") { FenceMode::Symmetric } else { FenceMode::Asymmetric };
                let capacity = number(1).ok_or("no capacity")? as usize;
                self.options.create_fence_mode(fences);
                self.writer = Some(self.options.create(&self.path, capacity).map_err(|error| error.to_string())?);
                Ok("done".into())
            }
            "attach" => {
                self.options.attach(&self.path).map(|writer| self.writer = Some(writer)).map_or_else(opening, done)
            }
            "open" => self.options.open(&self.path).map(|reader| self.reader = Some(reader)).map_or_else(opening, done),
            "push" => Ok(self.push(number(1).ok_or("no number")?, timeout(2))),
            "fill" => self.fill(),
            "pop" => Ok(self.pop(timeout(1))),
            "push-all" => self.push_all(number(1).ok_or("no count")?),
            "pop-all" => self.pop_all(number(1).ok_or("no count")?),
            "id" => Ok(std::process::id().to_string()),
            other => Err(format!("it was told to {other}, which it cannot")),
        }
    }

    fn push(&mut self, number: u64, timeout: Option<Duration>) -> String {
        let Some(writer) = &mut self.writer else { return "no writer".into() };
        match writer.push(&message(number), timeout) {
            Ok(()) => "done".into(),
            Err(error) => format!("{error:?}"),
        }
    }

    /// Pushes until the ring is full; says how many those were.
    fn fill(&mut self) -> Result<String, String> {
        let writer = self.writer.as_mut().ok_or("no writer")?;
        for number in 0.. {
            match writer.try_push(&message(number)) {
                Ok(()) => {}
                Err(TryPushError::Full) => return Ok(number.to_string()),
                Err(error) => return Err(format!("{error:?}")),
            }
        }
        Err("numbers have an end".into())
    }

    /// Pops a message: says its number.
    fn pop(&mut self, timeout: Option<Duration>) -> String {
        let Some(reader) = &mut self.reader else { return "no reader".into() };
        match reader.pop(&mut self.buffer, timeout) {
            Ok(_) => format!("message-{}", number_of(&self.buffer)),
            Err(error) => format!("{error:?}"),
        }
    }

    fn push_all(&mut self, count: u64) -> Result<String, String> {
        for number in 0..count {
            let pushed = self.push(number, None);
            if pushed != "done" {
                return Err(format!("{pushed} at {number}"));
            }
        }
        Ok("done".into())
    }

    fn pop_all(&mut self, count: u64) -> Result<String, String> {
        for number in 0..count {
            let popped = self.pop(None);
            if popped != format!("message-{number}") || self.buffer != message(number) {
                return Err(format!("{popped} where {number} should come"));
            }
        }
        Ok("done".into())
    }
}

fn done(_: ()) -> Result<String, String> {
    Ok("done".into())
}

fn opening(error: OpenError) -> Result<String, String> {
    Err(match error {
        OpenError::Busy { .. } => "Busy".into(),
        other => other.to_string(),
    })
}

fn message(number: u64) -> [u8; MESSAGE] {
    let mut message = [number as u8; MESSAGE];
    message[..8].copy_from_slice(&number.to_le_bytes());
    message
}

fn number_of(message: &[u8]) -> u64 {
    message.get(..8).and_then(|bytes| bytes.try_into().ok()).map_or(u64::MAX, u64::from_le_bytes)
}

/// What the monotonic clock of this process says, in nanoseconds.
pub fn monotonic() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel fills in the time.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
