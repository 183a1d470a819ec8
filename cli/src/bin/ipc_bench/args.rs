//! The command line: what can be asked for, and what is meant where nothing is said.

use std::path::{Path, PathBuf};
use std::process;

use clap::{Parser, Subcommand};
use ipc_ring::RingOptions;

use crate::fences::Fences;
use crate::job::Job;
use crate::mode::Mode;
use crate::number;
use crate::pin::Pin;
use crate::role::Role;
use crate::waiting::Waiting;

/// What the subcommand is called.
pub const LATENCY: &str = "latency";

const EXAMPLES: &str = "\
Examples:
  ipc_bench                                  a million messages of 256 bytes
  ipc_bench --msg-size 64 --messages 50M     many small ones
  ipc_bench --pin 0,1 --wait spin            a core for each process, and no sleep
  ipc_bench --batch 64 --in-place            the least work for each message
  ipc_bench latency                          how long it takes there and back";

const LATENCY_EXAMPLES: &str = "\
Examples:
  ipc_bench latency                          100,000 round trips of 64 bytes
  ipc_bench latency --pin --wait spin        the shortest there is: a core for each process, and no sleep
  ipc_bench latency --wait sleep             what it costs to be woken, twice
  ipc_bench latency | head -1 | jq .p99_ns   for programs, a number";

/// Measures how fast messages get through a ring from one process to another.
///
/// A writer and a reader, each a process of its own, pass messages through a new ring; the reader checks the sequence
/// number and every byte of each. The first line on stdout is one JSON object, the second says the same for people.
/// The time is from the first to the last message as the reader sees them. The rates are the messages, and the
/// MiB of their payload, over that time; 0 where the time is 0, as with a single message.
#[derive(Parser, Clone, Debug)]
#[command(name = "ipc_bench", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[command(disable_help_subcommand = true)]
pub struct Args {
    #[command(flatten)]
    throughput: Options,

    #[command(flatten)]
    passing: Passing,

    #[command(subcommand)]
    other: Option<Other>,
}

/// What can be measured besides the throughput.
#[derive(Subcommand, Clone, Debug)]
enum Other {
    /// Measures how long a message takes there and back.
    ///
    /// A caller and an echo, each a process of its own, pass one message at a time through two new rings, there and
    /// back; both check the sequence number and every byte of each. The first line on stdout is one JSON object with
    /// times in nanoseconds: p99_ns is the time within which 99% of the round trips were over. For people a summary and
    /// a histogram follow. A time is from before the push to after the pop of the answer, two looks at the clock
    /// included. A tenth as many round trips come before, and are not counted.
    #[command(name = LATENCY, after_help = LATENCY_EXAMPLES)]
    #[command(mut_arg("messages", |arg| arg.default_value("100_000").help(ROUND_TRIPS)))]
    #[command(mut_arg("msg_size", |arg| arg.default_value("64")))]
    #[command(mut_arg("cap", |arg| arg.default_value("1M").help(EACH_CAPACITY)))]
    #[command(mut_arg("ring", |arg| arg.help(BOTH_RINGS)))]
    #[command(mut_arg("pin", |arg| arg.value_name("CALLER,ECHO").help(BOTH_PINNED)))]
    Latency(Options),
}

const ROUND_TRIPS: &str = "How many round trips to make, at least 1. k, M and G stand for 10^3, 10^6 and 10^9";
const EACH_CAPACITY: &str = "The capacity of each ring in bytes, a power of two from 64 to 2G. K, M and G as above";
const BOTH_RINGS: &str = "\
    Where to make the ring there; the one back gets .back after its name. Both are removed at the end. Nothing may be \
    there yet [default: ipc_bench.PID in /dev/shm, or in the temporary directory where there is none]";
const BOTH_PINNED: &str = "\
    Pin the caller and the echo to a core each: to those named, or to the first two that are allowed";

