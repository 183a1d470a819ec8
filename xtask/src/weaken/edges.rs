//! The edges of the ordering contract, each weakened at run time in one binary of the models (`src/atomics/weaken.rs`).
//! Every model meets every one.

use std::collections::BTreeSet;

use anyhow::{ensure, Result};
use rayon::prelude::*;

use super::models::{last, Models, Verdict, WEAKEN};
use super::mutants::MUTANTS;
use super::Tally;
use crate::shell::read;

/// What the models are told by which edge to weaken, and how.
const VARIABLE: &str = "IPC_RING_WEAKEN";
const CONTRACT: &str = "src/atomics/order.rs";
const SAFETY: &str = "SAFETY.md";

/// An edge of the contract.
#[derive(Clone, PartialEq, Debug)]
struct Edge {
    name: String,
    ordering: String,
}

impl Edge {
    /// The ways to weaken it, and what that makes of it: none where nothing weaker exists.
    fn weakened(&self) -> Vec<(String, &'static str)> {
        match &*self.ordering {
            "Relaxed" => vec![],
            "SeqCst" => vec![(self.name.clone(), "AcqRel"), (format!("-{}", self.name), "left out")],
            _ => vec![(self.name.clone(), "Relaxed")],
        }
    }
}

/// An edge, what it was weakened to, and which models noticed.
type Row<'a> = (&'a Edge, &'static str, Vec<Verdict>);

/// Weakens each edge in each way. Says how many runs of a model that took, and what came of it.
pub fn weaken_each(models: &Models) -> Result<(usize, Tally)> {
    let (edges, safety) = (edges_of(&read(CONTRACT)?)?, read(SAFETY)?);
    let weakened = edges.iter().flat_map(|edge| edge.weakened().into_iter().map(move |(way, into)| (edge, way, into)));
    let weakened = Vec::from_iter(weakened);
    let pairs = weakened.iter().flat_map(|(_, way, _)| models.names.iter().map(move |model| (way, model)));
    let pairs = Vec::from_iter(pairs);
    let meet = |&(way, model): &(&String, &String)| models.meet(model, WEAKEN, Some((VARIABLE, way)));
    let verdicts: Vec<Verdict> = pairs.par_iter().with_max_len(1).map(meet).collect::<Result<_>>()?;
    let rows = weakened.iter().zip(verdicts.chunks(models.names.len()));
    let rows: Vec<Row> = rows.map(|((edge, _, into), row)| (*edge, *into, row.to_vec())).collect();
    print!("{}", matrix(&models.names, &rows));

    let complaint = |edge: &Edge| {
        let own = rows.iter().filter(|(other, ..)| *other == edge);
        complaint(edge, &safety, own.map(|(_, into, row)| (*into, killers(&models.names, row))).collect())
    };
    let survivors: Vec<String> = edges.iter().filter_map(complaint).collect();
    let justified = edges.iter().filter(|edge| edge.weakened().is_empty()).count();
    let killed = edges.len() - justified - survivors.len();
    Ok((pairs.len(), Tally { what: "edges", killed, justified, survivors }))
}

/// The edges that the contract defines, each with its ordering.
fn edges_of(contract: &str) -> Result<Vec<Edge>> {
    let read = |definition: &str| {
        let (name, rest) = definition.strip_prefix('"')?.split_once("\", ")?;
        Some(Edge { name: name.into(), ordering: rest.split(')').next()?.into() })
    };
    let edges: Vec<Edge> = contract.split("= edge(").skip(1).filter_map(read).collect();
    let is_whole = !edges.is_empty() && edges.len() >= contract.matches("edge(\"").count();
    ensure!(is_whole, "an edge of {CONTRACT} cannot be read, or there is none");
    Ok(edges)
}

/// The models that failed.
fn killers<'a>(models: &'a [String], row: &[Verdict]) -> BTreeSet<&'a str> {
    let failed = models.iter().zip(row).filter(|(_, verdict)| matches!(verdict, Verdict::Failed(_)));
    failed.map(|(model, _)| last(model)).collect()
}

