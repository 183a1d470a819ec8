//! The goals of ours in each scenario, judged by the medians of one run.

use serde::Serialize;

use crate::peers::Geometry;
use crate::result::{in_bytes, Measured};

/// A goal of a scenario.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Ours passes at least `factor` times as many messages per second as the best of some peers.
    Rate {
        /// The least ratio.
        factor: f64,
        /// A common name for the peers.
        called: &'static str,
        /// The names of the peers, with a space between two.
        of: &'static str,
    },
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
    /// The fastest ring size is at most `factor` times as fast as any other.
    NearTheBest {
        /// The greatest ratio.
        factor: f64,
    },
}

/// The outcome of a goal.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Verdict {
    /// The scenario.
    pub scenario: &'static str,
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
        Goal::Rate { factor, called, of }
    }

    /// Makes a [`Goal::Median`].
    pub const fn median(ours: &'static str, factor: f64, called: &'static str, of: &'static str) -> Self {
        Goal::Median { ours, factor, called, of }
    }

    /// Returns the peers that the goal names.
    #[cfg(test)]
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Goal::Rate { of, .. } => of.split(' ').collect(),
            Goal::Median { ours, of, .. } => vec![ours, of],
            Goal::Idle { .. } | Goal::NoSizeSlower | Goal::NearTheBest { .. } => Vec::new(),
        }
    }

    /// Judges the goal by what was measured.
    pub fn judge(&self, measured: &Measured) -> Verdict {
        let scenario = measured.scenario.name;
        let goal = self.to_string();
        match self.compare(measured) {
            Ok((said, margin)) => Verdict { scenario, goal, measured: said, margin: Some(margin) },
            Err(missing) => Verdict { scenario, goal, measured: format!("nothing: {missing}"), margin: None },
        }
    }

    /// Returns the result in words and its ratio to the goal, or what is missing.
    fn compare(&self, measured: &Measured) -> Result<(String, f64), String> {
        let headline = |name: &str| {
            let summary = measured.headline_of(name).map(|summary| summary.median);
            summary.ok_or_else(|| format!("no number of {name}"))
        };
        // Messages per second at each geometry.
        let rates = || {
            let rate = |row: &crate::result::Row| {
                let missing = || format!("no number of {}", measured.label(row));
                row.rate().map(|rate| (row.geometry, rate.median)).ok_or_else(missing)
            };
            measured.rows.iter().map(rate).collect::<Result<Vec<_>, _>>()
        };
        match *self {
            Goal::Rate { factor, of, .. } => {
                let ours = headline(measured.scenario.ours())?;
                let all: Vec<_> = of.split(' ').map(|name| (name, headline(name))).collect();
                let there = all.iter().filter_map(|(name, rate)| Some((*name, *rate.as_ref().ok()?)));
                let best = there.max_by(|(_, one), (_, other)| one.total_cmp(other));
                let (best, rate) = best.ok_or_else(|| format!("no number of {}", of.replace(' ', ", ")))?;
                let gone: Vec<_> = all.iter().filter(|(_, rate)| rate.is_err()).map(|(name, _)| *name).collect();
                let without = if gone.is_empty() { String::new() } else { format!(", without {}", gone.join(", ")) };
                let times = ours / rate;
                Ok((format!("{times:.2} × {best}{without}"), times / factor))
            }
            Goal::Median { ours, factor, of, .. } => {
                let times = headline(ours)? / headline(of)?;
                Ok((format!("{times:.2} × {of}"), factor / times))
            }
            Goal::Idle { percent } => {
                let busier = headline(measured.scenario.ours())? * 100.0;
                Ok((format!("{busier:.4} % by the busier side"), percent / busier.max(1e-9)))
            }
            Goal::NoSizeSlower => {
                let bytes = |(at, rate): &(Geometry, f64)| (at.size, rate * at.size as f64);
                let speeds = Vec::from_iter(rates()?.iter().map(bytes));
                let steps = speeds.windows(2).map(|step| (step[1].0, step[1].1 / step[0].1));
                let least = steps.min_by(|(_, one), (_, other)| one.total_cmp(other)).ok_or("no two sizes")?;
                Ok((format!("{:.2} × at {}", least.1, in_bytes(least.0)), least.1))
            }
            Goal::NearTheBest { factor } => {
                let mut rates = rates()?;
                rates.sort_by(|(_, one), (_, other)| one.total_cmp(other));
                let [(worst, least), .., (best, most)] = rates[..] else { return Err("no two sizes".into()) };
                let times = most / least;
                let said = format!("{times:.2} ×: {} beside {}", in_bytes(best.capacity), in_bytes(worst.capacity));
                Ok((said, factor / times))
            }
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Goal::Rate { factor, called, .. } => write!(f, "at least {factor} × {called}"),
            Goal::Median { ours, factor: 1.0, called, .. } => write!(f, "{ours}: median not above {called}"),
            Goal::Median { ours, factor, called, .. } => write!(f, "{ours}: median at most {factor} × {called}"),
            Goal::Idle { percent } => write!(f, "at most {percent} % of a core for each side"),
            Goal::NoSizeSlower => {
                write!(f, "no message size moves fewer bytes per second than the size a quarter as large")
            }
            Goal::NearTheBest { factor } => {
                write!(f, "the fastest ring size is at most {factor} × as fast as any other")
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
    use crate::result::{passed_in_a_second, Row, Sample};
    use crate::{peers, scenarios};

    /// Rows with their messages a second, or their nanoseconds.
    fn measured(scenario: &str, rows: &[(&str, f64)]) -> Measured {
        let scenario = scenarios::named(scenario).expect("a scenario");
        let geometries = scenario.geometries().cycle();
        let row = |(&(name, value), geometry): (&(&str, f64), Geometry)| {
            let mut row = Row::new(peers::named(name).expect("a peer"), geometry);
            row.samples.push(passed_in_a_second(value as u64));
            row
        };
        Measured { scenario, rows: rows.iter().zip(geometries).map(row).collect() }
    }

    #[test]
    fn a_goal_is_held_against_what_was_measured() {
        let both = Goal::rate(2.0, "both", "shaq rtrb");
        let line = Goal::median("ours-spin", 1.5, "the line", "cache-line");
        let near = Goal::NearTheBest { factor: 2.0 };
        let sizes = |rates: [f64; 4]| rates.map(|rate| ("ours", rate));
        type Case<'a> = (Goal, &'a str, &'a [(&'a str, f64)], &'a str, Option<f64>);
        let cases: [Case; 11] = [
            (both, "256B", &[("ours", 300.0), ("rtrb", 200.0), ("shaq", 1.0), ("que", 9e9)], "1.50 × rtrb", Some(0.75)),
            (both, "256B", &[("ours", 600.0), ("shaq", 100.0), ("rtrb", 200.0)], "3.00 × rtrb", Some(1.5)),
            // Who is missing is said, and nobody is met by nothing.
            (both, "256B", &[("ours", 600.0), ("shaq", 100.0)], "6.00 × shaq, without rtrb", Some(3.0)),
            (both, "256B", &[("ours", 600.0)], "nothing: no number of shaq, rtrb", None),
            (both, "256B", &[("shaq", 600.0)], "nothing: no number of ours", None),
            // A median that is lower is better.
            (line, "pingpong", &[("ours-spin", 300.0), ("cache-line", 100.0)], "3.00 × cache-line", Some(0.5)),
            (line, "pingpong", &[("ours-spin", 75.0), ("cache-line", 100.0)], "0.75 × cache-line", Some(2.0)),
            (Goal::NoSizeSlower, "sizes", &sizes([400.0, 100.0, 20.0, 10.0]), "0.80 × at 4 KiB", Some(0.8)),
            (Goal::NoSizeSlower, "sizes", &sizes([400.0, 200.0, 100.0, 50.0]), "2.00 × at 1 KiB", Some(2.0)),
            (near, "capacity", &sizes([200.0, 400.0, 100.0, 200.0]), "4.00 ×: 256 KiB beside 1 MiB", Some(0.5)),
            (near, "capacity", &[("ours", 1.0)], "nothing: no two sizes", None),
        ];
        for (goal, scenario, rows, said, margin) in cases {
            let verdict = goal.judge(&measured(scenario, rows));
            assert_eq!((verdict.measured.as_str(), verdict.margin), (said, margin), "{goal}");
        }
    }

    #[test]
    fn the_busier_of_two_idle_sides_counts() {
        let mut run = measured("idle", &[("ours", 0.0)]);
        run.rows[0].samples = vec![Sample::Idle([0.0002, 0.0004])];
        let verdict = Goal::Idle { percent: 0.1 }.judge(&run);
        assert_eq!((verdict.measured.as_str(), verdict.margin), ("0.0400 % by the busier side", Some(2.5)));
    }

    #[test]
    fn a_verdict_says_by_how_much() {
        let verdict = |margin| Verdict { scenario: "", goal: String::new(), measured: String::new(), margin }.verdict();
        let margins = [Some(0.75), Some(0.999), Some(1.0), Some(1.5), Some(2.5), None];
        let short = ["**no**, 25 % short", "**no**, 0 % short"];
        let met = ["yes, 0 % to spare", "yes, 50 % to spare", "yes, 2.5 times over", "not measured"];
        assert_eq!(margins.map(verdict).to_vec(), [&short[..], &met].concat());
    }

    #[test]
    fn a_geometry_is_named_where_there_are_several() {
        for (scenario, label) in [("sizes", "ours, 1 KiB"), ("capacity", "ours, 256 KiB"), ("256B", "ours")] {
            let run = measured(scenario, &[("ours", 1.0), ("ours", 1.0)]);
            assert_eq!(run.label(&run.rows[1]), label);
        }
    }
}
