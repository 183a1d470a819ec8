//! All scenarios, and what ours should come to in each.

use crate::goals::Goal;
use crate::link::{Geometry, Side};
use crate::scenario::{Does, Scenario};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

const fn geometry(size: usize, capacity: usize) -> Geometry {
    Geometry { size, capacity }
}

/// Who takes part in a stream of small messages, when each is passed by a call of its own.
const EVERYONE: &[&str] = &[
    "ours",
    "ours-batch",
    "ours-in-place",
    "ipc_ring-0.2.1",
    "ipmpsc",
    "ipmpsc-zero-copy",
    "shaq",
    "shaq-batch",
    "que",
    "iceoryx2",
    "rtrb",
    "crossbeam",
    "pipe",
    "unix-socket",
    "hand-over",
];

const LARGE: &[&str] = &[
    "ours",
    "ours-in-place",
    "ipc_ring-0.2.1",
    "ipmpsc",
    "ipmpsc-zero-copy",
    "shaq",
    "shaq-batch",
    "que",
    "iceoryx2",
    "rtrb",
    "crossbeam",
    "pipe",
    "unix-socket",
    "hand-over",
];

/// Who takes part where one side is slow.
const ONE_IS_SLOW: &[&str] = &[
    "ours",
    "ipc_ring-0.2.1",
    "ipmpsc",
    "ipmpsc-zero-copy",
    "shaq",
    "iceoryx2",
    "rtrb",
    "crossbeam",
    "pipe",
    "unix-socket",
    "alone",
];
const NO_BATCHES: (&[&str], &str) = (&["shaq-batch", "que"], "where each message has its work, batches come too late");

const IPMPSC: &[&str] = &["ipmpsc", "ipmpsc-zero-copy"];
const PUBLISHED: &[&str] = &["ipc_ring-0.2.1"];
const PER_MESSAGE: &[&str] = &["shaq", "rtrb"];
const BATCHING: &[&str] = &["que", "shaq-batch"];

const NEVER_SLEEPS: &str = "they leave waiting to their caller, who can only poll";
const BEST_PER_MESSAGE: &str = "the best peer with a call a message";
const BEST_BATCHING: &str = "the best peer with batches";
const HAND_OVER: Goal = Goal::rate(0.8, "the bare hand-over", &["hand-over"]);
const SLOWER_SIDE: Goal = Goal::rate(0.8, "the slower side alone", &["alone"]);

