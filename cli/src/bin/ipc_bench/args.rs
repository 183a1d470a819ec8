//! The command line of `ipc_bench`: its options, defaults and help.

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
  ipc_bench                                 messages of 256 bytes, 5 rounds of half a second
  ipc_bench --msg-size 64 --messages 50M    messages of 64 bytes, 5 rounds of 50 million
  ipc_bench --pin 0,1 --wait spin           each process on a core of its own, and no sleep
  ipc_bench --batch 64 --in-place           the least work for each message
  ipc_bench latency                         the time of a round trip

The manual is ipc_bench(1); ring man DIRECTORY writes it.";

const LATENCY_EXAMPLES: &str = "\
Examples:
  ipc_bench latency                           100,000 round trips of 64 bytes
  ipc_bench latency --pin --wait spin         the shortest: each process on a core of its own, and no sleep
  ipc_bench latency --wait sleep              with two sleeps and two wakes in each round trip
  ipc_bench latency | head -n 1 | jq .p99_ns  one number, for programs";

/// Measures how fast messages go through a ring from one process to another.
///
/// A writer and a reader, each a process of its own, pass messages through a new ring. The reader checks the number
/// and every byte of each message. Before the clock starts, both processes work and the ring has gone at least two
/// laps. The stream and the clock do not pause between rounds.
///
/// The first line on stdout is a JSON object about the median round: messages, msg_size (bytes), elapsed_sec,
/// msgs_per_sec and MiB_per_sec (of payload), and batch and in_place if they were asked for. The rates are 0 if no time
/// passed. The second line says the same for people, with the slowest and the fastest round.
#[derive(Parser, Clone, Debug)]
#[command(name = "ipc_bench", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
#[command(disable_help_subcommand = true)]
pub struct Args {
    #[command(flatten)]
    pub throughput: Throughput,

    #[command(subcommand)]
    pub other: Option<Other>,
}

/// What can be measured instead of the throughput.
#[derive(Subcommand, Clone, Debug)]
pub enum Other {
    /// Measures how long a message takes to the other process and back.
    ///
    /// A caller and an echo, each a process of its own, pass one message at a time through two new rings. Both check
    /// the number and every byte of each message. A time begins before the push and ends after the pop of the answer:
    /// two looks at the clock and the check by the echo are in it. A tenth as many round trips come first, and do not
    /// count.
    ///
    /// The first line on stdout is a JSON object with times in nanoseconds: 99% of the round trips took p99_ns or
    /// less. A summary and a histogram for people follow.
    #[command(after_help = LATENCY_EXAMPLES)]
    #[command(mut_arg("messages", |arg| arg.default_value("100_000").help(ROUND_TRIPS)))]
    #[command(mut_arg("msg_size", |arg| arg.default_value("64")))]
    #[command(mut_arg("cap", |arg| arg.default_value("1M").help(EACH_CAPACITY)))]
    #[command(mut_arg("ring", |arg| arg.help(BOTH_RINGS)))]
    #[command(mut_arg("pin", |arg| arg.value_name("CALLER,ECHO").help(BOTH_PINNED)))]
    Latency(Options),
}

const ROUND_TRIPS: &str = "Make this many round trips, at least 1. k, M and G mean 10^3, 10^6 and 10^9";
const EACH_CAPACITY: &str =
    "The capacity of each ring in bytes, a power of two from 64 to 2G. K, M and G mean 2^10, 2^20 and 2^30";
const BOTH_RINGS: &str = "\
    The path of the ring for calls; that for answers has .back appended. Nothing may be there yet; both are removed at \
    the end [default: ipc_bench.PID in /dev/shm, or in the temporary directory if there is none]";
const BOTH_PINNED: &str = "\
    Pin the caller and the echo to these cores; without a value, to the first two cores that this process may use";

/// The options of both measurements.
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Pass this many messages in each round, at least 1, instead of a round of --seconds. k, M and G mean 10^3, 10^6
    /// and 10^9
    #[arg(long, value_name = "COUNT", value_parser = number::messages, allow_negative_numbers = true)]
    pub messages: Option<u64>,

    /// The length of a message in bytes, from 0 to the ring's capacity less 16. K, M and G mean 2^10, 2^20 and 2^30
    #[arg(long, value_name = "BYTES", default_value = "256", value_parser = number::bytes)]
    #[arg(allow_negative_numbers = true)]
    pub msg_size: usize,

    /// The capacity of the ring in bytes, a power of two from 64 to 2G. K, M and G mean 2^10, 2^20 and 2^30
    #[arg(long, value_name = "BYTES", default_value = "64M", value_parser = number::bytes)]
    #[arg(allow_negative_numbers = true)]
    pub cap: usize,

    /// The path of the ring. Nothing may be there yet; the ring is removed at the end
    /// [default: ipc_bench.PID in /dev/shm, or in the temporary directory if there is none]
    #[arg(long, value_name = "PATH", default_value_os_t = default_ring(), hide_default_value = true)]
    pub ring: PathBuf,

    /// Pin the writer and the reader to these cores; without a value, to the first two cores that this process may use
    #[arg(long, value_name = "WRITER,READER", num_args = 0..=1, default_missing_value = "first-two")]
    pub pin: Option<Pin>,

    /// What a side does while it waits for its peer: spin, sleep, or spin for a time (50us, 1ms) and then sleep
    /// [default: 50us]
    #[arg(long, value_name = "spin|sleep|DURATION", allow_hyphen_values = true)]
    #[arg(value_parser = |text: &str| waiting::strategy(text).map(|_| text.to_string()))]
    pub wait: Option<String>,

    /// Which side pays for the memory fences [default: asymmetric where this process may use it,
    /// else symmetric]
    #[arg(long, value_name = "MODE", value_enum)]
    pub fences: Option<Fences>,
}

