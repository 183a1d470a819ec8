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

use anyhow::{bail, Result};
use rayon::prelude::*;

use crate::report::Checked;
use crate::shell::{nothing_wrong, with_commas, Shell};
use models::{told, Models, WEAKEN};

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let models = Models::build(sh, Path::new("."))?;
    control(&models, &models.names)?;
    let edges = edges::weaken_each(&models)?;
    let mutants = protocol::break_each(sh)?;
    println!("{}\n{}", edges.1, mutants.1);
    nothing_wrong([edges.2, mutants.2].concat())?;
    let runs = with_commas((edges.0 + mutants.0) as u64);
    let bound = "an edge: every model, preemptions at most 2; a mutant: its model, as in CI";
    Ok(format!("{runs} runs of a model, {bound}"))
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
    println!("nothing is broken: {} models hold", names.len());
    Ok(())
}