/// All of them, in the order in which they are run.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "256B",
        about: "256 bytes a message, a ring of 1 MiB, one push and one pop a message",
        does: Does::Stream,
        geometries: &[geometry(256, MIB)],
        peers: EVERYONE,
        without: &[],
        goals: &[
            Goal::rate(20.0, "ipmpsc", IPMPSC),
            Goal::rate(35.0, "ipc_ring 0.2.1", PUBLISHED),
            Goal::rate(2.5, BEST_PER_MESSAGE, PER_MESSAGE),
            Goal::rate(0.9, BEST_BATCHING, BATCHING),
        ],
    },
    Scenario {
        name: "256B-batch",
        about: "256 bytes a message, a ring of 1 MiB, 64 messages a batch",
        does: Does::Stream,
        geometries: &[geometry(256, MIB)],
        peers: &["ours-batch", "shaq-batch", "que", "hand-over"],
        without: &[(
            &[
                "ipc_ring-0.2.1",
                "ipmpsc",
                "ipmpsc-zero-copy",
                "shaq",
                "iceoryx2",
                "rtrb",
                "crossbeam",
                "pipe",
                "unix-socket",
            ],
            "measured with a call a message, see `256B`",
        )],
        goals: &[Goal::rate(1.1, BEST_BATCHING, BATCHING), Goal::rate(0.9, "the bare hand-over", &["hand-over"])],
    },
    Scenario {
        name: "256B-new",
        about:
            "256 bytes a message, a ring of 64 MiB that is new in every round, 1,000,000 messages of which the first \
                counts too",
        does: Does::New(1_000_000),
        geometries: &[geometry(256, 64 * MIB)],
        peers: &[
            "ours",
            "ours-batch",
            "ipc_ring-0.2.1",
            "ipmpsc",
            "ipmpsc-zero-copy",
            "shaq",
            "shaq-batch",
            "que",
            "iceoryx2",
            "rtrb",
            "crossbeam",
            "hand-over",
        ],
        without: &[(&["pipe", "unix-socket"], "they have no 64 MiB")],
        goals: &[Goal::rate(20.0, "ipmpsc", IPMPSC), Goal::rate(20.0, "ipc_ring 0.2.1", PUBLISHED)],
    },
    Scenario {
        name: "8B",
        about: "8 bytes a message, a ring of 1 MiB",
        does: Does::Stream,
        geometries: &[geometry(8, MIB)],
        peers: EVERYONE,
        without: &[],
        goals: &[Goal::rate(2.0, BEST_PER_MESSAGE, PER_MESSAGE)],
    },
    Scenario {
        name: "64B",
        about: "64 bytes a message, a ring of 1 MiB",
        does: Does::Stream,
        geometries: &[geometry(64, MIB)],
        peers: EVERYONE,
        without: &[],
        goals: &[Goal::rate(2.0, BEST_PER_MESSAGE, PER_MESSAGE)],
    },
    Scenario {
        name: "4KiB",
        about: "4 KiB a message, a ring of 4 MiB",
        does: Does::Stream,
        geometries: &[geometry(4 * KIB, 4 * MIB)],
        peers: LARGE,
        without: &[],
        goals: &[HAND_OVER],
    },
    Scenario {
        name: "64KiB",
        about: "64 KiB a message, a ring of 4 MiB",
        does: Does::Stream,
        geometries: &[geometry(64 * KIB, 4 * MIB)],
        peers: LARGE,
        without: &[],
        goals: &[HAND_OVER],
    },
    Scenario {
        name: "1MiB",
        about: "1 MiB a message, a ring of 4 MiB",
        does: Does::Stream,
        geometries: &[geometry(MIB, 4 * MIB)],
        peers: &[
            "ours",
            "ours-in-place",
            "ipc_ring-0.2.1",
            "ipmpsc",
            "ipmpsc-zero-copy",
            "iceoryx2",
            "pipe",
            "unix-socket",
            "hand-over",
        ],
        without: &[(
            &["shaq", "shaq-batch", "que", "rtrb", "crossbeam"],
            "they pass values, and 1 MiB is not a value that one has on the stack",
        )],
        goals: &[HAND_OVER],
    },
    Scenario {
        name: "sizes",
        about: "Ours, a ring of 4 MiB, messages of all sizes",
        does: Does::Stream,
        geometries: &[
            geometry(256, 4 * MIB),
            geometry(KIB, 4 * MIB),
            geometry(4 * KIB, 4 * MIB),
            geometry(16 * KIB, 4 * MIB),
            geometry(64 * KIB, 4 * MIB),
            geometry(256 * KIB, 4 * MIB),
            geometry(MIB, 4 * MIB),
        ],
        peers: &["ours"],
        without: &[(ALL_PEERS, "this asks about ours alone")],
        goals: &[Goal::NoSizeSlower],
    },
    Scenario {
        name: "slow-reader",
        about: "256 bytes a message, a ring of 1 MiB that is always full: the reader works 100 ns on each message",
        does: Does::Slow(Side::Receiver),
        geometries: &[geometry(256, MIB)],
        peers: ONE_IS_SLOW,
        without: &[NO_BATCHES],
        goals: &[SLOWER_SIDE],
    },
    Scenario {
        name: "slow-writer",
        about: "256 bytes a message, a ring of 1 MiB that is always empty: the writer works 100 ns on each message",
        does: Does::Slow(Side::Sender),
        geometries: &[geometry(256, MIB)],
        peers: ONE_IS_SLOW,
        without: &[NO_BATCHES],
        goals: &[SLOWER_SIDE],
    },
    Scenario {
        name: "pingpong",
        about: "64 bytes forth and back, both sides awake",
        does: Does::PingPong,
        geometries: &[geometry(64, 64 * KIB)],
        peers: &[
            "ours-spin",
            "ours",
            "ipc_ring-0.2.1",
            "ipmpsc",
            "shaq",
            "que",
            "iceoryx2",
            "rtrb",
            "crossbeam",
            "cache-line",
        ],
        without: &[
            (&["shaq-batch", "ipmpsc-zero-copy"], "there are no batches and no copies to save here"),
            (&["pipe", "unix-socket"], "they sleep, see `pingpong-sleep`"),
        ],
        goals: &[Goal::median("ours-spin", 1.3, "the bare cache line", "cache-line")],
    },
    Scenario {
        name: "pingpong-sleep",
        about: "64 bytes forth and back, both sides asleep as soon as they wait",
        does: Does::PingPong,
        geometries: &[geometry(64, 64 * KIB)],
        peers: &["ours-sleep", "ours-sleep-symmetric", "ipc_ring-0.2.1", "ipmpsc", "pipe", "unix-socket", "futex"],
        without: &[
            (&["shaq", "shaq-batch", "crossbeam"], "they stay awake for a while first, and would not sleep here"),
            (&["que", "iceoryx2", "rtrb"], NEVER_SLEEPS),
            (&["ipmpsc-zero-copy"], "there are no copies to save here"),
        ],
        goals: &[
            Goal::median("ours-sleep", 1.3, "the bare futex", "futex"),
            Goal::median("ours-sleep", 1.0, "the pipe", "pipe"),
            Goal::median("ours-sleep-symmetric", 1.3, "the bare futex", "futex"),
            Goal::median("ours-sleep-symmetric", 1.0, "the pipe", "pipe"),
        ],
    },
    Scenario {
        name: "idle",
        about: "One side waits for room and the other for a message, for 10 s",
        does: Does::Idle,
        geometries: &[geometry(256, 64 * KIB)],
        peers: &["ours", "ipc_ring-0.2.1", "ipmpsc", "pipe", "unix-socket"],
        without: &[
            (&["shaq", "shaq-batch", "que", "iceoryx2", "rtrb"], NEVER_SLEEPS),
            (&["ipmpsc-zero-copy"], "it waits as `ipmpsc` does"),
            (&["crossbeam"], "its two sides are one process, which has one clock"),
        ],
        goals: &[Goal::Idle { percent: 0.1 }],
    },
    Scenario {
        name: "one-core",
        about: "256 bytes a message, a ring of 1 MiB, both sides on one core",
        does: Does::OneCore,
        geometries: &[geometry(256, MIB)],
        peers: &["ours", "ours-batch", "ipc_ring-0.2.1", "ipmpsc", "crossbeam", "pipe", "unix-socket"],
        without: &[
            (&["shaq", "shaq-batch", "que", "iceoryx2", "rtrb"], NEVER_SLEEPS),
            (&["ipmpsc-zero-copy"], "it waits as `ipmpsc` does"),
        ],
        goals: &[Goal::rate(1.0, "the pipe", &["pipe"])],
    },
    Scenario {
        name: "capacity",
        about: "Ours, 256 bytes a message, rings of all sizes",
        does: Does::Stream,
        geometries: &[
            geometry(256, 64 * KIB),
            geometry(256, 256 * KIB),
            geometry(256, MIB),
            geometry(256, 4 * MIB),
            geometry(256, 16 * MIB),
            geometry(256, 64 * MIB),
            geometry(256, 256 * MIB),
            geometry(256, GIB),
        ],
        peers: &["ours"],
        without: &[(ALL_PEERS, "this asks about ours alone")],
        goals: &[Goal::NearTheBest { factor: 2.0 }],
    },
];

