//! The edges of the ordering contract, each weakened at run time in one binary of the models (`src/atomics/weaken.rs`).
//! Every model meets every one.

use std::collections::BTreeSet;
use std::fs;

use super::models::{last, Lane, Models, Verdict};
use super::mutants::MUTANTS;
use super::Tally;
use crate::parallel::in_parallel;

/// What the models are told by which edge to weaken, and how.
const VARIABLE: &str = "IPC_RING_WEAKEN";
const CONTRACT: &str = "src/atomics/order.rs";
const SAFETY: &str = "SAFETY.md";

/// An edge of the contract.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Edge {
    name: String,
    ordering: String,
}

/// An edge, weakened.
struct Weakened<'a> {
    edge: &'a Edge,
    /// What [`VARIABLE`] is set to.
    way: String,
    /// What that makes of it.
    into: &'static str,
}

impl Edge {
    /// The ways to weaken it: none where nothing weaker exists.
    fn weakened(&self) -> Vec<Weakened<'_>> {
        let way = |way: String, into| Weakened { edge: self, way, into };
        match &*self.ordering {
            "Relaxed" => vec![],
            "SeqCst" => vec![way(self.name.clone(), "AcqRel"), way(format!("-{}", self.name), "left out")],
            _ => vec![way(self.name.clone(), "Relaxed")],
        }
    }
}

/// Weakens each edge in each way. Says how many runs of a model that took, and what came of it.
pub fn weaken_each(models: &Models) -> Result<(u64, Tally), String> {
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (edges, safety) = (edges_of(&read(CONTRACT)?)?, read(SAFETY)?);
    let weakened: Vec<Weakened> = edges.iter().flat_map(Edge::weakened).collect();
    let pairs: Vec<(&Weakened, &String)> =
        weakened.iter().flat_map(|weakened| models.names.iter().map(move |model| (weakened, model))).collect();
    let verdicts =
        in_parallel(&pairs, |(weakened, model)| models.meet(model, Lane::Weaken, Some((VARIABLE, &weakened.way))))?;
    let rows: Vec<&[Verdict]> = verdicts.chunks(models.names.len()).collect();
    print!("{}", matrix(&models.names, &weakened, &rows));

    let complaint = |edge: &Edge| {
        let own = weakened.iter().zip(&rows).filter(|(weakened, _)| weakened.edge == edge);
        let killers = own.map(|(weakened, row)| (weakened.into, killers(&models.names, row)));
        complaint(edge, row_of(&safety, &edge.name), killers.collect())
    };
    let survivors: Vec<String> = edges.iter().filter_map(complaint).collect();
    let justified = edges.iter().filter(|edge| edge.weakened().is_empty()).count();
    let killed = edges.len() - justified - survivors.len();
    Ok((pairs.len() as u64, Tally { what: "edges", killed, justified, survivors }))
}

/// The edges that the contract defines, each with its ordering.
fn edges_of(contract: &str) -> Result<Vec<Edge>, String> {
    let read = |definition: &str| {
        let (name, rest) = definition.strip_prefix('"')?.split_once("\", ")?;
        Some(Edge { name: name.into(), ordering: rest.split(')').next()?.into() })
    };
    let edges: Vec<Edge> = contract.split("= edge(").skip(1).filter_map(read).collect();
    match edges.len() {
        0 => Err(format!("{CONTRACT} defines no edge")),
        read if read < contract.matches("edge(\"").count() => Err(format!("an edge of {CONTRACT} cannot be read")),
        _ => Ok(edges),
    }
}

/// The edge's row in SAFETY.md.
fn row_of<'a>(safety: &'a str, edge: &str) -> &'a str {
    let begin = format!("| {edge} |");
    safety.lines().find(|line| line.starts_with(&begin)).unwrap_or_default()
}

/// The models that failed.
fn killers<'a>(models: &'a [String], row: &[Verdict]) -> BTreeSet<&'a str> {
    let failed = models.iter().zip(row).filter(|(_, verdict)| matches!(verdict, Verdict::Failed(_)));
    failed.map(|(model, _)| last(model)).collect()
}

