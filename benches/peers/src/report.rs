//! All that a run says, as a document and as data.

use std::path::{Path, PathBuf};

use ipc_ring_measure::machine::Machine;
use ipc_ring_measure::Outcome;
use serde_json::json;

use crate::args::Compare;
use crate::goals::Verdict;
use crate::peers::PEERS;
use crate::result::{Measured, Row, Sample, PARTS};
use crate::table;

/// All that a run says.
#[derive(Debug)]
pub struct Report {
    machine: Machine,
    command: String,
    rounds: u32,
    /// Where the document finds the pictures, if there are any.
    pictures: Option<PathBuf>,
    /// What came of each scenario.
    pub results: Vec<Measured>,
    /// What that means for each goal.
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// Of what was measured here as `args` say.
    pub fn new(machine: Machine, args: &Compare, results: Vec<Measured>) -> Self {
        let goals =
            results.iter().flat_map(|measured| measured.scenario.goals.iter().map(move |goal| (goal, measured)));
        let verdicts = goals.map(|(goal, measured)| goal.judge(measured)).collect();
        let words: Vec<String> = std::env::args().skip(1).collect();
        let command = format!("cargo run --release -p ipc_ring_peers -- {}", words.join(" "));
        // A path in a document counts from where the document is.
        let document = args.markdown.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let pictures = args.plots.as_deref().map(|at| at.strip_prefix(document).unwrap_or(at).to_path_buf());
        Self { machine, command, rounds: args.rounds, pictures, results, verdicts }
    }

    /// The document.
    pub fn markdown(&self) -> String {
        let Machine { date, processor, cores, system } = &self.machine;
        let mut text = format!(
            "# ipc_ring beside its peers\n\n\
             {date}, {processor}, {cores} cores, {system}. Medians of {} rounds, in turns:\n\n\
             <!-- not run by cli/tests/documents.rs: six minutes, and it writes this file -->\n```sh\n{}\n```\n\n",
            self.rounds, self.command
        );
        text += &table::of_goals(&self.verdicts);
        for measured in &self.results {
            text += &format!("\n{}", table::of_scenario(measured));
            if let Some(pictures) = &self.pictures {
                let picture = pictures.join(measured.picture());
                text += &format!("\n![{}]({})\n", measured.scenario.name, picture.display());
            }
        }
        text += "\n## who is who\n\n";
        for peer in PEERS {
            text += &format!("- `{}`: {}\n", peer.name, peer.about);
        }
        text
    }

    /// The data: every sample of every round.
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
