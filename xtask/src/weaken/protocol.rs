//! The mutants of the protocol (`verify/mutants.rs`), each built in a copy of the repository to meet the model that it
//! names.

use std::path::Path;
use std::sync::Mutex;

use super::models::{Lane, Models, Verdict};
use super::Tally;
use crate::parallel::{in_parallel, WORKERS};
use crate::replica::Replica;

#[path = "../../../verify/mutants.rs"]
mod mutants;

use mutants::{Mutant, MUTANTS};

/// Builds each mutant and runs its killer. Says how many runs of a model that took, and what came of it.
pub fn break_each(models: &Models) -> Result<(u64, Tally), String> {
    for mutant in MUTANTS {
        models.find(mutant.killer)?;
    }
    let replicas = (0..WORKERS).map(|worker| Replica::new(&format!("weaken-{worker}")));
    let free = Mutex::new(replicas.collect::<Result<Vec<_>, _>>()?);
    let take = || free.lock().map_err(|_| "a worker panicked")?.pop().ok_or("there are too few copies");
    let give = |replica| free.lock().map(|mut free| free.push(replica));
    let verdicts = in_parallel(MUTANTS, |mutant| {
        let replica = take()?;
        let verdict = meet(&replica, mutant).map_err(|why| format!("{}: {why}", mutant.name));
        give(replica).map_err(|_| "a worker panicked")?;
        let verdict = verdict?;
        println!("{} ({}): {} {verdict}", mutant.name, mutant.breaks, mutant.killer);
        Ok(verdict)
    })?;
    let survives = |(mutant, verdict): (&Mutant, &Verdict)| match verdict {
        Verdict::Failed(_) => None,
        _ => Some(format!("{}: {} {verdict}", mutant.name, mutant.killer)),
    };
    let survivors: Vec<String> = MUTANTS.iter().zip(&verdicts).filter_map(survives).collect();
    let killed = MUTANTS.len() - survivors.len();
    Ok((MUTANTS.len() as u64, Tally { what: "mutants", killed, justified: 0, survivors }))
}

/// Builds the mutant in `replica` and runs its killer.
fn meet(replica: &Replica, mutant: &Mutant) -> Result<Verdict, String> {
    let file = Path::new("src").join(mutant.file);
    replica.with(&file.display().to_string(), mutant.piece, mutant.broken, || {
        let models = Models::build(replica.root(), replica.name())?;
        models.meet(models.find(mutant.killer)?, Lane::Ci, None)
    })
}
