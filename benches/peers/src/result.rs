//! The result of a scenario: rows of samples, and the figures taken from them.

use ipc_ring_measure::job::Lap;
use ipc_ring_measure::statistics::Summary;
use ipc_ring_measure::times::Times;

use crate::peers::{self, Geometry, Peer};
use crate::scenarios::{Does, Scenario};
use crate::state::{Around, State};

/// The result of a scenario.
#[derive(Debug)]
pub struct Measured {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// One row for each peer and geometry.
    pub rows: Vec<Row>,
    /// The state of the machine that the run was asked to report.
    pub asked_for: Option<State>,
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
    /// The rounds that went well.
    pub rounds: Vec<Round>,
    /// The errors of the other rounds.
    pub failures: Vec<String>,
}

/// A round that went well.
#[derive(Clone, PartialEq, Debug)]
pub struct Round {
    /// The bare line before and after it.
    pub around: Around,
    /// Its result.
    pub sample: Sample,
}

/// The rounds that are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Within {
    /// All: the state of the machine does not matter.
    Any,
    /// Those of one state.
    State(State),
}

impl Within {
    /// Returns the state, if it matters.
    pub fn state(self) -> Option<State> {
        match self {
            Within::Any => None,
            Within::State(state) => Some(state),
        }
    }

    fn has(self, round: &Round) -> bool {
        self == Within::Any || self.state() == round.around.state()
    }
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
    /// Returns the states to look at, the first one first.
    pub fn states(&self) -> Vec<Within> {
        match self.asked_for {
            _ if !self.scenario.does.crosses() => vec![Within::Any],
            Some(state) => vec![Within::State(state)],
            None => State::ALL.map(Within::State).to_vec(),
        }
    }

    /// Returns the state of the table: the one in which most rows have three rounds or all they have, then the one in
    /// which most have any, then the first one.
    pub fn within(&self) -> Within {
        let enough = |row: &&Row, within: Within| row.within(within).count() >= row.rounds.len().clamp(1, 3);
        let score = |within: Within| {
            let enough = self.rows.iter().filter(|row| enough(row, within)).count();
            (enough, self.rows.iter().filter(|row| row.within(within).next().is_some()).count())
        };
        // Of several that are equal, `max_by_key` takes the last.
        self.states().into_iter().rev().max_by_key(|within| score(*within)).unwrap_or(Within::Any)
    }

    /// Returns how many rounds went well in each state, and in how many the state changed.
    pub fn rounds(&self) -> ([(State, usize); 3], usize) {
        let states = || self.rows.iter().flat_map(|row| row.rounds.iter().map(|round| round.around.state()));
        let count = |wanted| states().filter(|state| *state == wanted).count();
        (State::ALL.map(|state| (state, count(Some(state)))), count(None))
    }

    /// Returns the median of the bare line, in nanoseconds.
    pub fn line(&self, within: Within) -> Option<f64> {
        let rounds = self.rows.iter().flat_map(|row| row.within(within));
        Summary::of(rounds.flat_map(|round| [round.around.before, round.around.after])).map(|line| line.median)
    }

    /// Returns the row of the one called `name`, of its ways the best, at `capacity`, or at the first one.
    pub fn row(&self, name: &str, capacity: Option<usize>, within: Within) -> Option<&Row> {
        let capacity = capacity.or(self.scenario.capacities.first().copied());
        let here = self.rows.iter().filter(|row| peers::is_called(row.peer, name));
        self.best(here.filter(|row| Some(row.geometry.capacity) == capacity), within)
    }

    /// Returns the best of these rows.
    fn best<'a>(&self, rows: impl Iterator<Item = &'a Row>, within: Within) -> Option<&'a Row> {
        let figures = rows.filter_map(|row| Some((row, self.headline(row, within)?.median)));
        let better = |(_, one): &(_, f64), (_, other): &(_, f64)| match self.scenario.does.less_is_better() {
            true => other.total_cmp(one),
            false => one.total_cmp(other),
        };
        figures.max_by(better).map(|(row, _)| row)
    }

    /// Returns the rows to show: all that have a figure, except that of the ways of one only the best has a row.
    pub fn shown(&self, within: Within) -> impl Iterator<Item = &Row> {
        let rows = self.rows.iter().filter(move |row| self.headline(row, within).is_some());
        rows.filter(move |row| {
            let Some((name, _)) = row.peer.name.split_once('/') else { return true };
            let ways = self.rows.iter().filter(|way| way.geometry == row.geometry);
            let best = self.best(ways.filter(|way| peers::is_called(way.peer, name)), within);
            best.is_some_and(|best| std::ptr::eq(best, *row))
        })
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
    pub fn headline(&self, row: &Row, within: Within) -> Option<Summary> {
        match self.scenario.does {
            Does::PingPong => row.latency(PARTS[0], within),
            Does::Idle => row.idle(within).map(|[left, right]| if left.median > right.median { left } else { right }),
            _ => row.rate(within),
        }
    }
}

impl Row {
    /// Makes a row without rounds.
    pub fn new(peer: &'static Peer, geometry: Geometry) -> Self {
        Self { peer, geometry, messages: 1, rounds: Vec::new(), failures: Vec::new() }
    }

    /// Returns the rounds to look at.
    pub fn within(&self, within: Within) -> impl Iterator<Item = &Round> {
        self.rounds.iter().filter(move |round| within.has(round))
    }

    /// Returns messages per second.
    pub fn rate(&self, within: Within) -> Option<Summary> {
        self.summary(within, |sample| if let Sample::Passed { lap, .. } = sample { Some(lap.rate()) } else { None })
    }

    /// Returns a quantile of the round trips, in nanoseconds.
    pub fn latency(&self, part: f64, within: Within) -> Option<Summary> {
        self.summary(within, |sample| match sample {
            Sample::Passed { times: Some(times), .. } => Some(times.within(part) as f64),
            _ => None,
        })
    }

    /// Returns the part of a core that each side uses when idle.
    pub fn idle(&self, within: Within) -> Option<[Summary; 2]> {
        let side = |side: usize| {
            self.summary(within, |sample| if let Sample::Idle(parts) = sample { Some(parts[side]) } else { None })
        };
        Some([side(0)?, side(1)?])
    }

    fn summary(&self, within: Within, value: impl Fn(&Sample) -> Option<f64>) -> Option<Summary> {
        Summary::of(self.within(within).filter_map(|round| value(&round.sample)))
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

/// Makes a round in the state near that passed `counted` messages in a second, with round trips of `counted` ns.
#[cfg(test)]
pub fn passed_in_a_second(counted: u64) -> Round {
    let (lap, times) = (Lap { counted, nanoseconds: 1_000_000_000 }, Some(vec![(counted, 1)].into()));
    let around = Around { before: 90.0, after: 110.0 };
    Round { around, sample: Sample::Passed { passed: counted, lap, times } }
}
