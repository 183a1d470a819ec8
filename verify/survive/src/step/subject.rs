//! The process that is stepped: does what it is told, and stops right before and right after what is to be watched.

use std::io::{self, BufRead};

use clap::{Arg, ArgMatches, Command};

use super::hand::Hand;
use super::work::Work;
use crate::report::Report;

pub const NAME: &str = "step-subject";

pub fn command() -> Command {
    Command::new(NAME).arg(Arg::new("ring").required(true))
}

/// Says where its buffer is, and then an answer a line: `["do", NUMBER, WORK]` is done, `["step", NUMBER, WORK]` too,
/// with a stop before it, one after it, and one wherever one part of it ends and another begins.
pub fn run(options: &ArgMatches) -> Result<Report, String> {
    let path = options.get_one::<String>("ring").ok_or("name the ring's path")?;
    let mut hand = Hand::new(path);
    println!("{}", hand.buffer.as_ptr() as usize);
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("no more is to be heard: {error}"))?;
        let told: Result<(String, u64, Work), _> = serde_json::from_str(&line);
        let (how, number, work) = told.map_err(|why| format!("not understood: {line}: {why}"))?;
        let stop: fn() = if how == "step" { stop } else { || () };
        println!("{}", hand.work(number, &work, stop)?);
    }
    Ok(Report::default())
}

/// Stops until the tracer lets this process go on.
fn stop() {
    // SAFETY: a system call without pointers.
    let id = unsafe { libc::getpid() };
    // SAFETY: as above; the signal goes to this process, and its only thread has it before the call returns.
    unsafe { libc::kill(id, libc::SIGSTOP) };
}
