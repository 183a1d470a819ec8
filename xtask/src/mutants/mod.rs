//! `cargo xtask mutants`: what cargo-mutants would put in the place of pieces of a change, or of whole files. Each of
//! these mutants meets the tests, and then loom's models, until something fails. A survivor fails the command.
//!
//! They are built as one program (`schemata.rs`): a mutant takes seconds, and no build.

mod build;
mod list;
mod meet;

use std::time::Instant;

use anyhow::ensure;
use ipc_ring_mutants::{Equivalent, EQUIVALENT};

use crate::report::Checked;
use crate::shell::{needs, nothing_wrong, rust_files, Replica, Shell};
use build::{Built, Engine};
use list::Candidate;

use crate::weaken::Models;

/// Stands before a revision.
pub const SINCE: &str = "--in-diff=";
/// Stands before a regular expression of names.
pub const NAMED: &str = "--re=";

/// Tries what cargo-mutants finds in what changed since a revision, or in files and folders.
pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    let value = |before| asked.iter().find_map(|word| word.strip_prefix(before));
    let (since, named) = (value(SINCE), value(NAMED));
    let paths = Vec::from_iter(asked.iter().filter(|word| ![SINCE, NAMED].iter().any(|flag| word.starts_with(flag))));
    needs("cargo", &["mutants", "--version"], "cargo-mutants (cargo install cargo-mutants --locked)")?;
    let begin = Instant::now();
    let all = list::candidates(sh, since, named, &paths)?;
    ensure!(!all.is_empty(), "cargo-mutants finds nothing to change there");
    let count = all.len();
    println!("{count} mutants");
    let stale = if since.is_none() && named.is_none() { stale(&all) } else { vec![] };
    let replica = Replica::new("mutants")?;
    let sources = rust_files(&replica.root.join("src"))?;

    let Built { made, mut unviable, alone } = build::together(sh, &replica, &sources, Engine::Std, all)?;
    let order = match &made {
        Some((_, programs)) => {
            meet::choose_by_name(programs)?;
            meet::order(programs)?
        }
        None => meet::order(&build::whole(sh, &replica, &sources)?)?,
    };
    let mut survivors = Vec::new();
    if let Some((mutants, programs)) = made {
        survivors.extend(meet::tests(&order, &programs, mutants)?);
    }
    for mutant in alone {
        match build::alone(sh, &replica, &sources, &mutant)? {
            None => unviable.push(mutant),
            Some(programs) => survivors.extend(meet::tests(&order, &programs, vec![mutant])?),
        }
    }
    if !survivors.is_empty() {
        println!("{} survive the tests", survivors.len());
        // What does not compile for loom, or is nothing to it, has survived.
        let Built { made, unviable, alone } = build::together(sh, &replica, &sources, Engine::Loom, survivors)?;
        survivors = [unviable, alone].into_iter().flatten().collect();
        if let Some((mutants, _)) = made {
            survivors.extend(meet::models(&Models::build(sh, &replica.root)?, mutants)?);
        }
    }
    let is_known = |mutant: &Candidate| EQUIVALENT.iter().find(|known| mutant.is(known));
    let (equivalent, left): (Vec<_>, Vec<_>) = survivors.iter().partition(|mutant| is_known(mutant).is_some());
    for mutant in &equivalent {
        println!("{}: survives, for {}", mutant.name(), is_known(mutant).map_or("", |known| known.why));
    }
    let (unviable, killed) = (unviable.len(), count - unviable.len() - survivors.len());
    let told = format!(
        "{count} mutants: killed {killed}, do not compile {unviable}, equivalent {}, surviving {}",
        equivalent.len(),
        left.len()
    );
    println!("{told}, in {:.0} s", begin.elapsed().as_secs_f64());
    nothing_wrong(stale.into_iter().chain(left.iter().map(|mutant| mutant.told())))?;
    Ok(told)
}

/// What is said to be equivalent in the files of these mutants, and is none of them.
fn stale(all: &[Candidate]) -> Vec<String> {
    let is_of = |known: &&Equivalent| all.iter().any(|mutant| mutant.broken.file == known.file);
    let is_stale = |known: &&Equivalent| !all.iter().any(|mutant| mutant.is(known));
    let stale = EQUIVALENT.iter().filter(is_of).filter(is_stale);
    stale
        .map(|Equivalent { file, line, change, .. }| format!("no mutant of {file} is {change:?} at {line:?}"))
        .collect()
}
