//! The scenarios in which peers are compared, and the goals in each, as data.
//!
//! A list of peers is one text, with a space between two names.

use ipc_ring_measure::link::Side;

use crate::goals::Goal;
use crate::peers::{self, Geometry, Pages, Peer};

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
    /// The peers that take part only with rings up to a size, and why.
    pub up_to: &'static [(&'static str, usize, &'static str)],
    /// How many buffers messages are made in, in turn.
    pub buffers: usize,
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
    /// A stream through a new ring.
    New {
        /// How many messages.
        messages: u64,
        /// Which pages are present before the first one.
        pages: Pages,
    },
    /// A stream in which one side has work with each message.
    Slow(Side),
    /// A stream, with both sides on one core.
    OneCore,
    /// A message there and back.
    PingPong,
    /// Nothing.
    Idle,
}

impl Does {
    /// Whether the way between two cores matters.
    pub fn crosses(self) -> bool {
        !matches!(self, Does::OneCore | Does::Idle)
    }

    /// Whether less is better: a time, or a part of a core.
    pub fn less_is_better(self) -> bool {
        matches!(self, Does::PingPong | Does::Idle)
    }
}

impl Scenario {
    /// Whether `peer` takes part with messages and a ring of these sizes.
    pub fn holds(&self, peer: &Peer, at: Geometry) -> bool {
        let is_too_large = |(names, most, _): &(&str, usize, &str)| {
            at.capacity > *most && names.split(' ').any(|name| peers::is_called(peer, name))
        };
        peer.takes(at.size) && !self.up_to.iter().any(is_too_large)
    }

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

/// The sizes of a ring: one that the cache of a core holds, one that several hold, and one that none does.
const RINGS: &[usize] = &[MIB, 4 * MIB, 64 * MIB];

const EVERYONE: &str = "\
    ours ours-batch ours-array ours-in-place ours-in-place-batch ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq \
    shaq-batch que iceoryx2 rtrb rtrb-chunk ringfire ringfire-batch crossbeam pipe unix-socket hand-over";
/// The peers of a stream of smaller messages, with one call for each.
const EACH: &str = "\
    ours ours-in-place ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq iceoryx2 rtrb ringfire crossbeam pipe unix-socket \
    hand-over";
const NOT_EACH: &str = "shaq-batch que rtrb-chunk ringfire-batch";
/// The peers of a stream in batches.
const BATCHES: &str = "ours-batch ours-array ours-in-place-batch shaq-batch que rtrb-chunk ringfire-batch hand-over";
const NOT_BATCHES: &str = "\
    ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq iceoryx2 rtrb ringfire crossbeam pipe unix-socket";
/// The best of each kind.
const BEST: &str = "ours ours-batch ours-array shaq shaq-batch rtrb rtrb-chunk hand-over";
const NOT_BEST: &str = "\
    ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy que iceoryx2 ringfire ringfire-batch crossbeam pipe unix-socket";
const LARGE: &str = "\
    ours ours-in-place ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq shaq-batch que iceoryx2 rtrb rtrb-chunk ringfire \
    ringfire-batch crossbeam pipe unix-socket hand-over";
/// The peers that can have a new ring of 64 MiB.
const NEW: &str = "\
    ours ours-batch ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq shaq-batch que iceoryx2 rtrb rtrb-chunk ringfire \
    ringfire-batch crossbeam hand-over";
/// The peers of a stream in which one side is slow.
const ONE_IS_SLOW: &str =
    "ours ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq iceoryx2 rtrb ringfire crossbeam pipe unix-socket alone";
const NO_BATCHES: (&str, &str) = (NOT_EACH, "with work for each message, a batch would come too late");
const ALL_PEERS: &str = "\
    ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy shaq shaq-batch que iceoryx2 rtrb rtrb-chunk ringfire ringfire-batch \
    crossbeam pipe unix-socket";

const IPMPSC: &str = "ipmpsc ipmpsc-zero-copy";
const PUBLISHED: &str = "ipc_ring-0.2.1";
const PER_MESSAGE: &str = "shaq rtrb";
const BATCHING: &str = "que shaq-batch rtrb-chunk ringfire-batch";

const IN_BATCHES: &str = "their batches are in the scenario of that name";
const ONE_BY_ONE: &str = "they are measured with one call for each message, in the scenario without `-batch`";
const HELD: (&str, usize, &str) = ("pipe unix-socket", MIB, "they hold no more");
const SLOW: &str = "ipc_ring-0.2.1 ipmpsc ipmpsc-zero-copy iceoryx2 crossbeam shaq ringfire ringfire-batch";
const TOO_LONG: &str = "a larger ring takes them seconds to go round";
const NEVER_SLEEPS: &str = "they leave waiting to the caller, who can only poll";
const POLLING: &str = "shaq shaq-batch que iceoryx2 rtrb rtrb-chunk ringfire ringfire-batch";
const BETTER_PER_MESSAGE: &str = "the better of shaq and rtrb, per message";
const BEST_BATCHING: &str = "the best peer with batches";
const BARE: &str = "the best bare hand-over";
const HAND_OVER: Goal = Goal::rate(0.9, BARE, "hand-over");
const SLOWER_SIDE: Goal = Goal::rate(0.8, "the slower side alone", "alone");

/// The defaults of a scenario.
const USUAL: Scenario = Scenario {
    name: "",
    about: "",
    does: Does::Stream,
    sizes: &[256],
    capacities: &[MIB],
    peers: EVERYONE,
    up_to: &[],
    buffers: 1,
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
    "256B": "Messages of 256 bytes, one push and one pop for each; also in batches of 64" {
        capacities: RINGS,
        up_to: &[HELD, (SLOW, 4 * MIB, TOO_LONG)],
        goals: &[
            Goal::rate(30.0, "ipmpsc", IPMPSC).at(4 * MIB),
            Goal::rate(45.0, "ipc_ring 0.2.1", PUBLISHED).at(4 * MIB),
            Goal::rate(2.5, BETTER_PER_MESSAGE, PER_MESSAGE).at(4 * MIB).beside("crossbeam"),
            Goal::rate(0.75, BEST_BATCHING, BATCHING).at(4 * MIB),
            Goal::rate(2.2, BETTER_PER_MESSAGE, PER_MESSAGE).at(MIB).beside("crossbeam"),
            Goal::rate(1.0, BEST_BATCHING, BATCHING).at(MIB),
        ],
    }
    "256B-batch": "Messages of 256 bytes, in batches of 64" {
        capacities: RINGS, peers: BATCHES, up_to: &[("ringfire-batch", 4 * MIB, TOO_LONG)],
        without: &[(NOT_BATCHES, ONE_BY_ONE)],
        goals: &[
            Goal::rate(1.0, BEST_BATCHING, BATCHING).at(4 * MIB),
            Goal::rate(1.3, BEST_BATCHING, BATCHING).of("ours-in-place-batch").at(4 * MIB),
        ],
    }
    "256B-rotating": "Messages of 256 bytes, made in 16 buffers in turn, one by one and in batches of 64" {
        capacities: &[MIB, 4 * MIB], buffers: 16, peers: BEST, without: &[(NOT_BEST, "only the best take part")],
    }
    "256B-new":
        "A million messages of 256 bytes through a ring of 64 MiB that is new in each round; all pages are present" {
        does: Does::New { messages: 1_000_000, pages: Pages::Present }, capacities: &[64 * MIB], peers: NEW,
        without: &[("pipe unix-socket", "they cannot hold 64 MiB")],
        goals: &[Goal::rate(20.6, "ipmpsc", IPMPSC), Goal::rate(0.95, BARE, "hand-over")],
    }
    "256B-new-absent":
        "A million messages of 256 bytes through a ring of 64 MiB that is new in each round; no page is present" {
        does: Does::New { messages: 1_000_000, pages: Pages::Absent }, capacities: &[64 * MIB], peers: NEW,
        without: &[("pipe unix-socket", "they cannot hold 64 MiB")],
        goals: &[Goal::rate(20.6, "ipmpsc", IPMPSC), Goal::rate(0.95, BARE, "hand-over")],
    }
    "8B": "Messages of 8 bytes, one push and one pop for each" {
        sizes: &[8], capacities: RINGS, peers: EACH,
        up_to: &[HELD, (SLOW, MIB, TOO_LONG)], without: &[(NOT_EACH, IN_BATCHES)],
        goals: &[Goal::rate(1.2, "rtrb", "rtrb").at(MIB), Goal::rate(1.2, "rtrb", "rtrb").at(4 * MIB)],
    }
    "8B-batch": "Messages of 8 bytes, in batches of 64" {
        sizes: &[8], capacities: RINGS, peers: BATCHES, up_to: &[("ringfire-batch", 4 * MIB, TOO_LONG)],
        without: &[(NOT_BATCHES, ONE_BY_ONE)],
        goals: &[
            Goal::rate(1.0, BEST_BATCHING, BATCHING).of("ours-array").at(MIB),
            Goal::rate(1.0, BEST_BATCHING, BATCHING).of("ours-array").at(4 * MIB),
        ],
    }
    "64B": "Messages of 64 bytes, one push and one pop for each" {
        sizes: &[64], capacities: RINGS, peers: EACH,
        up_to: &[HELD, (SLOW, MIB, TOO_LONG)], without: &[(NOT_EACH, IN_BATCHES)],
        goals: &[Goal::rate(2.5, "rtrb", "rtrb").at(MIB), Goal::rate(2.5, "rtrb", "rtrb").at(4 * MIB)],
    }
    "64B-batch": "Messages of 64 bytes, in batches of 64" {
        sizes: &[64], capacities: RINGS, peers: BATCHES, up_to: &[("ringfire-batch", 4 * MIB, TOO_LONG)],
        without: &[(NOT_BATCHES, ONE_BY_ONE)],
    }
    "64B-rotating": "Messages of 64 bytes, made in 16 buffers in turn, one by one and in batches of 64" {
        sizes: &[64], capacities: &[MIB, 4 * MIB], buffers: 16, peers: BEST,
        without: &[(NOT_BEST, "only the best take part")],
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
            "shaq shaq-batch que rtrb rtrb-chunk ringfire ringfire-batch crossbeam",
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
        peers: "ours-spin ours ipc_ring-0.2.1 ipmpsc shaq que iceoryx2 rtrb ringfire crossbeam cache-line",
        without: &[
            ("shaq-batch rtrb-chunk ringfire-batch ipmpsc-zero-copy", "there is no batch and no copy to save here"),
            ("pipe unix-socket", "they sleep: see `pingpong-sleep`"),
        ],
        goals: &[Goal::median("ours-spin", 1.5, "the bare cache line", "cache-line")],
    }
    "pingpong-sleep": "64 bytes there and back; each side sleeps as soon as it waits" {
        does: Does::PingPong, sizes: &[64], capacities: &[64 * KIB],
        peers: "ours-sleep ours-sleep-symmetric ipc_ring-0.2.1 ipmpsc pipe unix-socket futex",
        without: &[
            ("shaq shaq-batch crossbeam", "they stay awake for a while first, so they would not sleep here"),
            ("que iceoryx2 rtrb rtrb-chunk ringfire ringfire-batch", NEVER_SLEEPS),
            ("ipmpsc-zero-copy", "there is no copy to save here"),
        ],
        goals: &[
            Goal::median("ours-sleep", 1.1, "the bare futex", "futex"),
            Goal::median("ours-sleep", 1.0, "the pipe", "pipe"),
            Goal::median("ours-sleep-symmetric", 1.1, "the bare futex", "futex"),
            Goal::median("ours-sleep-symmetric", 1.0, "the pipe", "pipe"),
        ],
    }
    "idle": "One side waits for space and the other for a message, for 10 s" {
        does: Does::Idle, capacities: &[64 * KIB], peers: "ours ipc_ring-0.2.1 ipmpsc pipe unix-socket",
        without: &[
            (POLLING, NEVER_SLEEPS),
            ("ipmpsc-zero-copy", "it waits as `ipmpsc` does"),
            ("crossbeam", "its two sides are one process, whose clock counts both"),
        ],
        goals: &[Goal::Idle { percent: 0.1 }],
    }
    "one-core": "Messages of 256 bytes through a ring of 1 MiB, both sides on one core" {
        does: Does::OneCore, peers: "ours ours-batch ipc_ring-0.2.1 ipmpsc crossbeam pipe unix-socket",
        without: &[(POLLING, NEVER_SLEEPS), ("ipmpsc-zero-copy", "it waits as `ipmpsc` does")],
        goals: &[Goal::rate(20.0, "the pipe", "pipe")],
    }
    "capacity": "Ours and the limit: messages of 256 bytes through rings of several sizes" {
        capacities: &[64 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB, 64 * MIB, 256 * MIB, 1 << 30],
        peers: "ours hand-over", without: &[(ALL_PEERS, "this is about ours and the limit")],
        goals: &[Goal::AtEach { factor: 0.8, called: BARE, of: "hand-over" }],
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
            let limits = scenario.up_to.iter().flat_map(|(names, ..)| names.split(' '));
            for name in scenario.peers().chain(scenario.ours().split(' ')).chain(limits) {
                assert!(peers::called(name).next().is_some(), "{name} in {}", scenario.name);
            }
            for peer in scenario.peers().flat_map(peers::called) {
                assert!(scenario.geometries().all(|geometry| peer.takes(geometry.size)), "{}", peer.name);
            }
            assert_eq!(peers::named(scenario.ours()).map(|peer| peer.kind), Some(Kind::Ours), "{}", scenario.name);
        }
    }

    #[test]
    fn whoever_a_goal_is_about_takes_part_where_it_is_about() {
        for scenario in SCENARIOS {
            for (name, capacity) in scenario.goals.iter().flat_map(Goal::names) {
                let takes_part = |at: Geometry| {
                    let here = |peer: &Peer| scenario.holds(peer, at);
                    at.capacity == capacity.unwrap_or(at.capacity) && peers::called(name).any(here)
                };
                assert!(scenario.peers().any(|peer| peer == name), "{name} in {}", scenario.name);
                assert!(scenario.geometries().any(takes_part), "{name} in {}", scenario.name);
            }
        }
    }
}
