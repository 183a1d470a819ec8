//! The result of a scenario: rows of samples, and the figures taken from them.

use ipc_ring_measure::job::Lap;
use ipc_ring_measure::statistics::Summary;
use ipc_ring_measure::times::Times;

use crate::peers::{Geometry, Peer};
use crate::scenarios::{Does, Scenario};

/// The result of a scenario.
#[derive(Debug)]
pub struct Measured {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// One row for each peer and geometry.
    pub rows: Vec<Row>,
}

/// The result of one peer at one geometry.
#[derive(Debug)]
pub struct Row {
    /// The peer.
    pub peer: &'static Peer,
    /// The sizes of the messages and of the ring.
    pub geometry: Geometry,
    /// How many messages a round has.
    pub messages: u64,
    /// The results of the rounds that went well.
    pub samples: Vec<Sample>,
    /// The errors of the other rounds.
    pub failures: Vec<String>,
}

/// The result of a round.
#[derive(Clone, PartialEq, Debug)]
pub enum Sample {
    /// A stream or a ping-pong, as the side with the clock reports it.
    Passed {
        /// How many messages were passed in all.
        passed: u64,
        /// How many of them the clock counted, and how long these took.
        lap: Lap,
        /// How long each round trip took, in a ping-pong.
        times: Option<Times>,
    },
    /// Two idle sides: the part of a core that each used.
    Idle([f64; 2]),
}

/// The quantiles of the round trips that are reported.
pub const PARTS: [f64; 3] = [0.5, 0.99, 0.999];

impl Measured {
    /// Returns the first row of the peer `name`.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.peer.name == name)
    }

    /// Returns the label of a row: its peer, and the size if rows differ in it.
    pub fn label(&self, row: &Row) -> String {
        let (name, Geometry { size, capacity }) = (row.peer.name, row.geometry);
        match self.scenario {
            Scenario { sizes: [_, _, ..], .. } => format!("{name}, {}", in_bytes(size)),
            Scenario { capacities: [_, _, ..], .. } => format!("{name}, {}", in_bytes(capacity)),
            _ => name.into(),
        }
    }

    /// Returns the main figure of a row.
    ///
    /// It is messages per second, the median round trip in nanoseconds, or the part of a core that the busier side
    /// uses.
    pub fn headline(&self, row: &Row) -> Option<Summary> {
        match self.scenario.does {
            Does::PingPong => row.latency(PARTS[0]),
            Does::Idle => row.idle().map(|[left, right]| if left.median > right.median { left } else { right }),
            _ => row.rate(),
        }
    }

    /// Returns the headline of the first row of the peer `name`.
    pub fn headline_of(&self, name: &str) -> Option<Summary> {
        self.row(name).and_then(|row| self.headline(row))
    }
}

impl Row {
    /// Makes a row without samples.
    pub fn new(peer: &'static Peer, geometry: Geometry) -> Self {
        Self { peer, geometry, messages: 1, samples: Vec::new(), failures: Vec::new() }
    }

    /// Returns messages per second.
    pub fn rate(&self) -> Option<Summary> {
        self.summary(|sample| if let Sample::Passed { lap, .. } = sample { Some(lap.rate()) } else { None })
    }

    /// Returns a quantile of the round trips, in nanoseconds.
    pub fn latency(&self, part: f64) -> Option<Summary> {
        self.summary(|sample| match sample {
            Sample::Passed { times: Some(times), .. } => Some(times.within(part) as f64),
            _ => None,
        })
    }

    /// Returns the part of a core that each side uses when idle.
    pub fn idle(&self) -> Option<[Summary; 2]> {
        let side = |side: usize| {
            self.summary(|sample| if let Sample::Idle(parts) = sample { Some(parts[side]) } else { None })
        };
        Some([side(0)?, side(1)?])
    }

    fn summary(&self, value: impl Fn(&Sample) -> Option<f64>) -> Option<Summary> {
        Summary::of(self.samples.iter().filter_map(value))
    }
}

/// Writes a power of two with its unit.
pub fn in_bytes(bytes: usize) -> String {
    let (unit, name) = match bytes {
        0..0x400 => (1, "B"),
        0x400..0x10_0000 => (0x400, "KiB"),
        0x10_0000..0x4000_0000 => (0x10_0000, "MiB"),
        _ => (0x4000_0000, "GiB"),
    };
    format!("{} {name}", bytes / unit)
}

/// Makes the sample of a round that passed `counted` messages in a second, with round trips of `counted` nanoseconds.
#[cfg(test)]
pub fn passed_in_a_second(counted: u64) -> Sample {
    let times = Some(vec![(counted, 1)].into());
    Sample::Passed { passed: counted, lap: Lap { counted, nanoseconds: 1_000_000_000 }, times }
}
