//! The mutants of the protocol (`verify/mutants`), in a copy of the repository: each meets the model that it names,
//! which has to hold in the copy as long as none of them is chosen.
//!
//! They are all in one program (`schemata.rs`), apart from those that cannot be: each of these is built by itself.

use std::collections::BTreeSet;

use anyhow::{ensure, Context, Result};
use ipc_ring_mutants::Mutant;
use rayon::prelude::*;

use super::models::{told, Failure, Models, CI, WEAKEN};
use super::{broken, control, Broken};
use crate::schemata::{Break, Schemata, UNKNOWN, VARIABLE};
use crate::shell::{rust_files, Replica, Shell};

/// Runs the killer of each of these mutants, and says which survive.
pub fn break_each(sh: &Shell, mutants: &[Mutant]) -> Result<Broken> {
    let (failures, killers) = failures(sh, mutants)?;
    let survivors = failures.iter().filter_map(|(mutant, failure)| complaint(mutant, failure)).collect();
    Ok(broken(killers + mutants.len(), "mutants", mutants.len(), 0, survivors))
}

/// Runs the killer of each of these mutants, and returns what it says, and how many killers there are.
pub fn failures<'a>(sh: &Shell, mutants: &'a [Mutant]) -> Result<(Vec<(&'a Mutant, Failure)>, usize)> {
    let replica = Replica::new("weaken")?;
    let breaks = Vec::from_iter(mutants.iter().map(Break::from));
    let Schemata { files, left } = Schemata::of(rust_files(&replica.root.join("src"))?, &breaks)?;
    let mut failures = Vec::new();
    for (number, why) in &left {
        let mutant = &mutants[*number];
        println!("{} is built by itself: {why}", mutant.name);
        let built = || meet(&Models::build(sh, &replica.root)?, mutant, None);
        let failure = replica.with(&format!("src/{}", mutant.file), mutant.piece, mutant.broken, built);
        failures.push((mutant, failure.context(mutant.name)?));
    }
    replica.write_sources(&files)?;
    let together = mutants.iter().enumerate().filter(|(number, _)| left.iter().all(|(other, _)| other != number));
    let together = Vec::from_iter(together.map(|(_, mutant)| mutant));
    println!("mutants that are built as one program: {}", together.len());
    let models = Models::build(sh, &replica.root)?;
    let killers = mutants.iter().map(|mutant| models.find(mutant.killer).cloned());
    let killers = Vec::from_iter(killers.collect::<Result<BTreeSet<String>>>()?);
    control(&models, &killers)?;
    if let Some(mutant) = together.first() {
        // That a mutant survives must not be for want of one of that name.
        let failure = models.meet(models.find(mutant.killer)?, WEAKEN, Some((VARIABLE, "no such mutant")))?;
        ensure!(told(&failure).contains(UNKNOWN), "a mutant that does not exist was chosen: {}", told(&failure));
    }
    let chosen = together.into_par_iter().with_max_len(1);
    let met = chosen.map(|mutant| Ok((mutant, meet(&models, mutant, Some((VARIABLE, mutant.name)))?)));
    failures.extend(met.collect::<Result<Vec<_>>>()?);
    Ok((failures, killers.len()))
}

/// Runs the mutant's killer, and says what came of it.
fn meet(models: &Models, mutant: &Mutant, chosen: Option<(&str, &str)>) -> Result<Failure> {
    let killer = models.find(mutant.killer)?;
    chosen.iter().for_each(|chosen| println!("{}", models.line(killer, CI, *chosen)));
    let failure = models.meet(killer, CI, chosen)?;
    println!("{} ({}): {} {}", mutant.name, mutant.breaks, mutant.killer, told(&failure));
    Ok(failure)
}

/// What is wrong with a mutant whose killer came to this.
fn complaint(Mutant { name, killer, how, .. }: &Mutant, failure: &Failure) -> Option<String> {
    let is_killed = failure.as_ref().is_some_and(|why| why.contains(how));
    (!is_killed).then(|| format!("{name}: {killer} {}, expected: {how}", told(failure)))
}

#[cfg(test)]
use ipc_ring_mutants::MUTANTS;

#[test]
fn no_two_mutants_have_one_name() {
    assert_eq!(MUTANTS.iter().map(|mutant| mutant.name).collect::<BTreeSet<&str>>().len(), MUTANTS.len());
}

#[test]
fn a_mutant_is_killed_by_a_failure_that_it_is_known_to_cause() {
    let mutant = &MUTANTS[0];
    assert_eq!(complaint(mutant, &Some(format!("because of {}!", mutant.how))), None);
    assert!(complaint(mutant, &Some("out of memory".into())).is_some() && complaint(mutant, &None).is_some());
}
