//! Shows that the models notice what is wrong: each edge of the ordering contract is weakened, and the protocol is
//! broken in one place after another. What no model fails at survives, and a survivor fails this check.
//!
//! An edge meets every model, within narrow bounds; a mutant meets the model that it names, within those of CI. What
//! breaks, breaks early.

mod edges;
mod models;
#[path = "../../../verify/mutants/mod.rs"]
mod mutants;
mod protocol;
mod schemata;

use std::path::Path;

use crate::explored::Explored;
use crate::outcome::Outcome;
use crate::parallel::in_parallel;
use models::{Lane, Models, Verdict};

pub fn run() -> Outcome {
    weaken().into()
}

fn weaken() -> Result<Explored, String> {
    let models = Models::build(Path::new("."))?;
    control(&models, Lane::Weaken, &models.names)?;
    let (of_edges, edges) = edges::weaken_each(&models)?;
    let (of_mutants, mutants) = protocol::break_each()?;
    println!("{edges}\n{mutants}");
    let wrong: Vec<String> = edges.survivors.into_iter().chain(mutants.survivors).collect();
    match wrong.is_empty() {
        true => Ok(Explored {
            count: of_edges + of_mutants,
            unit: "runs of a model".into(),
            bound: "an edge: every model, preemptions at most 2; a mutant: its model, as in CI".into(),
        }),
        false => Err(wrong.join("; ")),
    }
}

/// A model that fails anyway would kill whatever it meets.
fn control(models: &Models, lane: Lane, names: &[String]) -> Result<(), String> {
    let verdicts = in_parallel(names, |model| models.meet(model, lane, None))?;
    match names.iter().zip(verdicts).find(|(_, verdict)| *verdict != Verdict::Held) {
        Some((model, verdict)) => Err(format!("nothing is broken, and {model} {verdict}")),
        None => {
            println!("nothing is broken: {} models hold", names.len());
            Ok(())
        }
    }
}

/// What became of what was broken.
struct Tally {
    what: &'static str,
    killed: usize,
    /// Of which no weaker one exists.
    justified: usize,
    /// What no model noticed, or not the one that should have.
    survivors: Vec<String>,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, killed, justified, survivors } = self;
        let all = killed + justified + survivors.len();
        write!(f, "{what} {all} killed {killed} justified {justified} survivors {}", survivors.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_adds_up() {
        let tally = Tally { what: "edges", killed: 8, justified: 7, survivors: vec!["O1".into()] };
        assert_eq!(tally.to_string(), "edges 16 killed 8 justified 7 survivors 1");
    }
}
