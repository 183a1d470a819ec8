//! Holds the formulas of the protocol against the code: what loom and shuttle see it do is replayed (`verify/smt`).
//!
//! Each step that the code takes has to be a step of the formulas, and each step of the formulas has to be taken by
//! some execution. The formulas are of x86. C11 allows more, and loom tries it: such an execution is replayed up to its
//! first load of a value that x86 would not give.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{ensure, Result};
use ipc_ring_mutants::MUTANTS;
use ipc_ring_smt::system::steps;

use crate::checks::with_engine;
use crate::explored::{report_of, rows, LANE};
use crate::report::Checked;
use crate::shell::{read, table, with_commas, write, Shell};
use crate::weaken;

/// By this a model is told to replay its executions.
pub const REPLAY: &str = "IPC_RING_REPLAY";
/// The models that are not replayed: peers that break the protocol, and views, which are no part of the formulas.
const NOT_REPLAYED: [&str; 4] = ["hostile::", "view::", "snapshot::", "canaries::"];

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    if asked.contains(&"mutants".into()) {
        return mutants(sh);
    }
    let mut taken = BTreeMap::new();
    let (mut rows_told, mut all) = (Vec::new(), [0, 0, 0]);
    for engine in ["loom", "shuttle"] {
        let mut these = [0, 0, 0];
        for row in replayed(sh, engine)? {
            for (at, what) in ["traces", "seen", "beyond"].into_iter().enumerate() {
                these[at] += row[what].as_u64().unwrap_or_default();
            }
            for (step, times) in row["taken"].as_object().into_iter().flatten() {
                *taken.entry(step.clone()).or_insert(0) += times.as_u64().unwrap_or_default();
            }
        }
        // This engine is sequentially consistent.
        ensure!(engine != "shuttle" || these[2] == 0, "{} traces of shuttle are none of x86", these[2]);
        ensure!(these[0] > 0, "{engine} replayed nothing");
        rows_told.push([engine.to_string(), with_commas(these[0]), with_commas(these[1]), with_commas(these[2])]);
        all.iter_mut().zip(these).for_each(|(all, these)| *all += these);
    }
    println!("{}", table(["engine", ">traces", ">steps seen", ">cut at a load that x86 has not"], rows_told));
    let of_steps = steps(None)
        .into_iter()
        .map(|step| [step.name.to_string(), with_commas(taken.get(step.name).copied().unwrap_or_default())]);
    println!("{}", table(["step", ">taken"], of_steps));
    let never = never_taken(&taken);
    ensure!(never.is_empty(), "no execution takes these steps of the formulas: {never:?}");
    let [traces, seen, beyond] = all;
    let [whole, seen, beyond] = [traces - beyond, seen, beyond].map(with_commas);
    Ok(format!(
        "{seen} steps, all of them steps of the formulas, in {whole} traces to their end, and in {beyond} up to a load \
         that x86 has not"
    ))
}

/// Runs the models of an engine, which replay what they do.
fn replayed(sh: &Shell, engine: &str) -> Result<Vec<serde_json::Value>> {
    let report = report_of(&format!("replay-{engine}"));
    write(&report, "")?;
    let skip = NOT_REPLAYED.iter().flat_map(|name| ["--skip", name]);
    let line = with_engine(sh, engine, &format!("test --test {engine}")).arg("--").args(skip);
    line.env(REPLAY, "1").env(LANE, "weaken").env("IPC_RING_REPORT", std::path::absolute(&report)?).run()?;
    Ok(rows(&read(report)?)?.into_iter().filter(|row| row["check"] == "replay").collect())
}

/// Has each mutant of the protocol meet its model, which replays what it does, and counts those that are noticed by it.
fn mutants(sh: &Shell) -> Checked {
    std::env::set_var(REPLAY, "1");
    let (failures, _) = weaken::failures(sh, MUTANTS)?;
    let by_replay = |(_, failure): &&(_, weaken::Failure)| failure.as_ref().is_some_and(|why| why.contains("replay: "));
    let noticed = failures.iter().filter(by_replay).count();
    let rows = failures.iter().map(|(mutant, failure)| {
        [mutant.name.to_string(), mutant.breaks.to_string(), failure.clone().unwrap_or_else(|| "holds".into())]
    });
    println!("{}", table(["mutant", "breaks", "what is said first"], rows));
    ensure!(noticed > 0, "the replay notices no mutant");
    Ok(format!("{noticed} of {} mutants are noticed by the replay, before their model fails", failures.len()))
}

/// The steps of the formulas that no execution took.
fn never_taken(taken: &BTreeMap<String, u64>) -> BTreeSet<&'static str> {
    steps(None).iter().map(|step| step.name).filter(|step| !taken.contains_key(*step)).collect()
}

#[test]
fn a_step_that_no_execution_takes_is_found() {
    let mut taken: BTreeMap<String, u64> = steps(None).iter().map(|step| (step.name.to_string(), 1)).collect();
    assert!(never_taken(&taken).is_empty());
    taken.remove("w_retreat");
    assert_eq!(never_taken(&taken), BTreeSet::from(["w_retreat"]));
}
