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
    More is better for M messages/s and GB/s. Less is better for ns and for % of a core. A ratio compares with the \
    first row of its table: `ours ÷ this` above 1 means that ours is faster, and so does `this ÷ ours` above 1, which \
    compares times.";

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
    use super::*;
    use crate::scenarios::SCENARIOS;

    /// Nobody measures again to change a word: then the page is edited along with the code.
    #[test]
    fn the_page_of_the_repository_has_the_words_of_this_code() {
        let page = include_str!("../../../docs/benchmarks.md");
        let says = |text: String| assert!(page.contains(&text), "docs/benchmarks.md does not say: {text}");
        says(format!("\n\n{HOW_TO_READ}\n\n"));
        for scenario in SCENARIOS {
            says(format!("\n## {}\n\n{}.\n\n|", scenario.name, scenario.about));
            for (names, why) in scenario.without {
                says(format!("\n- {}\n", table::note_without(names, why)));
            }
            for goal in scenario.goals {
                says(format!("\n| {} | {goal} | ", scenario.name));
            }
        }
        for peer in PEERS {
            says(format!("\n- `{}`: {}\n", peer.name, peer.about));
        }
    }
}
