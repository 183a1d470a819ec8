//! The command line.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};
use ipc_ring_measure::enough::seconds;

use crate::peers::PEERS;
use crate::scenarios::SCENARIOS;
use crate::state::State;

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
    /// Measures this build beside another one, taking turns, and says the ratio of the two and how sure it is
    Ab(Ab),
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

/// How to measure two builds.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = AB)]
pub struct Ab {
    /// The other build of this very program: a copy of an earlier target/release/ipc_ring_peers
    #[arg(long, value_name = "PROGRAM")]
    pub with: PathBuf,

    /// What passes the messages
    #[arg(long, value_name = "NAME", default_value = "ours", hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(PEERS.iter().map(|peer| peer.name)))]
    pub peer: String,

    /// How large a message is, as in 256 or 4KiB; several, with commas, are measured one after the other
    #[arg(long, value_name = "BYTES", value_delimiter = ',', default_value = "256", value_parser = bytes)]
    pub size: Vec<usize>,

    /// How large the ring is, as in 4MiB; several, with commas, are measured one after the other
    #[arg(long, value_name = "BYTES", value_delimiter = ',', default_value = "4MiB", value_parser = bytes)]
    pub capacity: Vec<usize>,

    /// Send and receive in batches of up to N. For ours it means ours-batch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,

    /// Make and read messages in their place: ours-in-place, or ours-in-place-batch with --batch
    #[arg(long)]
    pub in_place: bool,

    /// Measure the median round trip, not a stream
    #[arg(long)]
    pub pingpong: bool,

    /// Make messages in this many buffers, in turn: a power of two
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = power_of_two)]
    pub buffers: usize,

    /// The reader gets address and length of a message through memory, as from a function that the compiler cannot see
    #[arg(long)]
    pub opaque: bool,

    /// How many pairs of rounds to run
    #[arg(long, value_name = "N", default_value_t = 21, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// About how long a round takes
    #[arg(long, value_name = "SECONDS", default_value_t = 0.1, value_parser = seconds)]
    pub seconds: f64,

    /// Wait for this state of the machine before each pair
    #[arg(long, value_name = "STATE")]
    pub state: Option<State>,

    /// How long to wait for that state, in all
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0, value_parser = seconds)]
    pub patience: f64,

    /// How long a round may take. After that, its processes are killed and the run ends
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub deadline: f64,

    /// Print every pair as JSON, a line for each size and capacity
    #[arg(long)]
    pub json: bool,
}

/// Parses a number of bytes, with or without a unit.
fn bytes(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => 0,
    };
    let number = text[..digits].parse().ok().and_then(|number: usize| number.checked_mul(unit));
    number.filter(|&bytes| bytes >= 8).ok_or_else(|| "pass 8 bytes or more, as in 256, 4KiB or 1MiB".into())
}

fn power_of_two(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|number: &usize| number.is_power_of_two() && *number <= 1024);
    number.ok_or("pass a power of two up to 1024")
}

/// How to compare.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Compare {
    /// Names of scenarios, separated by commas [default: all]
    #[arg(long, visible_alias = "scenario", value_name = "NAME", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name)))]
    pub scenarios: Vec<String>,

    /// Names of peers, separated by commas [default: all]. Ours and the limits always take part
    #[arg(long, visible_alias = "peer", value_name = "NAME", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_parser = PossibleValuesParser::new(PEERS.iter().map(|peer| peer.name)))]
    pub peers: Vec<String>,

    /// Leave out rings larger than this, as in 4MiB, except the first of a scenario
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub up_to: Option<usize>,

    /// How many rounds to run for each peer in each scenario
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,

    /// About how long a round takes: this decides the number of messages for each peer
    #[arg(long, value_name = "SECONDS", default_value_t = 0.1, value_parser = seconds)]
    pub seconds: f64,

    /// How many messages a round has, in place of --seconds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub messages: Option<u64>,

    /// How long to watch two idle sides
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub idle_seconds: f64,

    /// Wait for this state of the machine before each round, and report it alone
    #[arg(long, value_name = "STATE")]
    pub state: Option<State>,

    /// How long to wait for that state, in all
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0, value_parser = seconds)]
    pub patience: f64,

    /// The reader gets address and length of a message through memory, as from a function that the compiler cannot see
    #[arg(long)]
    pub opaque: bool,

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

const AB: &str = "\
Build both with the same benches/: a build with other ones refuses to take part.
  cargo build --release -p ipc_ring_peers && cp target/release/ipc_ring_peers /tmp/before
  (change the library, and build again)
  target/release/ipc_ring_peers ab --with /tmp/before --size 64,256 --capacity 1MiB,4MiB
  target/release/ipc_ring_peers ab --with /tmp/before --size 8 --batch 64
  target/release/ipc_ring_peers ab --with /tmp/before --size 64 --capacity 64KiB --pingpong --peer ours-spin
How large the differences are that mean nothing: pass the program itself as the other one.

Each pair runs both builds, in alternating order, with a look at the bare line before, between and after. A pair in
which the state of the machine changed is dropped. A ratio above 1 means that this build is faster, in a ping-pong, too.
The interval has the true median of the ratios in it in 19 of 20 runs.";

const EXAMPLES: &str = "\
Examples:
  All scenarios and all peers, which takes about twelve minutes:
    cargo run --release -p ipc_ring_peers -- compare
  Streams of small messages, beside two peers:
    cargo run --release -p ipc_ring_peers -- compare --scenarios 256B,256B-batch --peers shaq,que
  What the reader's own check costs, on top: compare with a run that has --opaque:
    cargo run --release -p ipc_ring_peers -- compare --scenarios 8B-batch --opaque
  In one state of the machine alone, waiting up to five minutes for it:
    cargo run --release -p ipc_ring_peers -- compare --state near --patience 300
  A document and its pictures:
    cargo run --release -p ipc_ring_peers -- compare --markdown benchmarks.md --plots plots
  The pictures of a document again, without measuring:
    cargo run --release -p ipc_ring_peers -- draw benchmarks.md plots
  A check that every peer passes every message, in seconds:
    cargo run --release -p ipc_ring_peers -- compare --rounds 1 --messages 2000 --up-to 1MiB --idle-seconds 0.1

Run nothing else meanwhile: the two sides are pinned to the first two cores that this process may use.
`list` names all scenarios and peers.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_with_and_without_a_unit() {
        let all = ["8", "256B", "4KiB", "64 MiB", "1GiB", "7", "", "KiB", "4k", "-1", "99999999999GiB"];
        let (four, mib) = (4 << 10, 64 << 20);
        let good = [Some(8), Some(256), Some(four), Some(mib), Some(1 << 30), None, None, None, None, None, None];
        assert_eq!(all.map(|text| bytes(text).ok()), good);
        assert_eq!(
            ["1", "16", "0", "3", "2048", "a"].map(|text| power_of_two(text).ok().is_some()),
            [true, true, false, false, false, false]
        );
    }
}
