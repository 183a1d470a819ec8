//! What came of a scenario: rows of samples, and what is read off them.

use crate::job::{Done, Latency};
use crate::link::Geometry;
use crate::peers::Peer;
use crate::round::Sample;
use crate::scenario::{Does, Scenario};
use crate::statistics::Summary;

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

impl Measured {
    /// The first row of the peer of this name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.peer.name == name)
    }

    /// What a row is called here: by its peer, and by what else distinguishes it.
    pub fn label(&self, row: &Row) -> String {
        let geometries = self.scenario.geometries;
        let name = row.peer.name;
        match geometries {
            [_] => name.into(),
            [first, ..] if geometries.iter().all(|geometry| geometry.capacity == first.capacity) => {
                format!("{name}, {}", in_bytes(row.geometry.size))
            }
            _ => format!("{name}, {}", in_bytes(row.geometry.capacity)),
        }
    }

    /// What the file of its picture is called.
    pub fn picture(&self) -> String {
        format!("{}.svg", self.scenario.name)
    }

    /// What one looks at first in a row: messages a second, the median way in nanoseconds, or the part of a core that
    /// the busier side uses.
    pub fn headline(&self, row: &Row) -> Option<Summary> {
        match self.scenario.does {
            Does::PingPong => row.latency(|latency| latency.median),
            Does::Idle => row.idle().map(|[left, right]| if left.median > right.median { left } else { right }),
            _ => row.rate(),
        }
    }
}

impl Row {
    /// One without samples.
    pub fn new(peer: &'static Peer, geometry: Geometry) -> Self {
        Self { peer, geometry, messages: 1, samples: Vec::new(), failures: Vec::new() }
    }

    /// Messages a second.
    pub fn rate(&self) -> Option<Summary> {
        Summary::of(self.passed().map(|done| done.counted as f64 * 1e9 / done.nanoseconds.max(1) as f64))
    }

    /// Nanoseconds that a way forth and back takes, at some point of the distribution.
    pub fn latency(&self, point: impl Fn(Latency) -> u64) -> Option<Summary> {
        Summary::of(self.passed().filter_map(|done| done.latency).map(|latency| point(latency) as f64))
    }

    /// Parts of a core that each side uses when idle.
    pub fn idle(&self) -> Option<[Summary; 2]> {
        let side = |side: usize| {
            Summary::of(self.samples.iter().filter_map(|sample| match sample {
                Sample::Idle(parts) => Some(parts[side]),
                Sample::Passed(_) => None,
            }))
        };
        Some([side(0)?, side(1)?])
    }

    fn passed(&self) -> impl Iterator<Item = Done> + '_ {
        self.samples.iter().filter_map(|sample| match sample {
            Sample::Passed(done) => Some(*done),
            Sample::Idle(_) => None,
        })
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
