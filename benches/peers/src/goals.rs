//! The goals of ours in each scenario, judged by the medians of one run.

use serde::Serialize;

use crate::result::{in_bytes, Measured, Row, Within};
use crate::state::State;

/// A goal of a scenario.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// One of ours passes some messages per second, beside others.
    Rate(Rate),
    /// The median round trip of one of ours takes at most `factor` times as long as that of another peer.
    Median {
        /// The name of the one of ours.
        ours: &'static str,
        /// The greatest ratio.
        factor: f64,
        /// A description of the other.
        called: &'static str,
        /// The name of the other.
        of: &'static str,
    },
    /// Neither side of ours uses more than `percent` of a core when idle.
    Idle {
        /// The greatest part of a core, in per cent.
        percent: f64,
    },
    /// No message size moves fewer bytes per second than the size before it, a quarter as large.
    NoSizeSlower,
    /// With each ring, ours passes at least `factor` times as many messages per second as another.
    AtEach {
        /// The least ratio.
        factor: f64,
        /// A description of the other.
        called: &'static str,
        /// The name of the other.
        of: &'static str,
    },
}

/// One of ours passes at least `factor` times as many messages per second as the best of some peers.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The name of the one of ours, if it is not the first of the scenario.
    ours: Option<&'static str>,
    /// The size of the ring, if there are several.
    at: Option<usize>,
    /// The least ratio.
    factor: f64,
    /// A common name for the peers.
    called: &'static str,
    /// The names of the peers, with a space between two.
    of: &'static str,
    /// Another peer, whose ratio is told, too.
    beside: Option<&'static str>,
}

/// The outcome of a goal.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Verdict {
    /// The scenario.
    pub scenario: &'static str,
    /// The state of the machine, if it matters and there was one.
    pub state: Option<State>,
    /// The goal, in words.
    pub goal: String,
    /// The result, in words.
    pub measured: String,
    /// The ratio of the result to the goal: at least 1 if the goal is met. `None` if it was not measured.
    pub margin: Option<f64>,
}

impl Goal {
    /// Makes a [`Goal::Rate`].
    pub const fn rate(factor: f64, called: &'static str, of: &'static str) -> Self {
        Goal::Rate(Rate { ours: None, at: None, factor, called, of, beside: None })
    }

    /// The same goal with rings of this size.
    pub const fn at(self, capacity: usize) -> Self {
        match self {
            Goal::Rate(rate) => Goal::Rate(Rate { at: Some(capacity), ..rate }),
            other => other,
        }
    }

    /// The same goal for this one of ours.
    pub const fn of(self, ours: &'static str) -> Self {
        match self {
            Goal::Rate(rate) => Goal::Rate(Rate { ours: Some(ours), ..rate }),
            other => other,
        }
    }

    /// The same goal, with the ratio to this peer beside it.
    pub const fn beside(self, peer: &'static str) -> Self {
        match self {
            Goal::Rate(rate) => Goal::Rate(Rate { beside: Some(peer), ..rate }),
            other => other,
        }
    }

    /// Makes a [`Goal::Median`].
    pub const fn median(ours: &'static str, factor: f64, called: &'static str, of: &'static str) -> Self {
        Goal::Median { ours, factor, called, of }
    }

    /// Returns the peers that the goal names, and the size of the ring if it names one.
    #[cfg(test)]
    pub fn names(&self) -> Vec<(&'static str, Option<usize>)> {
        match *self {
            Goal::Rate(Rate { ours, at, of, beside, .. }) => {
                of.split(' ').chain(ours).chain(beside).map(|name| (name, at)).collect()
            }
            Goal::Median { ours, of, .. } => vec![(ours, None), (of, None)],
            Goal::AtEach { of, .. } => vec![(of, None)],
            Goal::Idle { .. } | Goal::NoSizeSlower => Vec::new(),
        }
    }

    /// Judges the goal by what was measured in one state: the first one of those in which the fewest peers are missing.
    pub fn judge(&self, measured: &Measured) -> Verdict {
        let (scenario, goal, states) = (measured.scenario.name, self.to_string(), measured.states());
        let results = states.iter().map(|within| (within.state(), self.compare(measured, *within)));
        let missing = |(_, result): &(_, Result<Compared, _>)| result.as_ref().map_or(usize::MAX, |it| it.missing);
        match results.min_by_key(missing) {
            Some((state, Ok(Compared { said, margin, .. }))) => {
                Verdict { scenario, state, goal, measured: said, margin: Some(margin) }
            }
            Some((_, Err(missing))) => {
                Verdict { scenario, state: None, goal, measured: format!("nothing: {missing}"), margin: None }
            }
            None => Verdict { scenario, state: None, goal, measured: "nothing".into(), margin: None },
        }
    }

