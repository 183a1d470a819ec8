//! What came of a scenario: rows of samples, and what is read off them.

use ipc_ring_measure::job::Lap;
use ipc_ring_measure::statistics::Summary;
use ipc_ring_measure::times::Times;

use crate::peers::{Geometry, Peer};
use crate::scenarios::{Does, Scenario};

/// What came of a scenario.
#[derive(Debug)]
pub struct Measured {
    /// Which.
    pub scenario: &'static Scenario,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// One peer at one geometry.
#[derive(Debug)]
pub struct Row {
    /// Who.
    pub peer: &'static Peer,
    /// With what messages and ring.
    pub geometry: Geometry,
    /// How many messages a round has.
    pub messages: u64,
    /// What came of the rounds that went well.
    pub samples: Vec<Sample>,
    /// What went wrong in the others.
    pub failures: Vec<String>,
}

/// What came of a round.
#[derive(Clone, PartialEq, Debug)]
pub enum Sample {
    /// Of a stream or a ping-pong: what the side with the clock says.
    Passed {
        /// How many messages were passed in all.
        passed: u64,
        /// How many of them the clock counted, and how long these took.
        lap: Lap,
        /// How long the ways forth and back took.
        times: Option<Times>,
    },
    /// Of two idle sides: which part of a core each used.
    Idle([f64; 2]),
}

/// The parts of all ways forth and back of which the longest is told.
pub const PARTS: [f64; 3] = [0.5, 0.99, 0.999];

impl Measured {
    /// The first row of the peer of this name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.peer.name == name)
    }

    /// What a row is called here: by its peer, and by what else distinguishes it.
    pub fn label(&self, row: &Row) -> String {
        let (name, Geometry { size, capacity }) = (row.peer.name, row.geometry);
        match self.scenario {
            Scenario { sizes: [_, _, ..], .. } => format!("{name}, {}", in_bytes(size)),
            Scenario { capacities: [_, _, ..], .. } => format!("{name}, {}", in_bytes(capacity)),
            _ => name.into(),
        }
    }

    /// What one looks at first in a row: messages a second, the median way in nanoseconds, or the part of a core that
    /// the busier side uses.
    pub fn headline(&self, row: &Row) -> Option<Summary> {
        match self.scenario.does {
            Does::PingPong => row.latency(PARTS[0]),
            Does::Idle => row.idle().map(|[left, right]| if left.median > right.median { left } else { right }),
            _ => row.rate(),
        }
    }

    /// The headline of the first row of the peer of this name.
    pub fn headline_of(&self, name: &str) -> Option<Summary> {
        self.row(name).and_then(|row| self.headline(row))
    }
}

impl Row {
    /// One without samples.
    pub fn new(peer: &'static Peer, geometry: Geometry) -> Self {
        Self { peer, geometry, messages: 1, samples: Vec::new(), failures: Vec::new() }
    }

    /// Messages a second.
    pub fn rate(&self) -> Option<Summary> {
        self.summary(|sample| if let Sample::Passed { lap, .. } = sample { Some(lap.rate()) } else { None })
    }

    /// Nanoseconds within which such a part of the ways forth and back took.
    pub fn latency(&self, part: f64) -> Option<Summary> {
        self.summary(|sample| match sample {
            Sample::Passed { times: Some(times), .. } => Some(times.within(part) as f64),
            _ => None,
        })
    }

    /// Parts of a core that each side uses when idle.
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

/// A power of two as one says it.
pub fn in_bytes(bytes: usize) -> String {
    let (unit, name) = match bytes {
        0..0x400 => (1, "B"),
        0x400..0x10_0000 => (0x400, "KiB"),
        0x10_0000..0x4000_0000 => (0x10_0000, "MiB"),
        _ => (0x4000_0000, "GiB"),
    };
    format!("{} {name}", bytes / unit)
}

/// What comes of a round of so many messages in a second, each of which takes as many nanoseconds.
#[cfg(test)]
pub fn passed_in_a_second(counted: u64) -> Sample {
    let times = Some(vec![(counted, 1)].into());
    Sample::Passed { passed: counted, lap: Lap { counted, nanoseconds: 1_000_000_000 }, times }
}