/// What can be asked for, whatever is measured.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// How many messages to pass, at least 1. k, M and G stand for 10^3, 10^6 and 10^9
    #[arg(long, value_name = "COUNT", default_value = "1_000_000", value_parser = number::messages)]
    #[arg(allow_negative_numbers = true)]
    pub messages: u64,

    /// The bytes of a message, from 0 to the ring's capacity less 16. K, M and G stand for 2^10, 2^20 and 2^30
    #[arg(long, value_name = "BYTES", default_value = "256", value_parser = number::bytes)]
    #[arg(allow_negative_numbers = true)]
    pub msg_size: usize,

    /// The capacity of the ring in bytes, a power of two from 64 to 2G. K, M and G as above
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = number::bytes)]
    #[arg(allow_negative_numbers = true)]
    pub cap: usize,

    /// Where to make the ring, which is removed at the end. Nothing may be there yet
    /// [default: ipc_bench.PID in /dev/shm, or in the temporary directory where there is none]
    #[arg(long, value_name = "PATH", default_value_os_t = default_ring(), hide_default_value = true)]
    pub ring: PathBuf,

    /// Pin the writer and the reader to a core each: to those named, or to the first two that are allowed
    #[arg(long, value_name = "WRITER,READER", num_args = 0..=1, default_missing_value = "first-two")]
    pub pin: Option<Pin>,

    /// What a side does while it waits for the other: spin, sleep, or first the one for as long as you say (50us, 1ms)
    /// and then the other [default: the library's, which is to spin for 50us and then sleep]
    #[arg(long, value_name = "spin|sleep|DURATION", allow_hyphen_values = true)]
    pub wait: Option<Waiting>,

    /// How both sides order what they do around a sleep [default: asymmetric, where this process may use it]
    #[arg(long, value_name = "MODE", value_enum)]
    pub fences: Option<Fences>,

    /// What this process does. The driver says so to the processes it starts
    #[arg(long, hide = true, value_enum)]
    pub role: Option<Role>,

    /// The core this process is pinned to
    #[arg(long, hide = true, requires = "role")]
    pub core: Option<usize>,

    /// Whether the process that measures is to tell how far it is
    #[arg(long, hide = true, requires = "role")]
    pub progress: bool,
}

/// How a message gets into the ring and out of it, where there is a choice.
#[derive(clap::Args, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Passing {
    /// Push and pop in batches of so many, each published and each released by one store
    #[arg(long, value_name = "COUNT", value_parser = number::messages, allow_negative_numbers = true)]
    pub batch: Option<u64>,

    /// Fill messages where they will stand in the ring, and check them where they stand: the reader copies nothing
    #[arg(long)]
    pub in_place: bool,
}

impl Args {
    /// What is to be measured, and how.
    pub fn job(self) -> Job {
        let Self { throughput, passing, other } = self;
        match other {
            None => Job { mode: Mode::Throughput, options: throughput, passing },
            Some(Other::Latency(options)) => Job { mode: Mode::Latency, options, passing },
        }
    }
}

impl Options {
    /// How a process takes its end of a ring.
    pub fn ring_options(&self) -> RingOptions {
        let mut options = RingOptions::new();
        if let Some(Waiting(strategy)) = self.wait {
            options.wait_strategy(strategy);
        }
        options
    }
}

fn default_ring() -> PathBuf {
    let shm = Path::new("/dev/shm");
    let directory = if shm.is_dir() { shm.into() } else { std::env::temp_dir() };
    directory.join(format!("ipc_bench.{}", process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(line: &str) -> Job {
        Args::try_parse_from(line.split(' ')).unwrap().job()
    }

    #[test]
    fn what_is_asked_for_makes_sense() {
        Args::command().debug_assert();
    }

    #[test]
    fn each_mode_has_defaults_of_its_own() {
        for (line, mode, messages, msg_size, cap) in [
            ("ipc_bench", Mode::Throughput, 1_000_000, 256, 64 << 20),
            ("ipc_bench latency", Mode::Latency, 100_000, 64, 1 << 20),
            ("ipc_bench --messages 7 --msg-size 0 --cap 64", Mode::Throughput, 7, 0, 64),
            ("ipc_bench latency --messages 7 --msg-size 0 --cap 64", Mode::Latency, 7, 0, 64),
        ] {
            let Job { mode: parsed_mode, options, .. } = parsed(line);
            let Options { messages: n, msg_size: len, cap: bytes, .. } = options;
            assert_eq!((parsed_mode, n, len, bytes), (mode, messages, msg_size, cap), "{line}");
        }
    }

    #[test]
    fn a_process_is_asked_for_what_the_driver_was_asked_for() {
        for line in [
            "ipc_bench --messages 7 --msg-size 9 --ring here --wait 1ms",
            "ipc_bench --batch 64",
            "ipc_bench --in-place",
            "ipc_bench latency --messages 7 --msg-size 9 --ring here --wait spin",
        ] {
            let job = parsed(line);
            let arguments = [vec!["ipc_bench".into()], job.arguments()].concat();
            let asked = Args::try_parse_from(&arguments).unwrap().job();
            assert_eq!((asked.mode, asked.arguments()), (job.mode, job.arguments()), "{line}");
            assert_eq!((asked.options.wait, asked.passing), (job.options.wait, job.passing));
        }
    }
}
