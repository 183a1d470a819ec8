//! The command line: the number of messages, their lengths, and the ring that they go through.

use std::ops::RangeInclusive;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{value_parser, Arg, ArgMatches, Command};
use ipc_ring::{FenceMode, WaitStrategy};

/// Where the ring is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Memory {
    /// On the heap: both sides see it at the same address, as ThreadSanitizer needs, and it has an end that
    /// AddressSanitizer knows.
    Heap,
    /// In a file that each side maps for itself, as two processes would.
    File,
}

const WAYS_TO_WAIT: [(&str, WaitStrategy); 2] = [("spin", WaitStrategy::Spin), ("sleep", WaitStrategy::Sleep)];
const FENCES: [(&str, FenceMode); 2] = [("symmetric", FenceMode::Symmetric), ("asymmetric", FenceMode::Asymmetric)];
const MEMORIES: [(&str, Memory); 2] = [("heap", Memory::Heap), ("file", Memory::File)];

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Args {
    pub messages: u64,
    pub capacity: usize,
    pub lengths: RangeInclusive<usize>,
    pub wait: WaitStrategy,
    pub fences: FenceMode,
    pub memory: Memory,
}

impl Args {
    /// Reads the command line of this process, which ends here if it makes no sense.
    pub fn parse() -> Self {
        Self::of(&command().get_matches())
    }

    fn of(matches: &ArgMatches) -> Self {
        Self {
            messages: value(matches, "messages"),
            capacity: value(matches, "capacity"),
            lengths: value(matches, "shortest")..=value(matches, "longest"),
            wait: value(matches, "wait"),
            fences: value(matches, "fences"),
            memory: value(matches, "memory"),
        }
    }
}

fn command() -> Command {
    let argument = |name, default, help| Arg::new(name).long(name).default_value(default).help(help);
    Command::new("ipc_ring_stress")
        .about("Passes messages through a ring from one thread to another, and checks each")
        .arg(argument("messages", "1000000", "How many").value_parser(value_parser!(u64)))
        .arg(argument("capacity", "4096", "The ring's bytes, a power of two").value_parser(value_parser!(usize)))
        .arg(argument("shortest", "0", "The bytes of the shortest message").value_parser(value_parser!(usize)))
        .arg(argument("longest", "248", "Of the longest, if the ring takes it").value_parser(value_parser!(usize)))
        .arg(argument("wait", "spin", "What both sides do while they wait").value_parser(one_of(WAYS_TO_WAIT)))
        .arg(argument("fences", "symmetric", "What orders a sleep and a wake").value_parser(one_of(FENCES)))
        .arg(argument("memory", "heap", "Where the ring is").value_parser(one_of(MEMORIES)))
}

fn one_of<T: Copy + Send + Sync + 'static>(choices: [(&'static str, T); 2]) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(choices.map(|(name, _)| name));
    names.map(move |chosen| if chosen == choices[0].0 { choices[0].1 } else { choices[1].1 })
}

fn value<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, name: &str) -> T {
    matches.get_one::<T>(name).expect("every argument has a default").clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Args, clap::Error> {
        command().try_get_matches_from(words.split(' ')).map(|matches| Args::of(&matches))
    }

    #[test]
    fn what_is_asked_for_is_understood() {
        command().debug_assert();
        let line =
            "stress --messages 7 --capacity 64 --shortest 3 --longest 9 --wait sleep --fences asymmetric --memory file";
        let args = parsed(line).expect("these are arguments");
        assert_eq!((args.messages, args.capacity, args.lengths), (7, 64, 3..=9));
        assert_eq!((args.wait, args.fences), (WaitStrategy::Sleep, FenceMode::Asymmetric));
        assert_eq!(args.memory, Memory::File);
        let args = parsed("stress").expect("every argument has a default");
        assert_eq!((args.wait, args.fences), (WaitStrategy::Spin, FenceMode::Symmetric));
        assert_eq!((args.memory, args.lengths), (Memory::Heap, 0..=248));
    }

    #[test]
    fn what_is_no_choice_is_refused() {
        for line in ["stress --wait long", "stress --fences none", "stress --memory tape", "stress --messages -1"] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
