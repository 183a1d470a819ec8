//! What the harness tells a process of its own: a side of a ring, and for how long to do what.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use ipc_ring::Side;

pub struct Order {
    pub side: Side,
    pub path: PathBuf,
    pub capacity: usize,
    pub duration: Duration,
    pub seed: u64,
}

/// The subcommand that a process is started by.
pub fn command(name: &'static str) -> Command {
    let names = ["side", "path", "capacity", "milliseconds", "seed"];
    Command::new(name).args(names.map(|name| Arg::new(name).required(true)))
}

impl Order {
    pub fn to_words(&self) -> [String; 5] {
        [
            self.side.to_string(),
            self.path.display().to_string(),
            self.capacity.to_string(),
            self.duration.as_millis().to_string(),
            self.seed.to_string(),
        ]
    }

    pub fn of(matches: &ArgMatches) -> Result<Self, String> {
        let word = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
        let number = |name: &str| word(name).parse::<u64>().map_err(|error| format!("{name}: {error}: pass a number"));
        let side = match word("side").as_str() {
            "reader" => Side::Reader,
            "writer" => Side::Writer,
            other => return Err(format!("{other} is no side: pass reader or writer")),
        };
        Ok(Self {
            side,
            path: word("path").into(),
            capacity: number("capacity")? as usize,
            duration: Duration::from_millis(number("milliseconds")?),
            seed: number("seed")?,
        })
    }
}
