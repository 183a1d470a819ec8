//! The mutants of the protocol (`verify/mutants`), each built in a copy of the repository to meet the model that it
//! names, which has to hold in the copy as long as that is whole.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use super::models::{Lane, Models, Verdict, BUILT_QUICKLY};
use super::mutants::{Mutant, MUTANTS};
use super::{control, Tally};
use crate::parallel::{in_parallel, WORKERS};
use crate::replica::Replica;

/// Builds each mutant and runs its killer. Says how many runs of a model that took, and what came of it.
pub fn break_each(models: &Models) -> Result<(u64, Tally), String> {
    let replicas = (0..WORKERS).map(|worker| Replica::new(&format!("weaken-{worker}")));
    let replicas = replicas.collect::<Result<Vec<_>, _>>()?;
    let killers = MUTANTS.iter().map(|mutant| models.find(mutant.killer).cloned());
    let killers = Vec::from_iter(killers.collect::<Result<BTreeSet<String>, _>>()?);
    control(&Models::build(replicas[0].root(), replicas[0].name(), BUILT_QUICKLY)?, Lane::Weaken, &killers)?;

    let free = Mutex::new(replicas);
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
    let survivors: Vec<String> = MUTANTS.iter().zip(&verdicts).filter_map(|(m, v)| complaint(m, v)).collect();
    let killed = MUTANTS.len() - survivors.len();
    Ok(((killers.len() + MUTANTS.len()) as u64, Tally { what: "mutants", killed, justified: 0, survivors }))
}

/// Builds the mutant in `replica` and runs its killer.
fn meet(replica: &Replica, mutant: &Mutant) -> Result<Verdict, String> {
    let file = Path::new("src").join(mutant.file);
    replica.with(&file.display().to_string(), mutant.piece, mutant.broken, || {
        let models = Models::build(replica.root(), replica.name(), BUILT_QUICKLY)?;
        models.meet(models.find(mutant.killer)?, Lane::Ci, None)
    })
}

/// What is wrong with a mutant whose killer came to this verdict.
fn complaint(mutant: &Mutant, verdict: &Verdict) -> Option<String> {
    let Mutant { name, killer, how, .. } = mutant;
    match verdict {
        Verdict::Failed(why) if why.contains(how) => None,
        Verdict::Failed(_) => Some(format!("{name}: {killer} {verdict}, expected: {how}")),
        _ => Some(format!("{name}: {killer} {verdict}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_killed_by_a_failure_that_it_is_known_to_cause() {
        let mutant = &MUTANTS[0];
        assert_eq!(complaint(mutant, &Verdict::Failed(format!("because of {}!", mutant.how))), None);
        assert!(complaint(mutant, &Verdict::Failed("out of memory".into())).is_some());
        assert!(complaint(mutant, &Verdict::Held).is_some());
        assert!(complaint(mutant, &Verdict::Hung).is_some());
    }
}
