//! The command line.

use clap::{Parser, Subcommand};

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
    /// What the processes of a comparison are started with
    #[command(hide = true)]
    Role {
        /// A part, as JSON.
        part: String,
        /// A job, as JSON.
        job: String,
    },
}

/// How to compare.
#[derive(Clone, Debug, clap::Args)]
pub struct Compare {
    /// Scenarios, by name; all unless given
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub scenarios: Vec<String>,

    /// Peers, by name; all unless given. Ours always takes part
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub peers: Vec<String>,

    /// How many rounds each peer gets in each scenario
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// How long a round of a peer is to take: the number of messages is chosen so
    #[arg(long, value_name = "SECONDS", default_value_t = 0.2)]
    pub seconds: f64,

    /// How many messages a round has, whatever that takes
    #[arg(long, value_name = "N")]
    pub messages: Option<u64>,
}
