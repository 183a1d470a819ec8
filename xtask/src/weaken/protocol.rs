//! The mutants of the protocol (`verify/mutants`), in a copy of the repository: each meets the model that it names,
//! which has to hold in the copy as long as none of them is chosen.
//!
//! They are all in one program (`schemata.rs`), apart from those that cannot be: each of these is built by itself.

use std::collections::BTreeSet;

use anyhow::{bail, Context, Result};
use rayon::prelude::*;

use super::models::{Models, Verdict, CI, WEAKEN};
use super::mutants::{Mutant, MUTANTS};
use super::schemata::{Schemata, UNKNOWN, VARIABLE};
use super::{control, Tally};
use crate::shell::{rust_files, Replica, Shell};

/// Runs each mutant's killer. Says how many runs of a model that took, and what came of it.
pub fn break_each(sh: &Shell) -> Result<(usize, Tally)> {
    let replica = Replica::new("weaken")?;
    let Schemata { files, left } = Schemata::of(rust_files(&replica.root.join("src"))?, MUTANTS)?;
    let mut verdicts = Vec::new();
    for (number, why) in &left {
        let mutant = &MUTANTS[*number];
        println!("{} is built by itself: {why}", mutant.name);
        let built = || meet(&Models::build(sh, &replica.root)?, mutant, None);
        let verdict = replica.with(&format!("src/{}", mutant.file), mutant.piece, mutant.broken, built);
        verdicts.push((mutant, verdict.context(mutant.name)?));
    }
    for (path, text) in &files {
        replica.write(&format!("src/{path}"), text)?;
    }
    let together = MUTANTS.iter().enumerate().filter(|(number, _)| left.iter().all(|(other, _)| other != number));
    let together = Vec::from_iter(together.map(|(_, mutant)| mutant));
    println!("{} mutants are built as one program", together.len());
    let models = Models::build(sh, &replica.root)?;
    let killers = together.iter().map(|mutant| models.find(mutant.killer).cloned());
    let killers = Vec::from_iter(killers.collect::<Result<BTreeSet<String>>>()?);
    control(&models, &killers)?;
    // That a mutant survives must not be for want of one of that name.
    match models.meet(&killers[0], WEAKEN, Some((VARIABLE, "no such mutant")))? {
        Verdict::Failed(why) if why.contains(UNKNOWN) => {}
        other => bail!("a mutant that does not exist was chosen, and {} {other}", killers[0]),
    }
    let met = |mutant: &&'static Mutant| Ok((*mutant, meet(&models, mutant, Some((VARIABLE, mutant.name)))?));
    verdicts.extend(together.par_iter().with_max_len(1).map(met).collect::<Result<Vec<_>>>()?);

    let survivors: Vec<String> = verdicts.iter().filter_map(|(mutant, verdict)| complaint(mutant, verdict)).collect();
    let killed = MUTANTS.len() - survivors.len();
    Ok((killers.len() + MUTANTS.len(), Tally { what: "mutants", killed, justified: 0, survivors }))
}

/// Runs the mutant's killer, and says what came of it.
fn meet(models: &Models, mutant: &Mutant, chosen: Option<(&str, &str)>) -> Result<Verdict> {
    let verdict = models.meet(models.find(mutant.killer)?, CI, chosen)?;
    println!("{} ({}): {} {verdict}", mutant.name, mutant.breaks, mutant.killer);
    Ok(verdict)
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
    fn no_two_mutants_have_one_name() {
        assert_eq!(MUTANTS.iter().map(|mutant| mutant.name).collect::<BTreeSet<&str>>().len(), MUTANTS.len());
    }

    #[test]
    fn a_mutant_is_killed_by_a_failure_that_it_is_known_to_cause() {
        let mutant = &MUTANTS[0];
        assert_eq!(complaint(mutant, &Verdict::Failed(format!("because of {}!", mutant.how))), None);
        for verdict in [Verdict::Failed("out of memory".into()), Verdict::Held, Verdict::Hung] {
            assert!(complaint(mutant, &verdict).is_some(), "{verdict}");
        }
    }
}