const ALL_PEERS: &[&str] = &[
    "ipc_ring-0.2.1",
    "ipmpsc",
    "ipmpsc-zero-copy",
    "shaq",
    "shaq-batch",
    "que",
    "iceoryx2",
    "rtrb",
    "crossbeam",
    "pipe",
    "unix-socket",
];

/// The scenario of this name.
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
            let without: Vec<&str> = scenario.without.iter().flat_map(|(names, _)| *names).copied().collect();
            for peer in PEERS.iter().filter(|peer| peer.kind == Kind::Peer) {
                let takes_part = scenario.peers.contains(&peer.name);
                assert_ne!(takes_part, without.contains(&peer.name), "{} in {}", peer.name, scenario.name);
            }
        }
    }

    #[test]
    fn whoever_takes_part_exists_and_is_built_for_it() {
        for scenario in SCENARIOS {
            for name in scenario.peers {
                let peer = peers::named(name).unwrap_or_else(|| panic!("{name} in {}", scenario.name));
                assert!(scenario.geometries.iter().all(|geometry| peer.takes(geometry.size)), "{name}");
            }
            assert_eq!(peers::named(scenario.ours()).map(|peer| peer.kind), Some(Kind::Ours), "{}", scenario.name);
        }
    }

    #[test]
    fn whoever_a_goal_is_about_takes_part() {
        for scenario in SCENARIOS {
            for name in scenario.goals.iter().flat_map(Goal::names) {
                assert!(scenario.peers.contains(&name), "{name} in {}", scenario.name);
            }
        }
    }
}
