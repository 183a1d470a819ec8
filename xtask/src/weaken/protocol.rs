//! The mutants of the protocol (`verify/mutants`), in a copy of the repository: each meets the model that it names,
//! which has to hold in the copy as long as none of them is chosen.
//!
//! They are all in one program (`schemata.rs`), apart from those that cannot be: each of these is built by itself.

use std::collections::BTreeSet;

use super::models::{Lane, Models, Verdict};
use super::mutants::{Mutant, MUTANTS};
use super::schemata::{selector, Break, Schemata, UNKNOWN, VARIABLE};
use super::{control, Tally};
use crate::files::rust_files;
use crate::parallel::in_parallel;
use crate::replica::Replica;

/// Where the mutants' files are, where their modules are declared, and where the copy has one more.
const SOURCES: &str = "src";
const ROOT: &str = "src/lib.rs";
const SELECTOR: &str = "src/mutant.rs";

/// Runs each mutant's killer. Says how many runs of a model that took, and what came of it.
pub fn break_each() -> Result<(u64, Tally), String> {
    let replica = Replica::new("weaken")?;
    let Schemata { files, left } = schemata(&replica)?;
    let mut verdicts = Vec::new();
    for (number, why) in &left {
        let mutant = &MUTANTS[number - 1];
        println!("{} is built by itself: {why}", mutant.name);
        verdicts.push((mutant, by_itself(&replica, mutant)?));
    }
    let numbered = MUTANTS.iter().enumerate().map(|(at, mutant)| (at + 1, mutant));
    let together: Vec<_> = numbered.filter(|(number, _)| left.iter().all(|(other, _)| other != number)).collect();
    let models = all_in_one(&replica, &files, &together)?;
    let killers = together.iter().map(|(_, mutant)| models.find(mutant.killer).cloned());
    let killers = Vec::from_iter(killers.collect::<Result<BTreeSet<String>, _>>()?);
    control(&models, Lane::Weaken, &killers)?;
    what_is_no_mutant_is_refused(&models, &killers[0])?;
    let met = in_parallel(&together, |(_, mutant)| meet(&models, mutant, Some((VARIABLE, mutant.name))))?;
    verdicts.extend(together.into_iter().map(|(_, mutant)| mutant).zip(met));

    let survivors: Vec<String> = verdicts.iter().filter_map(|(mutant, verdict)| complaint(mutant, verdict)).collect();
    let killed = MUTANTS.len() - survivors.len();
    Ok(((killers.len() + MUTANTS.len()) as u64, Tally { what: "mutants", killed, justified: 0, survivors }))
}

/// The copy's sources, with their mutants in them.
fn schemata(replica: &Replica) -> Result<Schemata, String> {
    let breaks = MUTANTS.iter().enumerate().map(|(at, mutant)| {
        let Mutant { name, file, piece, broken, .. } = *mutant;
        Break { number: at + 1, name, file, piece, broken }
    });
    Schemata::of(rust_files(&replica.root().join(SOURCES))?, &Vec::from_iter(breaks))
}

/// Builds all that can be one program.
fn all_in_one(replica: &Replica, files: &[(String, String)], mutants: &[(usize, &Mutant)]) -> Result<Models, String> {
    for (path, text) in files {
        replica.write(&format!("{SOURCES}/{path}"), text)?;
    }
    let names = Vec::from_iter(mutants.iter().map(|(number, mutant)| (*number, mutant.name)));
    replica.write(SELECTOR, &selector(&names))?;
    replica.write(ROOT, &format!("{}\nmod mutant;\n", replica.read(ROOT)?))?;
    println!("{} mutants are built as one program", mutants.len());
    Models::build(replica.root())
}

/// Builds the mutant alone and runs its killer.
fn by_itself(replica: &Replica, mutant: &Mutant) -> Result<Verdict, String> {
    let built = || meet(&Models::build(replica.root())?, mutant, None);
    let verdict = replica.with(&format!("{SOURCES}/{}", mutant.file), mutant.piece, mutant.broken, built);
    verdict.map_err(|why| format!("{}: {why}", mutant.name))
}

/// Runs the mutant's killer, and says what came of it.
fn meet(models: &Models, mutant: &Mutant, chosen: Option<(&'static str, &str)>) -> Result<Verdict, String> {
    let verdict = models.meet(models.find(mutant.killer)?, Lane::Ci, chosen)?;
    println!("{} ({}): {} {verdict}", mutant.name, mutant.breaks, mutant.killer);
    Ok(verdict)
}

/// That a mutant survives must not be for want of one of that name.
fn what_is_no_mutant_is_refused(models: &Models, model: &str) -> Result<(), String> {
    match models.meet(model, Lane::Weaken, Some((VARIABLE, "no such mutant")))? {
        Verdict::Failed(why) if why.contains(UNKNOWN) => Ok(()),
        other => Err(format!("a mutant that does not exist was chosen, and {model} {other}")),
    }
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
        let names: BTreeSet<&str> = MUTANTS.iter().map(|mutant| mutant.name).collect();
        assert_eq!(names.len(), MUTANTS.len());
    }

    #[test]
    fn a_mutant_is_killed_by_a_failure_that_it_is_known_to_cause() {
        let mutant = &MUTANTS[0];
        assert_eq!(complaint(mutant, &Verdict::Failed(format!("because of {}!", mutant.how))), None);
        assert!(complaint(mutant, &Verdict::Failed("out of memory".into())).is_some());
        assert!(complaint(mutant, &Verdict::Held).is_some());
        assert!(complaint(mutant, &Verdict::Hung).is_some());
    }
}