    /// Returns the result, or what is missing.
    fn compare(&self, measured: &Measured, within: Within) -> Result<Compared, String> {
        let whole = |said: String, margin: f64| Ok(Compared { said, margin, missing: 0 });
        // The headline of the best row of a name, and what the row is called.
        let headline = |name: &str, at: Option<usize>| {
            let row = measured.row(name, at, within).ok_or_else(|| format!("no number of {name}"))?;
            let summary = measured.headline(row, within).ok_or_else(|| format!("no number of {name}"))?;
            Ok::<_, String>((row.peer.name, summary.median))
        };
        match *self {
            Goal::Rate(Rate { ours, at, factor, of, beside, .. }) => {
                let (_, ours) = headline(ours.unwrap_or(measured.scenario.ours()), at)?;
                let all: Vec<_> = of.split(' ').map(|name| (name, headline(name, at))).collect();
                let there = all.iter().filter_map(|(_, found)| found.as_ref().ok());
                let best = there.max_by(|(_, one), (_, other)| one.total_cmp(other));
                let (best, rate) = best.ok_or_else(|| format!("no number of {}", of.replace(' ', ", ")))?;
                let gone: Vec<_> = all.iter().filter(|(_, found)| found.is_err()).map(|(name, _)| *name).collect();
                let without = if gone.is_empty() { String::new() } else { format!(", without {}", gone.join(", ")) };
                let beside = beside.and_then(|name| headline(name, at).ok());
                let beside = beside.map_or(String::new(), |(name, rate)| format!("; {:.2} × {name}", ours / rate));
                let times = ours / rate;
                let said = format!("{times:.2} × {best}{without}{beside}");
                Ok(Compared { said, margin: times / factor, missing: gone.len() })
            }
            Goal::Median { ours, factor, of, .. } => {
                let times = headline(ours, None)?.1 / headline(of, None)?.1;
                whole(format!("{times:.2} × {of}"), factor / times)
            }
            Goal::Idle { percent } => {
                let busier = headline(measured.scenario.ours(), None)?.1 * 100.0;
                whole(format!("{busier:.4} % by the busier side"), percent / busier.max(1e-9))
            }
            Goal::NoSizeSlower => {
                let speed = |row: &Row| {
                    let missing = || format!("no number of {}", measured.label(row));
                    let size = row.geometry.size;
                    row.rate(within).map(|rate| (size, rate.median * size as f64)).ok_or_else(missing)
                };
                let speeds = measured.rows.iter().map(speed).collect::<Result<Vec<_>, _>>()?;
                let steps = speeds.windows(2).map(|step| (step[1].0, step[1].1 / step[0].1));
                let least = steps.min_by(|(_, one), (_, other)| one.total_cmp(other)).ok_or("no two sizes")?;
                whole(format!("{:.2} × at {}", least.1, in_bytes(least.0)), least.1)
            }
            Goal::AtEach { factor, of, .. } => {
                let ours = measured.scenario.ours();
                let times = |&at: &usize| {
                    let (_, ours) = headline(ours, Some(at))?;
                    let (other, rate) = headline(of, Some(at))?;
                    Ok::<_, String>((ours / rate, other, at))
                };
                let all = measured.scenario.capacities.iter().map(times).collect::<Result<Vec<_>, _>>()?;
                let least = all.into_iter().min_by(|(one, ..), (other, ..)| one.total_cmp(other));
                let (times, other, at) = least.ok_or("no ring")?;
                whole(format!("{times:.2} × {other} at {}", in_bytes(at)), times / factor)
            }
        }
    }
}

/// The result of a goal in one state.
struct Compared {
    /// In words.
    said: String,
    /// Its ratio to the goal.
    margin: f64,
    /// How many peers that the goal names were not measured.
    missing: usize,
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Goal::Rate(Rate { ours, at, factor, called, .. }) => {
                let at = at.map(|at| format!("{} ring", in_bytes(at)));
                let before = ours.map(String::from).into_iter().chain(at).collect::<Vec<_>>().join(", ");
                let colon = if before.is_empty() { "" } else { ": " };
                write!(f, "{before}{colon}at least {factor} × {called}")
            }
            Goal::AtEach { factor, called, .. } => write!(f, "at least {factor} × {called} with each ring"),
            Goal::Median { ours, factor: 1.0, called, .. } => write!(f, "{ours}: median not above {called}"),
            Goal::Median { ours, factor, called, .. } => write!(f, "{ours}: median at most {factor} × {called}"),
            Goal::Idle { percent } => write!(f, "at most {percent} % of a core for each side"),
            Goal::NoSizeSlower => {
                write!(f, "no message size moves fewer bytes per second than the size a quarter as large")
            }
        }
    }
}

