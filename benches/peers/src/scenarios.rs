//! The scenarios in which peers are compared, and the goals in each, as data.
//!
//! A list of peers is one text, with a space between two names.

use ipc_ring_measure::link::Side;

use crate::goals::Goal;
use crate::peers::Geometry;

/// A situation in which peers are compared.
#[derive(Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// A description of one line.
    pub about: &'static str,
    /// What both sides do.
    pub does: Does,
    /// The sizes of messages; each makes a row for each peer.
    pub sizes: &'static [usize],
    /// The sizes of rings; each makes a row for each peer, too.
    pub capacities: &'static [usize],
    /// The peers that take part, in the order of the table. Ratios compare with the first.
    pub peers: &'static str,
    /// The peers that do not take part, and why.
    pub without: &'static [(&'static str, &'static str)],
    /// The goals of ours.
    pub goals: &'static [Goal],
}

/// What the two sides of a peer do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Does {
    /// A stream of messages through a ring that is in use.
    Stream,
    /// A stream of this many messages through a new ring.
    New(u64),
    /// A stream in which one side has work with each message.
    Slow(Side),
    /// A stream, with both sides on one core.
    OneCore,
    /// A message there and back.
    PingPong,
    /// Nothing.
    Idle,
}

impl Scenario {
    /// Returns the names of the peers that take part.
    pub fn peers(&self) -> impl Iterator<Item = &'static str> {
        self.peers.split(' ')
    }

    /// Returns the name of the peer that ratios compare with.
    pub fn ours(&self) -> &'static str {
        self.peers().next().unwrap_or_default()
    }

    /// Returns the file name of its picture.
    pub fn picture(&self) -> String {
        format!("{}.svg", self.name)
    }

    /// Returns all pairs of a message size and a ring size.
    pub fn geometries(&self) -> impl Iterator<Item = Geometry> + Clone {
        let of_size = |&size: &usize| self.capacities.iter().map(move |&capacity| Geometry { size, capacity });
        self.sizes.iter().flat_map(of_size)
    }
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// The peers of a stream of small messages, with one call for each message.
const EVERYONE: &str = "\
    ours ours-batch ours-in-place ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq shaq-batch que \
    iceoryx2 rtrb crossbeam pipe unix-socket hand-over";
const LARGE: &str = "\
    ours ours-in-place ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq shaq-batch que iceoryx2 rtrb \
    crossbeam pipe unix-socket hand-over";
/// The peers that can have a new ring of 64 MiB.
const NEW: &str = "\
    ours ours-batch ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq shaq-batch que iceoryx2 rtrb crossbeam hand-over";
/// The peers of a stream in which one side is slow.
const ONE_IS_SLOW: &str =
    "ours ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq iceoryx2 rtrb crossbeam pipe unix-socket alone";
const NO_BATCHES: (&str, &str) = ("shaq-batch que", "with work for each message, a batch would come too late");
const ALL_PEERS: &str = "\
    ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq shaq-batch que iceoryx2 rtrb crossbeam pipe \
    unix-socket";

const IPMPSC: &str = "ipmpsc ipmpsc-zero-copy";
const PUBLISHED: &str = "ipc_ring-0.2.1";
const PER_MESSAGE: &str = "shaq rtrb";
const BATCHING: &str = "que shaq-batch";

const NEVER_SLEEPS: &str = "they leave waiting to the caller, who can only poll";
const BEST_PER_MESSAGE: &str = "the best peer with one call for each message";
const BEST_BATCHING: &str = "the best peer with batches";
const HAND_OVER: Goal = Goal::rate(0.8, "the bare hand-over", "hand-over");
const SLOWER_SIDE: Goal = Goal::rate(0.8, "the slower side alone", "alone");

/// The defaults of a scenario.
const USUAL: Scenario = Scenario {
    name: "",
    about: "",
    does: Does::Stream,
    sizes: &[256],
    capacities: &[MIB],
    peers: EVERYONE,
    without: &[],
    goals: &[],
};

