//! The command line: what can be asked for, and what is meant where nothing is said.

use std::path::PathBuf;
use std::process;

use clap::{Parser, Subcommand};
use ipc_ring_measure::{enough, machine};

use crate::fences::Fences;
use crate::number;
use crate::pin::Pin;
use crate::waiting;

const EXAMPLES: &str = "\
Examples:
  ipc_bench                                  messages of 256 bytes, 5 rounds of half a second
  ipc_bench --msg-size 64 --messages 50M     small ones, 5 rounds of so many
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
/// A writer and a reader, each a process of its own, pass messages through a new ring; the reader checks the number and
/// every byte of each. Both are at work, and the ring has been gone round twice, before the clock starts; it runs on
/// from round to round, and so does the stream. The first line on stdout is one JSON object, of the median round: the
/// messages of a round, the time that they took, and the messages and the MiB of their payload over that time, 0 where
/// the time is 0. The second says the same for people, with the slowest and the fastest round.
#[derive(Parser, Clone, Debug)]
#[command(name = "ipc_bench", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[command(disable_help_subcommand = true)]
pub struct Args {
    #[command(flatten)]
    pub throughput: Throughput,

    #[command(subcommand)]
    pub other: Option<Other>,
}

/// What can be measured besides the throughput.
#[derive(Subcommand, Clone, Debug)]
pub enum Other {
    /// Measures how long a message takes there and back.
    ///
    /// A caller and an echo, each a process of its own, pass one message at a time through two new rings, there and
    /// back; both check the number and every byte of each. The first line on stdout is one JSON object with
    /// times in nanoseconds: p99_ns is the time within which 99% of the round trips were over. For people a summary and
    /// a histogram follow. A time is from before the push to after the pop of the answer, with two looks at the
    /// clock and the check by the echo. A tenth as many round trips come before, and are not counted.
    #[command(after_help = LATENCY_EXAMPLES)]
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
    /// How many messages to pass in a round, at least 1, whatever time that takes. k, M and G stand for 10^3, 10^6 and
    /// 10^9
    #[arg(long, value_name = "COUNT", value_parser = number::messages, allow_negative_numbers = true)]
    pub messages: Option<u64>,

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
    #[arg(value_parser = |text: &str| waiting::strategy(text).map(|_| text.to_string()))]
    pub wait: Option<String>,

    /// How both sides order what they do around a sleep [default: asymmetric, where this process may use it]
    #[arg(long, value_name = "MODE", value_enum)]
    pub fences: Option<Fences>,
}

/// What can be asked for where messages are streamed.
#[derive(clap::Args, Clone, Debug)]
pub struct Throughput {
    #[command(flatten)]
    pub options: Options,

    /// How long a round takes, more or less: the number of its messages is chosen so, and is some ringfuls at least
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = enough::seconds)]
    #[arg(allow_negative_numbers = true, conflicts_with = "messages")]
    pub seconds: f64,

    /// How many rounds there are
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(allow_negative_numbers = true)]
    pub rounds: u64,

    /// Push and pop in batches of so many, each published and each released by one store
    #[arg(long, value_name = "COUNT", value_parser = number::messages, allow_negative_numbers = true)]
    pub batch: Option<u64>,

    /// Fill messages where they will stand in the ring, and check them where they stand: the reader copies nothing
    #[arg(long)]
    pub in_place: bool,
}

fn default_ring() -> PathBuf {
    machine::memory().join(format!("ipc_bench.{}", process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn what_is_asked_for_makes_sense() {
        Args::command().debug_assert();
    }

    #[test]
    fn each_mode_has_defaults_of_its_own() {
        for (line, messages, msg_size, cap) in [
            ("ipc_bench", None, 256, 64 << 20),
            ("ipc_bench latency", Some(100_000), 64, 1 << 20),
            ("ipc_bench --messages 7 --msg-size 0 --cap 64", Some(7), 0, 64),
            ("ipc_bench latency --messages 7 --msg-size 0 --cap 64", Some(7), 0, 64),
        ] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            let options = args.other.map_or(args.throughput.options, |Other::Latency(options)| options);
            assert_eq!((options.messages, options.msg_size, options.cap), (messages, msg_size, cap), "{line}");
        }
    }
}
