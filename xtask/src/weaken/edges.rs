//! The edges of the ordering contract, each weakened at run time in one binary of the models (`src/atomics/weaken.rs`).
//! Every model meets every one.

use std::collections::BTreeSet;

use anyhow::{ensure, Result};
use rayon::prelude::*;

use super::models::{last, Failure, Models, WEAKEN};
use super::mutants::MUTANTS;
use super::{broken, Broken};
use crate::shell::read;

/// What the models are told by which edge to weaken, and how.
const VARIABLE: &str = "IPC_RING_WEAKEN";
const CONTRACT: &str = "src/atomics/order.rs";
const SAFETY: &str = "SAFETY.md";

/// An edge of the contract, and its ordering.
type Edge = (String, String);

/// The ways to weaken an edge, and what that makes of it: none where nothing weaker exists.
fn weakened((name, ordering): &Edge) -> Vec<(String, &'static str)> {
    match &**ordering {
        "Relaxed" => vec![],
        "SeqCst" => vec![(name.clone(), "AcqRel"), (format!("-{name}"), "left out")],
        _ => vec![(name.clone(), "Relaxed")],
    }
}

/// Weakens each edge in each way.
pub fn weaken_each(models: &Models) -> Result<Broken> {
    let (edges, safety) = (edges_of(&read(CONTRACT)?)?, read(SAFETY)?);
    let ways = Vec::from_iter(edges.iter().flat_map(weakened));
    let pairs = ways.iter().flat_map(|(way, _)| models.names.iter().map(move |model| (way, model)));
    let pairs = Vec::from_iter(pairs);
    let meet = |&(way, model): &(&String, &String)| models.meet(model, WEAKEN, Some((VARIABLE, way)));
    let failures: Vec<Failure> = pairs.par_iter().with_max_len(1).map(meet).collect::<Result<_>>()?;
    let mut rows = failures.chunks(models.names.len());
    let (mut survivors, mut justified) = (Vec::new(), 0);
    println!("\nedge  weakened to  noticed by, of {} models", models.names.len());
    for edge in &edges {
        let mut noticed = Vec::new();
        for ((_, into), row) in weakened(edge).into_iter().zip(&mut rows) {
            let failed = models.names.iter().zip(row).filter(|(_, failure)| failure.is_some());
            let killers: BTreeSet<&str> = failed.map(|(model, _)| last(model)).collect();
            println!("{:<4}  {into:<11}  {}: {killers:?}", edge.0, killers.len());
            noticed.push((into, killers));
        }
        justified += usize::from(noticed.is_empty());
        survivors.extend(complaint(&edge.0, &safety, &noticed));
    }
    Ok(broken(pairs.len(), "edges", edges.len(), justified, survivors))
}

/// The edges that the contract defines, each with its ordering.
fn edges_of(contract: &str) -> Result<Vec<Edge>> {
    let read = |definition: &str| {
        let (name, rest) = definition.strip_prefix('"')?.split_once("\", ")?;
        Some((name.into(), rest.split(')').next()?.into()))
    };
    let edges: Vec<Edge> = contract.split("= edge(").skip(1).filter_map(read).collect();
    let is_whole = !edges.is_empty() && edges.len() >= contract.matches("edge(\"").count();
    ensure!(is_whole, "an edge of {CONTRACT} cannot be read, or there is none");
    Ok(edges)
}

/// What is wrong with an edge, given its row in SAFETY.md and which models noticed each of its weakenings.
fn complaint(edge: &str, safety: &str, weakened: &[(&str, BTreeSet<&str>)]) -> Option<String> {
    let begin = format!("| {edge} |");
    let row = safety.lines().find(|line| line.starts_with(&begin)).unwrap_or_default();
    let named: BTreeSet<&str> = row.split('`').skip(1).step_by(2).collect();
    if weakened.is_empty() {
        let is_broken = MUTANTS.iter().any(|mutant| mutant.breaks == edge);
        let is_justified = is_broken || row.contains("nothing depends on it");
        return (!is_justified).then(|| format!("{edge} is broken by no mutant, and {SAFETY} does not say why"));
    }
    let (into, killers) = weakened.iter().find(|(_, killers)| killers.is_disjoint(&named))?;
    Some(match killers.is_empty() {
        true => format!("{edge} survives: {into}"),
        false => format!("{edge}, {into}, is noticed by none that {SAFETY} names, but by {killers:?}"),
    })
}

#[test]
fn edges_are_read_from_the_contract() {
    let contract = "const A: Edge = edge(\"O1\", Release);\nconst B: Edge = edge(\"O9\", Relaxed);\n";
    assert_eq!(edges_of(contract).unwrap(), [("O1".into(), "Release".into()), ("O9".into(), "Relaxed".into())]);
    assert!(edges_of("").is_err() && edges_of(&contract.replace("= edge(\"O9\"", "=\n edge(\"O9\"")).is_err());
}

#[test]
fn an_edge_that_no_named_model_misses_survives() {
    let row = "| O1 | PUBLISH | Release | O2 | `a`, `b` |";
    let release = |killers: [&'static str; 1]| {
        complaint("O1", row, &[("AcqRel", BTreeSet::from(["a"])), ("left out", BTreeSet::from(killers))])
    };
    assert!(release(["b"]).is_none() && release(["c"]).is_some());
    let unnoticed = complaint("O1", row, &[("Relaxed", BTreeSet::new())]);
    assert_eq!(unnoticed, Some("O1 survives: Relaxed".into()));
    assert_eq!(complaint("O9", "", &[]), None);
    let late = |row| complaint("O99", row, &[]);
    assert!(late("| O99 | LATE | Relaxed | O10 |").is_some() && late("| O99 | nothing depends on it").is_none());
}