/// The options of the throughput.
#[derive(clap::Args, Clone, Debug)]
pub struct Throughput {
    #[command(flatten)]
    pub options: Options,

    /// How long a round takes, roughly, from 0.001 to 86400 seconds. A round passes at least as many messages as fill
    /// the ring four times
    #[arg(long, value_name = "SECONDS", default_value = "0.5", value_parser = enough::seconds)]
    #[arg(allow_negative_numbers = true, conflicts_with = "messages")]
    pub seconds: f64,

    /// Measure this many rounds, at least 1
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = clap::value_parser!(u64).range(1..))]
    #[arg(allow_negative_numbers = true)]
    pub rounds: u64,

    /// Push and pop in batches of this many messages: each is published by one store, and released by one
    #[arg(long, value_name = "COUNT", value_parser = number::messages, allow_negative_numbers = true)]
    pub batch: Option<u64>,

    /// Fill messages in their place in the ring, and check them there: the reader copies nothing
    #[arg(long)]
    pub in_place: bool,
}

fn default_ring() -> PathBuf {
    machine::memory().join(format!("ipc_bench.{}", process::id()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use ipc_ring_measure::round::Failure;

    use super::*;
    use crate::error::Error;
    use crate::page::{described, says, section, statuses, taken, unknown, unlike, unlike_synopsis, Described};

    #[test]
    fn clap_finds_no_contradiction_in_the_options() {
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

    const PAGE: &str = include_str!("../../../man/ipc_bench.1");

    #[test]
    fn the_manual_page_has_all_options_of_both_modes_and_no_others() {
        let mut args = Args::command();
        args.build();
        let (both, throughput) =
            section(PAGE, "OPTIONS").split_once("These are for the throughput alone:").expect("two lists");
        let (both, throughput) = (described(both), described(throughput));
        let (in_throughput, in_latency) = (taken(&args), taken(args.find_subcommand("latency").unwrap()));
        let is_general = |what: &Described| what.flags.iter().any(|flag| flag == "--version");
        let in_both = both.iter().filter(|(what, _)| !is_general(what)).cloned().collect::<Vec<_>>();
        // The page has the names that the throughput gives to the cores.
        let in_latency = in_latency.into_iter().map(|(what, default)| match &*what.value {
            "caller,echo" => (Described { value: "writer,reader".into(), ..what }, default),
            _ => (what, default),
        });
        let in_latency: Vec<_> = in_latency.collect();
        assert_eq!(unlike(&in_both, &in_latency), [""; 0]);
        assert_eq!(unlike(&[both.clone(), throughput.clone()].concat(), &in_throughput), [""; 0]);
        let text = |what: &Described| &both.iter().chain(&throughput).find(|(other, _)| other == what).unwrap().1;
        for (what, default) in in_throughput.iter().filter_map(|(what, default)| Some((what, default.as_ref()?))) {
            assert!(says(text(what), &format!("The default is {default}")), "{what:?}: {default}");
        }
        for (what, default) in in_latency.iter().filter_map(|(what, default)| Some((what, default.as_ref()?))) {
            let (text, own) = (text(what).to_lowercase(), "with latency, the default is ");
            let own = if text.contains(own) { own } else { "the default is " };
            assert!(says(&text, &format!("{own}{}", default.to_lowercase())), "latency, {what:?}: {default}");
        }
        assert_eq!(unknown(PAGE, &args, &args), [""; 0]);
        let forms: Vec<&str> = section(PAGE, "SYNOPSIS").split(".Nm\n").collect();
        assert_eq!(unlike_synopsis(forms[1], &in_throughput), [""; 0]);
        assert!(forms[2].starts_with(".Cm latency\n"), "{forms:?}");
        assert_eq!(unlike_synopsis(forms[2], &in_latency), [""; 0]);
    }

    #[test]
    fn the_manual_page_lists_the_exit_statuses_and_no_others() {
        let error = |kind: std::io::ErrorKind| Error::System("do this", kind.into()).exit_code();
        let refused = Error::Refused(String::new()).exit_code();
        let signal = u32::from(Error::Failure(Failure::Signal(2)).exit_code()) - 2;
        let all = [
            "0".into(),
            error(std::io::ErrorKind::Other).to_string(),
            refused.to_string(),
            format!("{signal} + signal"),
        ];
        assert_eq!(statuses(PAGE), all);
    }
}