macro_rules! scenarios {
    ($($name:literal: $about:literal { $($field:ident: $value:expr),* $(,)? })*) => {
        /// All of them, in the order in which they are run.
        #[allow(clippy::needless_update)] // Some say everything.
        pub const SCENARIOS: &[Scenario] =
            &[$(Scenario { name: $name, about: $about, $($field: $value,)* ..USUAL }),*];
    };
}

scenarios! {
    "256B": "Messages of 256 bytes through a ring of 1 MiB, one push and one pop for each" {
        goals: &[
            Goal::rate(20.0, "ipmpsc", IPMPSC),
            Goal::rate(35.0, "ipc_ring 0.2.1", PUBLISHED),
            Goal::rate(2.5, BEST_PER_MESSAGE, PER_MESSAGE),
            Goal::rate(0.9, BEST_BATCHING, BATCHING),
        ],
    }
    "256B-batch": "Messages of 256 bytes through a ring of 1 MiB, in batches of 64" {
        peers: "ours-batch shaq-batch que hand-over",
        without: &[(
            "ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq iceoryx2 rtrb crossbeam pipe unix-socket",
            "they are measured with one call for each message: see `256B`",
        )],
        goals: &[Goal::rate(1.1, BEST_BATCHING, BATCHING), Goal::rate(0.9, "the bare hand-over", "hand-over")],
    }
    "256B-new":
        "A million messages of 256 bytes through a ring of 64 MiB that is new in each round; the first counts too" {
        does: Does::New(1_000_000), capacities: &[64 * MIB], peers: NEW,
        without: &[("pipe unix-socket", "they cannot hold 64 MiB")],
        goals: &[Goal::rate(20.0, "ipmpsc", IPMPSC), Goal::rate(20.0, "ipc_ring 0.2.1", PUBLISHED)],
    }
    "8B": "Messages of 8 bytes through a ring of 1 MiB" {
        sizes: &[8], goals: &[Goal::rate(2.0, BEST_PER_MESSAGE, PER_MESSAGE)],
    }
    "64B": "Messages of 64 bytes through a ring of 1 MiB" {
        sizes: &[64], goals: &[Goal::rate(2.0, BEST_PER_MESSAGE, PER_MESSAGE)],
    }
    "4KiB": "Messages of 4 KiB through a ring of 4 MiB" {
        sizes: &[4 * KIB], capacities: &[4 * MIB], peers: LARGE, goals: &[HAND_OVER],
    }
    "64KiB": "Messages of 64 KiB through a ring of 4 MiB" {
        sizes: &[64 * KIB], capacities: &[4 * MIB], peers: LARGE, goals: &[HAND_OVER],
    }
    "1MiB": "Messages of 1 MiB through a ring of 4 MiB" {
        sizes: &[MIB], capacities: &[4 * MIB],
        peers: "ours ours-in-place ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy iceoryx2 pipe unix-socket hand-over",
        without: &[(
            "shaq shaq-batch que rtrb crossbeam",
            "they pass values, and 1 MiB is too large a value for the stack",
        )],
        goals: &[HAND_OVER],
    }
    "sizes": "Ours alone: messages of several sizes through a ring of 4 MiB" {
        sizes: &[256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB], capacities: &[4 * MIB], peers: "ours",
        without: &[(ALL_PEERS, "this is about ours alone")], goals: &[Goal::NoSizeSlower],
    }
    "slow-reader":
        "Messages of 256 bytes through a ring of 1 MiB that is always full: the reader works 100 ns on each" {
        does: Does::Slow(Side::Receiver), peers: ONE_IS_SLOW, without: &[NO_BATCHES], goals: &[SLOWER_SIDE],
    }
    "slow-writer":
        "Messages of 256 bytes through a ring of 1 MiB that is always empty: the writer works 100 ns on each" {
        does: Does::Slow(Side::Sender), peers: ONE_IS_SLOW, without: &[NO_BATCHES], goals: &[SLOWER_SIDE],
    }
    "pingpong": "64 bytes there and back, both sides awake" {
        does: Does::PingPong, sizes: &[64], capacities: &[64 * KIB],
        peers: "ours-spin ours ipc_ring-0.2.1 ipmpsc shaq que iceoryx2 rtrb crossbeam cache-line",
        without: &[
            ("shaq-batch ipmpsc-zero-copy", "there is no batch and no copy to save here"),
            ("pipe unix-socket", "they sleep: see `pingpong-sleep`"),
        ],
        goals: &[Goal::median("ours-spin", 1.3, "the bare cache line", "cache-line")],
    }
    "pingpong-sleep": "64 bytes there and back; each side sleeps as soon as it waits" {
        does: Does::PingPong, sizes: &[64], capacities: &[64 * KIB],
        peers: "ours-sleep ours-sleep-symmetric ipc_ring-0.2.1 ipmpsc pipe unix-socket futex",
        without: &[
            ("shaq shaq-batch crossbeam", "they stay awake for a while first, so they would not sleep here"),
            ("que iceoryx2 rtrb", NEVER_SLEEPS),
            ("ipmpsc-zero-copy", "there is no copy to save here"),
        ],
        goals: &[
            Goal::median("ours-sleep", 1.3, "the bare futex", "futex"),
            Goal::median("ours-sleep", 1.0, "the pipe", "pipe"),
            Goal::median("ours-sleep-symmetric", 1.3, "the bare futex", "futex"),
            Goal::median("ours-sleep-symmetric", 1.0, "the pipe", "pipe"),
        ],
    }
    "idle": "One side waits for space and the other for a message, for 10 s" {
        does: Does::Idle, capacities: &[64 * KIB], peers: "ours ipc_ring-0.2.1 ipmpsc pipe unix-socket",
        without: &[
            ("shaq shaq-batch que iceoryx2 rtrb", NEVER_SLEEPS),
            ("ipmpsc-zero-copy", "it waits as `ipmpsc` does"),
            ("crossbeam", "its two sides are one process, whose clock counts both"),
        ],
        goals: &[Goal::Idle { percent: 0.1 }],
    }
    "one-core": "Messages of 256 bytes through a ring of 1 MiB, both sides on one core" {
        does: Does::OneCore, peers: "ours ours-batch ipc_ring-0.2.1 ipmpsc crossbeam pipe unix-socket",
        without: &[
            ("shaq shaq-batch que iceoryx2 rtrb", NEVER_SLEEPS),
            ("ipmpsc-zero-copy", "it waits as `ipmpsc` does"),
        ],
        goals: &[Goal::rate(1.0, "the pipe", "pipe")],
    }
    "capacity": "Ours alone: messages of 256 bytes through rings of several sizes" {
        capacities: &[64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB, 64 * MIB, 256 * MIB, 1 << 30], peers: "ours",
        without: &[(ALL_PEERS, "this is about ours alone")], goals: &[Goal::NearTheBest { factor: 2.0 }],
    }
}

