//! What the harness tells a process of its own: a side of a ring, and for how long to do what.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use ipc_ring::Side;
use ipc_ring_reference::AnySide;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Order {
    #[serde(with = "AnySide")]
    pub side: Side,
    pub path: PathBuf,
    pub capacity: usize,
    pub duration: Duration,
    pub seed: u64,
}

/// The subcommand that a process is started by.
pub fn command(name: &'static str) -> Command {
    Command::new(name).arg(Arg::new("order").required(true))
}

impl Order {
    pub fn of(matches: &ArgMatches) -> Result<Self, String> {
        let order = matches.get_one::<String>("order").ok_or("pass an order")?;
        serde_json::from_str(order).map_err(|error| format!("{order}: {error}"))
    }
}
