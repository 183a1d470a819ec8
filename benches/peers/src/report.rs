//! The report of a run, as a document and as JSON.

use std::path::{Path, PathBuf};

use ipc_ring_measure::machine::Machine;
use ipc_ring_measure::Outcome;
use serde_json::json;

use crate::args::Compare;
use crate::goals::Verdict;
use crate::peers::PEERS;
use crate::result::{Measured, Row, Sample, PARTS};
use crate::table;

/// How to read the figures.
const HOW_TO_READ: &str = "\
    More is better for M messages/s and GB/s. Less is better for ns and for % of a core. Ratios compare each \
    row with the first one. Ours is faster where `ours ÷ this`, a ratio of rates, or `this ÷ ours`, a ratio of times, \
    is above 1.";

/// The report of a run.
#[derive(Debug)]
pub struct Report {
    machine: Machine,
    command: String,
    rounds: u32,
    /// The path of the pictures from the document, if there are any.
    pictures: Option<PathBuf>,
    /// The result of each scenario.
    pub results: Vec<Measured>,
    /// Whether each goal is met.
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// Makes the report of `results`, which were measured on `machine` as `args` say.
    pub fn new(machine: Machine, args: &Compare, results: Vec<Measured>) -> Self {
        let goals =
            results.iter().flat_map(|measured| measured.scenario.goals.iter().map(move |goal| (goal, measured)));
        let verdicts = goals.map(|(goal, measured)| goal.judge(measured)).collect();
        let words: Vec<String> = std::env::args().skip(1).collect();
        let command = format!("cargo run --release -p ipc_ring_peers -- {}", words.join(" "));
        // A path in a document starts at the document's directory.
        let document = args.markdown.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let pictures = args.plots.as_deref().map(|at| at.strip_prefix(document).unwrap_or(at).to_path_buf());
        Self { machine, command, rounds: args.rounds, pictures, results, verdicts }
    }

    /// Returns the document.
    pub fn markdown(&self) -> String {
        let Machine { date, processor, cores, system } = &self.machine;
        let date = date.get(..16).map_or(date.clone(), |minute| format!("{} UTC", minute.replace('T', " ")));
        let mut text = format!(
            "# ipc_ring beside its peers\n\n\
             Measured {date} on {processor}, {cores} cores, {system}. A figure is the median of {} rounds, in which \
             the peers take turns; beside it are the lowest and the highest round. `idle` has one round.\n\n\
             {HOW_TO_READ}\n\n\
             <!-- not run by cli/tests/documents.rs: it takes six minutes and writes this file -->\n```sh\n{}\n```\n\n",
            self.rounds, self.command
        );
        text += &table::of_goals(&self.verdicts);
        for measured in &self.results {
            text += &format!("\n{}", table::of_scenario(measured));
            if let Some(pictures) = &self.pictures {
                let picture = pictures.join(measured.scenario.picture());
                text += &format!("\n![{}]({})\n", measured.scenario.name, picture.display());
            }
        }
        text += "\n## who is who\n\n";
        for peer in PEERS {
            text += &format!("- `{}`: {}\n", peer.name, peer.about);
        }
        text
    }

    /// Returns the JSON, with every sample of every round.
    pub fn json(&self) -> Outcome<String> {
        let sample = |sample: &Sample| match sample {
            Sample::Idle(parts) => json!({ "idle": parts }),
            Sample::Passed { passed, lap, times } => {
                let latency = times.as_ref().map(|times| PARTS.map(|part| times.within(part)));
                let latency = latency.map(|[median, p99, p999]| json!({ "median": median, "p99": p99, "p999": p999 }));
                let (counted, nanoseconds) = (lap.counted, lap.nanoseconds);
                json!({ "passed": passed, "counted": counted, "nanoseconds": nanoseconds, "latency": latency })
            }
        };
        let row = |Row { peer, geometry, samples, failures, .. }: &Row, median| {
            let samples = Vec::from_iter(samples.iter().map(sample));
            let peer = peer.name;
            json!({ "peer": peer, "geometry": geometry, "median": median, "samples": samples, "failures": failures })
        };
        let scenario = |measured: &Measured| {
            let rows = measured.rows.iter().map(|of| row(of, measured.headline(of)));
            json!({ "scenario": measured.scenario.name, "rows": rows.collect::<Vec<_>>() })
        };
        let (machine, command, rounds, goals) = (&self.machine, &self.command, self.rounds, &self.verdicts);
        let all = Vec::from_iter(self.results.iter().map(scenario));
        let all = json!({ "machine": machine, "command": command, "rounds": rounds, "scenarios": all, "goals": goals });
        Ok(serde_json::to_string_pretty(&all)?)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};
    use crate::scenarios::{named, SCENARIOS};

    /// Returns the lines of a page without all that comes from a measurement: figures, failures, machine and command.
    fn words<'a>(page: &'a str) -> Vec<&'a str> {
        let mut is_in_a_table = false;
        let word = |line: &'a str| {
            let is_a_title = !std::mem::replace(&mut is_in_a_table, line.starts_with('|'));
            match line {
                line if line.starts_with("Measured ") => line.split_once(". ").map(|(_, words)| words),
                line if line.starts_with("cargo run ") || line.starts_with("- **") => None,
                line if line.starts_with("| ") && !is_a_title && !line.starts_with("| ---") => {
                    // A goal has words in its first two cells.
                    let (scenario, rest) = line[2..].split_once(" | ")?;
                    named(scenario).and(rest.split(" | ").next())
                }
                line => Some(line),
            }
        };
        page.lines().filter_map(word).collect()
    }

    /// Nobody measures again to change a word: the page is edited along with the code.
    #[test]
    fn the_page_of_the_repository_has_the_words_of_this_code() {
        let args = "ipc_ring_peers compare --markdown docs/benchmarks.md --plots docs/plots";
        let Command::Compare(args) = Args::parse_from(args.split(' ')).command else { unreachable!() };
        let results = SCENARIOS.iter().map(|scenario| Measured { scenario, rows: Vec::new() }).collect();
        let report = Report::new(Machine::here(), &args, results).markdown();
        // Line by line, so that a failure shows the line that differs.
        let (page, report) = (words(include_str!("../../../docs/benchmarks.md")), words(&report));
        for (of_the_page, of_the_code) in page.iter().zip(&report) {
            assert_eq!(of_the_page, of_the_code);
        }
        assert_eq!(page.len(), report.len());
    }
}