/// What is wrong with an edge, given its row in SAFETY.md and which models noticed each of its weakenings.
fn complaint(edge: &Edge, safety: &str, weakened: Vec<(&str, BTreeSet<&str>)>) -> Option<String> {
    let begin = format!("| {} |", edge.name);
    let row = safety.lines().find(|line| line.starts_with(&begin)).unwrap_or_default();
    let named: BTreeSet<&str> = row.split('`').skip(1).step_by(2).collect();
    if weakened.is_empty() {
        let is_broken = MUTANTS.iter().any(|mutant| mutant.breaks == edge.name);
        let is_justified = is_broken || row.contains("nothing depends on it");
        return (!is_justified).then(|| format!("{} is broken by no mutant, and {SAFETY} does not say why", edge.name));
    }
    let (into, killers) = weakened.iter().find(|(_, killers)| killers.is_disjoint(&named))?;
    Some(match killers.is_empty() {
        true => format!("{} survives: {into}", edge.name),
        false => format!("{}, {into}, is noticed by none that {SAFETY} names, but by {killers:?}", edge.name),
    })
}

/// A line for each weakening, a column for each model: x where the model failed.
fn matrix(models: &[String], rows: &[Row]) -> String {
    let mut text = String::from("\n");
    for (number, model) in models.iter().enumerate() {
        text += &format!("{:>3}  {}\n", number + 1, last(model));
    }
    let numbers: String = (1..=models.len()).map(|number| format!("{number:>3}")).collect();
    text += &format!("\nedge  weakened to  {numbers}\n");
    for (edge, into, row) in rows {
        let mark = |verdict: &Verdict| match verdict {
            Verdict::Held => "  .",
            Verdict::Failed(_) => "  x",
            Verdict::Hung => "  ?",
        };
        text += &format!("{:<4}  {into:<11}  {}\n", edge.name, row.iter().map(mark).collect::<String>());
    }
    text + "\n"
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
        assert_eq!(edges_of(contract).unwrap(), [edge("O1", "Release"), edge("O9", "Relaxed")]);
        assert!(edges_of("").is_err() && edges_of(&contract.replace("= edge(\"O9\"", "=\n edge(\"O9\"")).is_err());
    }

    #[test]
    fn an_edge_that_no_named_model_misses_survives() {
        let (release, row) = (edge("O1", "Release"), "| O1 | PUBLISH | Release | O2 | `a`, `b` |");
        assert_eq!(complaint(&release, row, vec![("Relaxed", BTreeSet::from(["b", "c"]))]), None);
        assert!(complaint(&release, row, vec![("Relaxed", BTreeSet::from(["c"]))]).is_some());
        let both = vec![("AcqRel", BTreeSet::from(["a"])), ("left out", BTreeSet::new())];
        assert_eq!(complaint(&release, row, both), Some("O1 survives: left out".into()));
        assert_eq!(complaint(&edge("O9", "Relaxed"), "", vec![]), None);
        let late = |row| complaint(&edge("O99", "Relaxed"), row, vec![]);
        assert!(late("| O99 | LATE | Relaxed | O10 |").is_some() && late("| O99 | nothing depends on it").is_none());
    }

    #[test]
    fn the_matrix_has_a_line_for_each_weakening() {
        let (edge, failed) = (edge("O5", "SeqCst"), Verdict::Failed("why".into()));
        let verdicts = [vec![failed.clone(), Verdict::Held], vec![failed, Verdict::Hung]];
        let rows = edge.weakened().into_iter().zip(verdicts).map(|((_, into), row)| (&edge, into, row));
        let expected = "\n  1  a\n  2  b\n\nedge  weakened to    1  2\n\
                        O5    AcqRel         x  .\nO5    left out       x  ?\n\n";
        assert_eq!(matrix(&["m::a".into(), "m::b".into()], &Vec::from_iter(rows)), expected);
    }
}
