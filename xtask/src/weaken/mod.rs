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

use anyhow::{ensure, Result};
use rayon::prelude::*;

use crate::explored::Explored;
use crate::report::Checked;
use crate::shell::{nothing_wrong, Shell};
use models::{Models, Verdict, WEAKEN};

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    let models = Models::build(sh, Path::new("."))?;
    control(&models, &models.names)?;
    let (of_edges, edges) = edges::weaken_each(&models)?;
    let (of_mutants, mutants) = protocol::break_each(sh)?;
    println!("{}\n{}", edges.told(), mutants.told());
    nothing_wrong([edges.survivors, mutants.survivors].concat())?;
    let bound = "an edge: every model, preemptions at most 2; a mutant: its model, as in CI".into();
    Ok(Some(Explored { count: (of_edges + of_mutants) as u64, unit: "runs of a model".into(), bound }))
}

/// Fails unless these models hold: one that fails anyway would kill whatever it meets.
fn control(models: &Models, names: &[String]) -> Result<()> {
    names.par_iter().with_max_len(1).try_for_each(|model| {
        let verdict = models.meet(model, WEAKEN, None)?;
        ensure!(verdict == Verdict::Held, "nothing is broken, and {model} {verdict}");
        Ok(())
    })?;
    println!("nothing is broken: {} models hold", names.len());
    Ok(())
}

/// What became of what was broken.
struct Tally {
    what: &'static str,
    killed: usize,
    /// Than which nothing weaker exists.
    justified: usize,
    /// What no model noticed, or not the one that should have.
    survivors: Vec<String>,
}

impl Tally {
    fn told(&self) -> String {
        let Self { what, killed, justified, survivors } = self;
        let all = killed + justified + survivors.len();
        format!("{what} {all} killed {killed} justified {justified} survivors {}", survivors.len())
    }
}