/// The scenario of this name.
#[cfg(test)]
pub fn named(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::{self, Kind, PEERS};

    #[test]
    fn every_peer_takes_part_or_it_is_said_why_not() {
        for scenario in SCENARIOS {
            let without: Vec<&str> = scenario.without.iter().flat_map(|(names, _)| names.split(' ')).collect();
            for peer in PEERS.iter().filter(|peer| peer.kind == Kind::Peer) {
                let takes_part = scenario.peers().any(|name| name == peer.name);
                assert_ne!(takes_part, without.contains(&peer.name), "{} in {}", peer.name, scenario.name);
            }
        }
    }

    #[test]
    fn whoever_takes_part_exists_and_is_built_for_it() {
        for scenario in SCENARIOS {
            for name in scenario.peers() {
                let peer = peers::named(name).unwrap_or_else(|| panic!("{name} in {}", scenario.name));
                assert!(scenario.geometries().all(|geometry| peer.takes(geometry.size)), "{name}");
            }
            assert_eq!(peers::named(scenario.ours()).map(|peer| peer.kind), Some(Kind::Ours), "{}", scenario.name);
        }
    }

    #[test]
    fn whoever_a_goal_is_about_takes_part() {
        for scenario in SCENARIOS {
            for name in scenario.goals.iter().flat_map(Goal::names) {
                assert!(scenario.peers().any(|peer| peer == name), "{name} in {}", scenario.name);
            }
        }
    }
}
