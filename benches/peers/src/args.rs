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

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measures ours and its peers in the same scenarios, taking turns, and says which goals are met
    Compare(Compare),
    /// Draws the pictures of a document again, from the figures in it. Measures nothing
    Draw(Draw),
    /// Names all scenarios and all peers
    List,
}

/// What to draw.
#[derive(Clone, Debug, clap::Args)]
pub struct Draw {
    /// The document, as `compare --markdown` writes it
    #[arg(value_name = "FILE")]
    pub markdown: PathBuf,

    /// The directory of the pictures, SCENARIO.svg each
    #[arg(value_name = "DIRECTORY")]
    pub plots: PathBuf,
}

/// How to compare.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Compare {
    /// Names of scenarios, separated by commas [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name)))]
    pub scenarios: Vec<String>,

    /// Names of peers, separated by commas [default: all]. Ours and the limits always take part
    #[arg(long, value_name = "NAME", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(PEERS.iter().map(|peer| peer.name)))]
    pub peers: Vec<String>,

    /// How many rounds to run for each peer in each scenario
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// About how long a round takes: this decides the number of messages for each peer
    #[arg(long, value_name = "SECONDS", default_value_t = 0.2, value_parser = seconds)]
    pub seconds: f64,

    /// How many messages a round has, in place of --seconds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub messages: Option<u64>,

    /// How long to watch two idle sides
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub idle_seconds: f64,

    /// How long a round may take. After that, its processes are killed and the peer is reported as failed
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub deadline: f64,

    /// Print every round as JSON instead of tables
    #[arg(long)]
    pub json: bool,

    /// Also write a document: goals, tables, the machine, the date and the command line
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Also write a picture for each scenario, SCENARIO.svg, to this directory, which is made. The document shows them
    #[arg(long, value_name = "DIRECTORY")]
    pub plots: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  All scenarios and all peers, which takes some minutes:
    cargo run --release -p ipc_ring_peers -- compare
  Streams of small messages, beside two peers:
    cargo run --release -p ipc_ring_peers -- compare --scenarios 256B,256B-batch --peers shaq,que
  A document and its pictures:
    cargo run --release -p ipc_ring_peers -- compare --markdown benchmarks.md --plots plots
  The pictures of a document again, without measuring:
    cargo run --release -p ipc_ring_peers -- draw benchmarks.md plots
  A check that every peer passes every message, in seconds:
    cargo run --release -p ipc_ring_peers -- compare --rounds 1 --messages 2000 --idle-seconds 0.1

Run nothing else meanwhile: the two sides are pinned to the first two cores that this process may use.
`list` names all scenarios and peers.";
