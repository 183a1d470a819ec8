//! The edges of the ordering contract, each weakened at run time in one binary of the models (`src/atomics/weaken.rs`).
//! In CI it meets the models that are tagged with it, in the full lane every model.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{ensure, Result};
use ipc_ring_mutants::{MUTANTS, UNBROKEN};
use ipc_ring_tags::Test;
use rayon::prelude::*;
use serde_json::json;

use super::models::{last, Failure, Models, WEAKEN};
use super::{broken, control, Broken};
use crate::explored::{lane, FULL};
use crate::shell::{read, target_directory, write, Shell};
use crate::traced::tagged;

/// Where it is kept which models noticed which weakened edge.
pub const MATRIX: &str = "explored/weaken.json";
/// What the models are told by which edge to weaken, and how.
const VARIABLE: &str = "IPC_RING_WEAKEN";
pub(super) const CONTRACT: &str = "src/atomics/order.rs";

/// An edge of the contract, and its ordering.
pub(super) type Edge = (String, String);

/// The ways to weaken an edge, and what that makes of it: none where nothing weaker exists.
pub(super) fn weakened((name, ordering): &Edge) -> Vec<(String, &'static str)> {
    match &**ordering {
        "Relaxed" => vec![],
        "SeqCst" => vec![(name.clone(), "AcqRel"), (format!("-{name}"), "left out")],
        _ => vec![(name.clone(), "Relaxed")],
    }
}

/// Weakens each edge that is wanted in each way.
pub fn weaken(sh: &Shell, is_wanted: impl Fn(&str) -> bool) -> Result<Broken> {
    let edges = edges_of(&read(CONTRACT)?)?.into_iter().filter(|(name, _)| is_wanted(name));
    let (edges, tests) = (Vec::from_iter(edges), tagged()?);
    if edges.iter().all(|edge| weakened(edge).is_empty()) {
        return Ok(broken(0, "edges", edges.len(), edges.len(), vec![]));
    }
    let models = Models::build(sh, Path::new("."))?;
    control(&models, &models.names)?;
    let meets = |edge: &str, model: &str| lane() == FULL || tagged_with(edge, &tests).contains(last(model));
    let (mut runs, mut survivors, mut justified, mut matrix) = (0, Vec::new(), 0, Vec::new());
    for edge in &edges {
        let met = Vec::from_iter(models.names.iter().filter(|model| meets(&edge.0, model)));
        let mut noticed = Vec::new();
        for (way, into) in weakened(edge) {
            println!("{}", models.line("MODEL", WEAKEN, (VARIABLE, &way)));
            let meet = |model: &&String| models.meet(model, WEAKEN, Some((VARIABLE, &way)));
            let failures: Vec<Failure> = met.par_iter().with_max_len(1).map(meet).collect::<Result<_>>()?;
            let failed = met.iter().zip(&failures).filter(|(_, failure)| failure.is_some());
            let killers: BTreeSet<&str> = failed.map(|(model, _)| last(model)).collect();
            println!("{} weakened to {into}: noticed by {} of {}: {killers:?}", edge.0, killers.len(), met.len());
            runs += met.len();
            matrix.push(json!({ "edge": edge.0, "into": into, "killers": killers }));
            noticed.push((into, killers));
        }
        justified += usize::from(noticed.is_empty());
        survivors.extend(complaint(&edge.0, &tests, &noticed));
    }
    // For the page: of all edges, or of none.
    if edges_of(&read(CONTRACT)?)?.len() == edges.len() {
        let matrix = json!({ "revision": crate::report::revision(sh), "rows": matrix });
        write(target_directory().join(MATRIX), &matrix.to_string())?;
    }
    Ok(broken(runs, "edges", edges.len(), justified, survivors))
}

/// The names of loom's models that are tagged with the edge.
fn tagged_with<'a>(edge: &str, tests: &'a [Test]) -> BTreeSet<&'a str> {
    let is_tagged = |test: &&Test| test.is_model_of("loom") && test.tags.iter().any(|id| id.to_string() == edge);
    tests.iter().filter(is_tagged).map(|test| &*test.name).collect()
}

/// The edges that the contract defines, each with its ordering.
pub(super) fn edges_of(contract: &str) -> Result<Vec<Edge>> {
    let read = |definition: &str| {
        let (name, rest) = definition.strip_prefix('"')?.split_once("\", ")?;
        Some((name.into(), rest.split(')').next()?.into()))
    };
    let edges: Vec<Edge> = contract.split("= edge(").skip(1).filter_map(read).collect();
    let is_whole = !edges.is_empty() && edges.len() >= contract.matches("edge(\"").count();
    ensure!(is_whole, "an edge of {CONTRACT} cannot be read, or there is none");
    Ok(edges)
}

/// What is wrong with an edge, given all tests and which models noticed each of its weakenings. One of those that are
/// tagged with it has to be among them.
fn complaint(edge: &str, tests: &[Test], weakened: &[(&str, BTreeSet<&str>)]) -> Option<String> {
    if weakened.is_empty() {
        let broken = MUTANTS.iter().map(|mutant| mutant.breaks);
        let is_justified = broken.chain(UNBROKEN.iter().map(|(edge, _)| *edge)).any(|broken| broken == edge);
        return (!is_justified).then(|| format!("{edge} is broken by no mutant, and verify/mutants does not say why"));
    }
    let tagged = tagged_with(edge, tests);
    let (into, killers) = weakened.iter().find(|(_, killers)| killers.is_disjoint(&tagged))?;
    Some(match killers.is_empty() {
        true => format!("{edge} survives: {into}"),
        false => format!("{edge}, {into}, is noticed by no model that is tagged with it, but by {killers:?}"),
    })
}

#[test]
fn edges_are_read_from_the_contract() {
    let contract = "const A: Edge = edge(\"O1\", Release);\nconst B: Edge = edge(\"O9\", Relaxed);\n";
    assert_eq!(edges_of(contract).unwrap(), [("O1".into(), "Release".into()), ("O9".into(), "Relaxed".into())]);
    assert!(edges_of("").is_err() && edges_of(&contract.replace("= edge(\"O9\"", "=\n edge(\"O9\"")).is_err());
}

#[test]
fn an_edge_that_no_tagged_model_misses_survives() {
    let model = |name: &str, path: &str| Test {
        name: name.into(),
        path: path.into(),
        tags: vec!["O1".parse().unwrap(), "O9".parse().unwrap()],
    };
    let tests = [model("a", "verify/loom/x.rs"), model("b", "verify/loom/x.rs"), model("c", "verify/shuttle/x.rs")];
    let release = |killers: [&'static str; 1]| {
        complaint("O1", &tests, &[("AcqRel", BTreeSet::from(["a"])), ("left out", BTreeSet::from(killers))])
    };
    assert!(release(["b"]).is_none() && release(["c"]).is_some());
    let unnoticed = complaint("O1", &tests, &[("Relaxed", BTreeSet::new())]);
    assert_eq!(unnoticed, Some("O1 survives: Relaxed".into()));
    assert!(complaint("O9", &[], &[]).is_none() && complaint("O15", &[], &[]).is_none());
    assert!(complaint("O99", &tests, &[]).is_some());
}
