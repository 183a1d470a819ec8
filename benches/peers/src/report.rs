//! The report of a run, as a document and as JSON.

use std::path::{Path, PathBuf};

use ipc_ring_measure::machine::Machine;
use ipc_ring_measure::Outcome;
use serde_json::json;

use crate::args::Compare;
use crate::goals::Verdict;
use crate::peers::PEERS;
use crate::result::{Measured, Round, Row, Sample, PARTS};
use crate::state::State;
use crate::table;

/// How to read the figures.
const HOW_TO_READ: &str = "\
    More is better for M messages/s and GB/s. Less is better for ns and for % of a core. Ratios compare each \
    row with the first one. Ours is faster where `ours ÷ this`, a ratio of rates, or `this ÷ ours`, a ratio of times, \
    is above 1.";

/// What a state is.
const STATES: &str = "\
    The machine has states: a line of the cache takes 29 to 54 ns to the other core and back (*smt*), 85 to 131 \
    (*near*) or 380 to 471 (*far*). It is looked at before and after each round. Figures are compared within one \
    state: the one that is named above a table and in a picture. A round in which the state changed counts nowhere.";

/// How the line about the states of a run begins.
const SEEN: &str = "States of this run: ";

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

    /// Returns the line about the states that the run saw, where they matter.
    pub fn states(&self) -> String {
        let crossing = self.results.iter().filter(|measured| measured.scenario.does.crosses());
        let (mut seen, mut changed) = (State::ALL.map(|state| (state, 0)), 0);
        for (states, in_none) in crossing.map(Measured::rounds) {
            seen.iter_mut().zip(states).for_each(|((_, all), (_, some))| *all += some);
            changed += in_none;
        }
        let rounds = seen.map(|(state, rounds)| format!("{rounds} rounds in *{}*", state.name())).join(", ");
        let seen = Vec::from_iter(seen.into_iter().filter(|(_, rounds)| *rounds > 0));
        let only = match &seen[..] {
            [(state, _)] => format!(" **It saw only *{}***: its figures say nothing about the others.", state.name()),
            _ => String::new(),
        };
        format!("{SEEN}{rounds}; {changed}, in which it changed, are dropped.{only}")
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
             {STATES}\n\n{}\n\n\
             <!-- not run by cli/tests/documents.rs: it takes minutes and writes this file -->\n```sh\n{}\n```\n\n",
            self.rounds,
            self.states(),
            self.command
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
        let sample = |Round { around, sample }: &Round| match sample {
            Sample::Idle(parts) => json!({ "idle": parts }),
            Sample::Passed { passed, lap, times } => {
                let latency = times.as_ref().map(|times| PARTS.map(|part| times.within(part)));
                let latency = latency.map(|[median, p99, p999]| json!({ "median": median, "p99": p99, "p999": p999 }));
                let (counted, nanoseconds) = (lap.counted, lap.nanoseconds);
                let line = [around.before, around.after];
                json!({
                    "state": around.state(), "line": line, "passed": passed, "counted": counted,
                    "nanoseconds": nanoseconds, "latency": latency,
                })
            }
        };
        let row = |Row { peer, geometry, rounds, failures, .. }: &Row, median| {
            let samples = Vec::from_iter(rounds.iter().map(sample));
            let peer = peer.name;
            json!({ "peer": peer, "geometry": geometry, "median": median, "samples": samples, "failures": failures })
        };
        let scenario = |measured: &Measured| {
            let within = measured.within();
            let rows = Vec::from_iter(measured.rows.iter().map(|of| row(of, measured.headline(of, within))));
            json!({ "scenario": measured.scenario.name, "state": within.state(), "rows": rows })
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
    use crate::peers;
    use crate::result::passed_in_a_second;
    use crate::scenarios::{named, SCENARIOS};
    use crate::state::Around;

    /// Returns the lines of a page without all that comes from a measurement: figures, failures, machine and command.
    fn words<'a>(page: &'a str) -> Vec<&'a str> {
        let mut is_in_a_table = false;
        let word = |line: &'a str| {
            let is_a_title = !std::mem::replace(&mut is_in_a_table, line.starts_with('|'));
            match line {
                line if line.starts_with("Measured ") => line.split_once(". ").map(|(_, words)| words),
                line if line.starts_with(SEEN) || line.starts_with(table::STATE) => None,
                line if line.is_empty() || line.starts_with("cargo run ") || line.starts_with("- **") => None,
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
        let results =
            SCENARIOS.iter().map(|scenario| Measured { scenario, rows: Vec::new(), asked_for: None }).collect();
        let report = Report::new(Machine::here(), &args, results).markdown();
        // Line by line, so that a failure shows the line that differs.
        let (page, report) = (words(include_str!("../../../docs/benchmarks.md")), words(&report));
        for (of_the_page, of_the_code) in page.iter().zip(&report) {
            assert_eq!(of_the_page, of_the_code);
        }
        assert_eq!(page.len(), report.len());
    }

    #[test]
    fn a_run_that_saw_one_state_says_so() {
        let Command::Compare(args) = Args::parse_from(["ipc_ring_peers", "compare"]).command else { unreachable!() };
        let states = |lines: &[[f64; 2]]| {
            let scenario = named("4KiB").expect("a scenario");
            let mut row = Row::new(peers::named("ours").expect("ours"), scenario.geometries().next().expect("one"));
            let round = |line: &[f64; 2]| {
                let around = Around { before: line[0], after: line[1] };
                Round { around, ..passed_in_a_second(1) }
            };
            row.rounds = lines.iter().map(round).collect();
            let results = vec![Measured { scenario, rows: vec![row], asked_for: None }];
            Report::new(Machine::here(), &args, results).states()
        };
        let one = states(&[[90.0, 90.0], [90.0, 90.0], [90.0, 400.0]]);
        let rounds = "2 rounds in *near*, 0 rounds in *smt*, 0 rounds in *far*; 1, in which it changed, are dropped.";
        assert!(one.contains(rounds) && one.contains("It saw only *near*"), "{one}");
        let two = states(&[[90.0, 90.0], [400.0, 400.0]]);
        assert!(two.contains("1 rounds in *far*; 0, in which") && !two.contains("only"), "{two}");
    }
}
