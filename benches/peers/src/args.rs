//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};
use ipc_ring_measure::enough::seconds;

use crate::peers::PEERS;
use crate::scenarios::SCENARIOS;

/// ipc_ring beside its peers and the limits of the machine.
#[derive(Debug, Parser)]
#[command(name = "ipc_ring_peers", version)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures ours and its peers in the same scenarios, in turns, and says which goals are met
    Compare(Compare),
    /// Names all scenarios and all peers
    List,
}

/// How to compare.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Compare {
    /// Scenarios, by name and separated by commas; all of them unless given
    #[arg(long, value_name = "NAME", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name)))]
    pub scenarios: Vec<String>,

    /// Peers, by name and separated by commas; all of them unless given. Ours and the limits always take part
    #[arg(long, value_name = "NAME", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(PEERS.iter().map(|peer| peer.name)))]
    pub peers: Vec<String>,

    /// How many rounds each peer gets in each scenario
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// How long a round takes, more or less: the number of messages is chosen so, for each peer
    #[arg(long, value_name = "SECONDS", default_value_t = 0.2, value_parser = seconds)]
    pub seconds: f64,

    /// How many messages a round has, whatever time that takes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub messages: Option<u64>,

    /// How long two idle sides are watched
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub idle_seconds: f64,

    /// After how long a round is given up, its processes killed and its peer reported
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub deadline: f64,

    /// Print JSON, with every round in it, in place of the tables
    #[arg(long)]
    pub json: bool,

    /// Write a document too: goals, tables, the machine, the date, the command line
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Write pictures too, one a scenario: SCENARIO.svg in a directory, which is made. The document shows them
    #[arg(long, value_name = "DIRECTORY")]
    pub plots: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  All scenarios and all peers, which takes some minutes:
    cargo run --release -p ipc_ring_peers -- compare
  Where small messages are streamed, beside two peers:
    cargo run --release -p ipc_ring_peers -- compare --scenarios 256B,256B-batch --peers shaq,que
  A document and its pictures:
    cargo run --release -p ipc_ring_peers -- compare --markdown benchmarks.md --plots plots
  Whether everyone passes every message, in seconds:
    cargo run --release -p ipc_ring_peers -- compare --rounds 1 --messages 2000 --idle-seconds 0.1

Nothing else should run meanwhile: both sides are pinned to the first two cores that this process may use.
`list` names all scenarios and peers.";