/// What is wrong with an edge, given its row in SAFETY.md and which models noticed each of its weakenings.
fn complaint(edge: &Edge, row: &str, weakened: Vec<(&str, BTreeSet<&str>)>) -> Option<String> {
    let named: BTreeSet<&str> = row.split('`').skip(1).step_by(2).collect();
    if weakened.is_empty() {
        let is_broken = MUTANTS.iter().any(|mutant| mutant.breaks == edge.name);
        let justified = is_broken || row.contains("nothing depends on it");
        return (!justified).then(|| format!("{} is broken by no mutant, and {SAFETY} does not say why", edge.name));
    }
    let unnoticed = weakened.iter().find(|(_, killers)| killers.is_disjoint(&named));
    unnoticed.map(|(into, killers)| match killers.is_empty() {
        true => format!("{} survives: {into}", edge.name),
        false => format!("{}, {into}, is noticed by none that {SAFETY} names, but by {killers:?}", edge.name),
    })
}

/// A line for each weakening, a column for each model: x where the model failed.
fn matrix(models: &[String], weakened: &[Weakened], rows: &[&[Verdict]]) -> String {
    let mut text = String::from("\n");
    for (number, model) in models.iter().enumerate() {
        text += &format!("{:>3}  {}\n", number + 1, last(model));
    }
    let numbers: String = (1..=models.len()).map(|number| format!("{number:>3}")).collect();
    text += &format!("\nedge  weakened to  {numbers}\n");
    for (Weakened { edge, into, .. }, row) in weakened.iter().zip(rows) {
        let marks: String = row.iter().map(|verdict| format!("{:>3}", mark(verdict))).collect();
        text += &format!("{:<4}  {into:<11}  {marks}\n", edge.name);
    }
    text + "\n"
}

fn mark(verdict: &Verdict) -> char {
    match verdict {
        Verdict::Held => '.',
        Verdict::Failed(_) => 'x',
        Verdict::Hung => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(name: &str, ordering: &str) -> Edge {
        Edge { name: name.into(), ordering: ordering.into() }
    }

    #[test]
    fn edges_are_read_from_the_contract() {
        let contract = "const A: Edge = edge(\"O1\", Release);\nconst B: Edge = edge(\"O9\", Relaxed);\n";
        assert_eq!(edges_of(contract), Ok(vec![edge("O1", "Release"), edge("O9", "Relaxed")]));
        assert!(edges_of("").is_err());
        assert!(edges_of(&contract.replace("= edge(\"O9\"", "=\n    edge(\"O9\"")).is_err());
    }

    #[test]
    fn a_fence_is_weakened_and_left_out_and_what_is_relaxed_is_neither() {
        let ways = |ordering| edge("O5", ordering).weakened().iter().map(|one| one.way.clone()).collect::<Vec<_>>();
        assert_eq!(ways("Release"), ["O5"]);
        assert_eq!(ways("SeqCst"), ["O5", "-O5"]);
        assert!(ways("Relaxed").is_empty());
    }

    #[test]
    fn an_edge_that_no_named_model_misses_survives() {
        let (release, row) = (edge("O1", "Release"), "| O1 | PUBLISH | Release | O2 | `a`, `b` |");
        assert_eq!(complaint(&release, row, vec![("Relaxed", BTreeSet::from(["b", "c"]))]), None);
        assert!(complaint(&release, row, vec![("Relaxed", BTreeSet::from(["c"]))]).is_some());
        assert!(complaint(&release, row, vec![("Relaxed", BTreeSet::new())]).is_some());
        let both = vec![("AcqRel", BTreeSet::from(["a"])), ("left out", BTreeSet::new())];
        assert_eq!(complaint(&release, row, both), Some("O1 survives: left out".into()));
        let (broken, relaxed) = (edge("O9", "Relaxed"), edge("O99", "Relaxed"));
        assert_eq!(complaint(&broken, "", vec![]), None);
        assert!(complaint(&relaxed, "| O99 | LATE | Relaxed | O10 |", vec![]).is_some());
        assert_eq!(complaint(&relaxed, "nothing depends on it", vec![]), None);
    }

    #[test]
    fn the_matrix_has_a_line_for_each_weakening() {
        let edge = edge("O5", "SeqCst");
        let (failed, held) = (Verdict::Failed("why".into()), Verdict::Held);
        let rows = [[failed.clone(), held.clone()], [failed, Verdict::Hung]];
        let rows: Vec<&[Verdict]> = rows.iter().map(|row| &row[..]).collect();
        let text = matrix(&["m::a".into(), "m::b".into()], &edge.weakened(), &rows);
        let expected = "\n  1  a\n  2  b\n\nedge  weakened to    1  2\n\
                        O5    AcqRel         x  .\nO5    left out       x  ?\n\n";
        assert_eq!(text, expected);
    }
}
