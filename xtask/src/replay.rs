//! Holds the formulas of the protocol against the code: what loom and shuttle see it do is replayed (`verify/smt`).
//!
//! Each step that the code takes has to be a step of the formulas, and each step of the formulas has to be taken by
//! some execution. The formulas are of x86. C11 allows more, and loom tries it: such an execution is replayed up to its
//! first load of a value that x86 would not give.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{bail, ensure, Result};
use ipc_ring_mutants::MUTANTS;
use ipc_ring_smt::replay::{Way, WAYS};
use ipc_ring_smt::system::{intern, steps, SIDES};
use serde_json::Value;

use crate::checks::with_engine;
use crate::explored::{report_of, rows, LANE};
use crate::report::Checked;
use crate::shell::{read, table, with_commas, write, Shell};
use crate::weaken;

/// By this a model is told to replay its executions.
pub const REPLAY: &str = "IPC_RING_REPLAY";
/// The models that are not replayed: peers that break the protocol, and views, which are no part of the formulas.
const NOT_REPLAYED: [&str; 4] = ["hostile::", "view::", "snapshot::", "canaries::"];
/// The mutants that the replay notices, before their model fails.
const NOTICED: &str = "verify/smt/noticed.txt";

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    if asked.contains(&"mutants".into()) {
        return mutants(sh, asked.contains(&"accept".into()));
    }
    let mut taken: BTreeMap<Way, u64> = BTreeMap::new();
    let (mut rows_told, mut all, mut silent) = (Vec::new(), [0; 4], BTreeSet::new());
    for engine in ["loom", "shuttle"] {
        let mut these = [0; 4];
        let rows = replayed(sh, engine)?;
        ensure!(!rows.is_empty(), "{engine} ran no model");
        for row in rows {
            let counts = ["traces", "seen", "beyond", "cut"].map(|what| row[what].as_u64().unwrap_or_default());
            these.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            if counts[0] == 0 {
                silent.insert(format!("{engine}: {}", row["what"].as_str().unwrap_or_default()));
            }
            for way in row["taken"].as_array().into_iter().flatten() {
                let (way, times) = way_of(way)?;
                *taken.entry(way).or_default() += times;
            }
        }
        // This engine is sequentially consistent.
        ensure!(engine != "shuttle" || these[2] == 0, "{} traces of shuttle are none of x86", these[2]);
        let [traces, seen, beyond, cut] = these.map(with_commas);
        rows_told.push([engine.to_string(), traces, seen, beyond, cut]);
        all.iter_mut().zip(these).for_each(|(all, these)| *all += these);
    }
    let heads = ["engine", ">traces", ">steps seen", ">up to a load that x86 has not", ">up to the limit"];
    println!("{}", table(heads, rows_told));
    let of_steps = steps(None).into_iter().map(|step| {
        let times = taken.iter().filter(|(way, _)| way.0 == step.name).map(|(_, times)| times).sum::<u64>();
        [step.name.to_string(), with_commas(times)]
    });
    println!("{}", table(["step", ">taken"], of_steps));
    let never = never_taken(&taken);
    ensure!(never.is_empty(), "no execution takes these steps of the formulas, or takes them so: {never:?}");
    ensure!(silent.is_empty(), "of these models nothing is replayed: {silent:?}");
    let [traces, seen, beyond, cut] = all;
    let [whole, seen, cut] = [traces - beyond - cut, seen, beyond + cut].map(with_commas);
    Ok(format!("{seen} steps, all of them steps of the formulas, in {whole} traces to their end and {cut} in part"))
}

/// Reads a way, and how often it was taken.
fn way_of(row: &Value) -> Result<(Way, u64)> {
    let numbers = [1, 2, 3].map(|at| row[at].as_i64());
    match (row[0].as_str(), numbers) {
        (Some(step), [Some(from), Some(to), Some(times)]) => {
            Ok(((intern(step.into()), from.into(), to.into()), u64::try_from(times)?))
        }
        _ => bail!("{row} is no way to take a step"),
    }
}

/// Runs the models of an engine, which replay what they do.
fn replayed(sh: &Shell, engine: &str) -> Result<Vec<Value>> {
    let report = report_of(&format!("replay-{engine}"));
    write(&report, "")?;
    let skip = NOT_REPLAYED.iter().flat_map(|name| ["--skip", name]);
    let line = with_engine(sh, engine, &format!("test --test {engine}")).arg("--").args(skip);
    line.env(REPLAY, "1").env(LANE, "weaken").env("IPC_RING_REPORT", std::path::absolute(&report)?).run()?;
    Ok(rows(&read(report)?)?.into_iter().filter(|row| row["check"] == "replay").collect())
}

/// Has each mutant of the protocol meet its model, which replays what it does. Fails unless the replay notices those
/// that it is known to notice, or writes down which it does.
fn mutants(sh: &Shell, accept: bool) -> Checked {
    std::env::set_var(REPLAY, "1");
    let (failures, _) = weaken::failures(sh, MUTANTS)?;
    let by_replay = |(_, failure): &&(_, weaken::Failure)| failure.as_ref().is_some_and(|why| why.contains("replay: "));
    let noticed: BTreeSet<&str> = failures.iter().filter(by_replay).map(|(mutant, _)| mutant.name).collect();
    let rows = failures.iter().map(|(mutant, failure)| {
        [mutant.name.to_string(), mutant.breaks.to_string(), failure.clone().unwrap_or_else(|| "holds".into())]
    });
    println!("{}", table(["mutant", "breaks", "what is said first"], rows));
    if accept {
        write(NOTICED, &noticed.iter().map(|name| format!("{name}\n")).collect::<String>())?;
    }
    let known = read(NOTICED)?;
    let differ: BTreeSet<&str> =
        known.lines().collect::<BTreeSet<_>>().symmetric_difference(&noticed).copied().collect();
    ensure!(differ.is_empty(), "of these {NOTICED} says something else: {differ:?}");
    Ok(format!("{} of {} mutants are noticed by the replay, before their model fails", noticed.len(), failures.len()))
}

/// The steps of the formulas that no execution took, and the ways that it did not take.
fn never_taken(taken: &BTreeMap<Way, u64>) -> BTreeSet<String> {
    let all = steps(None);
    let steps = all.iter().filter(|step| !taken.keys().any(|way| way.0 == step.name)).map(|step| step.name.to_string());
    let ways = SIDES.iter().flat_map(|side| WAYS.map(|(step, from, to)| (intern(format!("{side}_{step}")), from, to)));
    let ways =
        ways.filter(|way| !taken.contains_key(way)).map(|(step, from, to)| format!("{step} from {from} to {to}"));
    steps.chain(ways).collect()
}

#[cfg(test)]
use ipc_ring_smt::system::pc;

#[test]
fn a_step_or_a_way_that_no_execution_takes_is_found() {
    let steps = steps(None).into_iter().map(|step| ((step.name, 0, 0), 1));
    let ways =
        SIDES.iter().flat_map(|side| WAYS.map(|(step, from, to)| ((intern(format!("{side}_{step}")), from, to), 1)));
    let mut taken: BTreeMap<Way, u64> = steps.chain(ways).collect();
    assert_eq!(never_taken(&taken), BTreeSet::new());
    taken.remove(&("w_retreat", 0, 0));
    taken.remove(&(intern("r_die".into()), pc::LEFT, pc::OUT));
    let missed = ["w_retreat".to_string(), format!("r_die from {} to {}", pc::LEFT, pc::OUT)];
    assert_eq!(never_taken(&taken), BTreeSet::from(missed));
}