impl Verdict {
    /// Whether the goal is met, and by how much.
    pub fn verdict(&self) -> String {
        match self.margin {
            None => "not measured".into(),
            Some(margin) if margin >= 2.0 => format!("yes, {margin:.1} times over"),
            Some(margin) if margin >= 1.0 => format!("yes, {:.0} % to spare", (margin - 1.0) * 100.0),
            Some(margin) => format!("**no**, {:.0} % short", (1.0 - margin) * 100.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::{self, Geometry};
    use crate::result::{passed_in_a_second, Round, Sample};
    use crate::scenarios;
    use crate::state::Around;

    const MIB: usize = 1 << 20;

    /// Returns rows with a ring of this size, with their messages a second, or their nanoseconds.
    fn measured(scenario: &str, capacities: &[usize], rows: &[(&str, f64)]) -> Measured {
        let scenario = scenarios::named(scenario).expect("a scenario");
        let sizes = scenario.sizes.iter().cycle();
        let geometries = sizes.zip(capacities.iter().cycle()).map(|(&size, &capacity)| Geometry { size, capacity });
        let row = |(&(name, value), geometry): (&(&str, f64), Geometry)| {
            let mut row = Row::new(peers::named(name).expect("a peer"), geometry);
            row.rounds.push(passed_in_a_second(value as u64));
            row
        };
        Measured { scenario, rows: rows.iter().zip(geometries).map(row).collect(), asked_for: None }
    }

    #[test]
    fn a_goal_is_held_against_what_was_measured() {
        let both = Goal::rate(2.0, "both", "shaq rtrb");
        let limit = Goal::rate(0.5, "it", "hand-over");
        let batch = Goal::rate(2.0, "it", "rtrb").of("ours-batch").beside("que");
        let line = Goal::median("ours-spin", 1.5, "the line", "cache-line");
        let each = Goal::AtEach { factor: 0.5, called: "it", of: "hand-over" };
        let sizes = |rates: [f64; 4]| rates.map(|rate| ("ours", rate));
        type Case<'a> = (Goal, &'a str, &'a [usize], &'a [(&'a str, f64)], &'a str, Option<f64>);
        let (one, four) = (&[MIB][..], &[4 * MIB][..]);
        let rows = [("ours", 300.0), ("rtrb", 200.0), ("shaq", 1.0), ("que", 9e9)];
        let cases: [Case; 15] = [
            (both, "256B", one, &rows, "1.50 × rtrb", Some(0.75)),
            (both.at(4 * MIB), "256B", four, &rows, "1.50 × rtrb", Some(0.75)),
            // A figure of another ring is none.
            (both.at(4 * MIB), "256B", one, &rows, "nothing: no number of ours", None),
            (both, "256B", one, &[("ours", 600.0), ("shaq", 100.0), ("rtrb", 200.0)], "3.00 × rtrb", Some(1.5)),
            // Who is missing is said, and nobody is met by nothing.
            (both, "256B", one, &[("ours", 600.0), ("shaq", 100.0)], "6.00 × shaq, without rtrb", Some(3.0)),
            (both, "256B", one, &[("ours", 600.0)], "nothing: no number of shaq, rtrb", None),
            (
                batch,
                "256B",
                one,
                &[("ours-batch", 4.0), ("rtrb", 1.0), ("que", 2.0)],
                "4.00 × rtrb; 2.00 × que",
                Some(2.0),
            ),
            // The best way of the limit is the limit.
            (
                limit,
                "256B",
                one,
                &[("ours", 3.0), ("hand-over/memcpy", 4.0), ("hand-over/stream", 6.0), ("hand-over/words", 5.0)],
                "0.50 × hand-over/stream",
                Some(1.0),
            ),
            // A median that is lower is better.
            (
                line,
                "pingpong",
                &[1 << 16],
                &[("ours-spin", 300.0), ("cache-line", 100.0)],
                "3.00 × cache-line",
                Some(0.5),
            ),
            (
                line,
                "pingpong",
                &[1 << 16],
                &[("ours-spin", 75.0), ("cache-line", 100.0)],
                "0.75 × cache-line",
                Some(2.0),
            ),
            (Goal::NoSizeSlower, "sizes", four, &sizes([400.0, 100.0, 20.0, 10.0]), "0.80 × at 4 KiB", Some(0.8)),
            (Goal::NoSizeSlower, "sizes", four, &sizes([400.0, 200.0, 100.0, 50.0]), "2.00 × at 1 KiB", Some(2.0)),
            (Goal::NoSizeSlower, "sizes", four, &[("ours", 1.0)], "nothing: no two sizes", None),
            (each, "capacity", one, &[("ours", 1.0), ("hand-over/words", 1.0)], "nothing: no number of ours", None),
            (
                each,
                "capacity",
                &[1 << 16, 1 << 18, MIB, 4 * MIB, 16 * MIB, 64 * MIB, 256 * MIB, 1 << 30],
                &[&[("ours", 100.0); 8][..], &[("hand-over/words", 100.0); 3], &[("hand-over/words", 400.0); 5]]
                    .concat(),
                "0.25 × hand-over/words at 4 MiB",
                Some(0.5),
            ),
        ];
        for (goal, scenario, capacities, rows, said, margin) in cases {
            let verdict = goal.judge(&measured(scenario, capacities, rows));
            assert_eq!((verdict.measured.as_str(), verdict.margin), (said, margin), "{goal}");
        }
    }

    /// Two figures are compared only if they are from the same state, and from near rather than far.
    #[test]
    fn a_goal_is_judged_in_one_state() {
        let goal = Goal::rate(2.0, "it", "rtrb");
        let at = |line: [f64; 2], counted: u64| {
            let around = Around { before: line[0], after: line[1] };
            Round { around, ..passed_in_a_second(counted) }
        };
        let judged = |ours: &[([f64; 2], u64)], other: &[([f64; 2], u64)]| {
            let mut run = measured("256B", &[MIB], &[("ours", 1.0), ("rtrb", 1.0)]);
            for (row, rounds) in run.rows.iter_mut().zip([ours, other]) {
                row.rounds = rounds.iter().map(|(line, counted)| at(*line, *counted)).collect();
            }
            let verdict = goal.judge(&run);
            (verdict.state.map(State::name), verdict.measured)
        };
        let (near, far, changed) = ([90.0, 95.0], [400.0, 410.0], [90.0, 400.0]);
        let one = judged(&[(near, 8), (far, 4), (changed, 9)], &[(near, 4), (far, 1), (changed, 1)]);
        assert_eq!(one, (Some("near"), "2.00 × rtrb".into()));
        assert_eq!(judged(&[(near, 8), (far, 4)], &[(far, 1)]), (Some("far"), "4.00 × rtrb".into()));
        // The fewest are missing in far.
        let two = Goal::rate(2.0, "it", "rtrb shaq que");
        let mut run = measured("256B", &[MIB], &[("ours", 8.0), ("rtrb", 4.0), ("shaq", 1.0)]);
        run.rows[0].rounds.push(at(far, 4));
        run.rows[1].rounds.push(at(far, 2));
        run.rows[2].rounds = vec![at(far, 1)];
        assert_eq!(two.judge(&run).measured, "2.00 × rtrb, without que");
        assert_eq!(two.judge(&run).state, Some(State::Far));
        assert_eq!(judged(&[(near, 8)], &[(far, 1)]), (None, "nothing: no number of rtrb".into()));
        assert_eq!(judged(&[(changed, 8)], &[(changed, 1)]), (None, "nothing: no number of ours".into()));
    }

    #[test]
    fn the_busier_of_two_idle_sides_counts() {
        let mut run = measured("idle", &[1 << 16], &[("ours", 0.0)]);
        run.rows[0].rounds[0].sample = Sample::Idle([0.0002, 0.0004]);
        let verdict = Goal::Idle { percent: 0.1 }.judge(&run);
        assert_eq!((verdict.measured.as_str(), verdict.margin), ("0.0400 % by the busier side", Some(2.5)));
    }

    #[test]
    fn a_verdict_says_by_how_much() {
        let verdict = |margin| {
            let (scenario, goal, measured) = ("", String::new(), String::new());
            Verdict { scenario, state: None, goal, measured, margin }.verdict()
        };
        let margins = [Some(0.75), Some(0.999), Some(1.0), Some(1.5), Some(2.5), None];
        let short = ["**no**, 25 % short", "**no**, 0 % short"];
        let met = ["yes, 0 % to spare", "yes, 50 % to spare", "yes, 2.5 times over", "not measured"];
        assert_eq!(margins.map(verdict).to_vec(), [&short[..], &met].concat());
    }

    #[test]
    fn a_geometry_is_named_where_there_are_several() {
        for (scenario, label) in [("sizes", "ours, 1 KiB"), ("capacity", "ours, 4 MiB"), ("slow-reader", "ours")] {
            let run = measured(scenario, &[4 * MIB], &[("ours", 1.0), ("ours", 1.0)]);
            assert_eq!(run.label(run.rows.last().expect("a row")), label);
        }
    }

    #[test]
    fn a_goal_says_what_it_is_about() {
        let goal = Goal::rate(1.3, "the best", "rtrb");
        let said =
            [goal, goal.at(MIB), goal.of("ours-batch"), goal.of("ours-batch").at(MIB)].map(|goal| goal.to_string());
        let all = ["", "1 MiB ring: ", "ours-batch: ", "ours-batch, 1 MiB ring: "];
        assert_eq!(said, all.map(|before| format!("{before}at least 1.3 × the best")));
    }
}
