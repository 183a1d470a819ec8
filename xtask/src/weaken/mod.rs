//! Shows that the models notice what is wrong: each edge of the ordering contract is weakened, and the protocol is
//! broken in one place after another. What no model fails at survives, and a survivor fails this check.
//!
//! An edge meets the models that are tagged with it, in the full lane every model, within narrow bounds. A mutant meets
//! the model that it names, within those of CI. What breaks, breaks early.

mod edges;
mod models;
pub mod production;
mod protocol;

use anyhow::{bail, ensure, Result};
use ipc_ring_mutants::{Mutant, MUTANTS};
use rayon::prelude::*;

use crate::explored::{lane, FULL};
use crate::report::{Checked, NotRun};
use crate::shell::{nothing_wrong, with_commas, Shell};
pub use edges::MATRIX;
pub use models::{last, told, Failure, Models, WEAKEN};
pub use protocol::failures;

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let edges = edges::weaken(sh, |_| true)?;
    let mutants = protocol::break_each(sh, MUTANTS)?;
    println!("{}\n{}", edges.1, mutants.1);
    nothing_wrong([edges.2, mutants.2].concat())?;
    let runs = with_commas((edges.0 + mutants.0) as u64);
    let meets = if lane() == FULL { "every model" } else { "those tagged with it" };
    let bound = format!("an edge: {meets}, preemptions at most 2; a mutant: its model, as in CI");
    Ok(format!("{runs} runs of a model, {bound}"))
}

/// Weakens the edge of this name, if anything weaker exists, and builds the mutants that break it.
pub fn edge(sh: &Shell, name: &str) -> Checked {
    let mutants = Vec::from_iter(MUTANTS.iter().filter(|mutant| mutant.breaks == name).copied());
    let (runs, told, survivors) = edges::weaken(sh, |edge| edge == name)?;
    nothing_wrong(survivors)?;
    let of_mutants = if mutants.is_empty() { None } else { Some(self::mutants(sh, &mutants)?) };
    ensure!(runs > 0 || of_mutants.is_some(), NotRun("nothing weaker exists, and nothing depends on it".into()));
    let of_edge = (runs > 0).then(|| format!("{told}, {runs} runs of a model"));
    Ok(Vec::from_iter(of_edge.into_iter().chain(of_mutants)).join("; "))
}

/// Builds these mutants, and has each meet its model.
pub fn mutants(sh: &Shell, mutants: &[Mutant]) -> Checked {
    let (_, told, survivors) = protocol::break_each(sh, mutants)?;
    nothing_wrong(survivors)?;
    Ok(told)
}

/// What came of what was broken: how many runs of a model it took, how much was killed in words, and what survives: no
/// model noticed it, or not the one that should have.
type Broken = (usize, String, Vec<String>);

fn broken(runs: usize, what: &str, all: usize, justified: usize, survivors: Vec<String>) -> Broken {
    let (killed, left) = (all - justified - survivors.len(), survivors.len());
    (runs, format!("{what} {all} killed {killed} justified {justified} survivors {left}"), survivors)
}

/// Fails unless these models hold: one that fails anyway would kill whatever it meets.
fn control(models: &Models, names: &[String]) -> Result<()> {
    names.par_iter().with_max_len(1).try_for_each(|model| match models.meet(model, WEAKEN, None)? {
        None => Ok(()),
        failure => bail!("nothing is broken, and {model} {}", told(&failure)),
    })?;
    println!("nothing is broken; models that hold: {}", names.len());
    Ok(())
}
