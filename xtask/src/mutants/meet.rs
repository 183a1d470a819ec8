//! Has mutants meet what should notice them.

use std::time::{Duration, Instant};

use anyhow::{ensure, Result};
use rayon::prelude::*;

use super::build::Program;
use super::list::Candidate;
use crate::schemata::VARIABLE;
use crate::weaken::{told, Models, WEAKEN};

/// Programs that look at what is written, or start what is built elsewhere.
const LEFT_OUT: [&str; 3] = ["docs", "examples", "traceability"];
/// A test that is left out: it stands behind a filesystem itself. If it is killed while a mutant maps a file there, the
/// kernel waits for it, and so does whoever waits for its end.
const SKIPPED: &str = "f11_a_filesystem_behind_which_a_program_stands_is_refused_by_name";
/// How long a program may take: this many times what it takes with nothing broken, and this long more.
const TIMES: u32 = 4;
const AND: Duration = Duration::from_secs(10);

/// What a mutant meets: the names of programs, those first that take the least time, and how long each may take.
pub type Order = Vec<(String, Duration)>;

/// Runs each of the programs, with nothing broken.
pub fn order(programs: &[Program]) -> Result<Order> {
    let mut order = Vec::new();
    for program in programs.iter().filter(|program| !LEFT_OUT.contains(&&*program.name)) {
        let begin = Instant::now();
        let failure = failure(program, Duration::from_secs(600), "")?;
        ensure!(failure.is_none(), "nothing is broken, and {} fails: {failure:?}", program.name);
        println!("{}: {:.1} s", program.name, begin.elapsed().as_secs_f64());
        order.push((program.name.clone(), begin.elapsed()));
    }
    order.sort_by_key(|(_, time)| *time);
    Ok(order.into_iter().map(|(name, time)| (name, time * TIMES + AND)).collect())
}

/// Fails unless one of these programs does that is told of a mutant which does not exist: they choose by its name.
pub fn choose_by_name(programs: &[Program]) -> Result<()> {
    let mut failures = programs.iter().map(|program| failure(program, AND, "no such mutant"));
    let first = failures.find(|failure| !matches!(failure, Ok(None)));
    ensure!(first.transpose()?.is_some(), "a mutant that does not exist goes unnoticed");
    Ok(())
}

/// Returns the mutants that survive the tests in these programs.
pub fn tests(order: &Order, programs: &[Program], mutants: Vec<Candidate>) -> Result<Vec<Candidate>> {
    survivors(mutants, |mutant| {
        for (name, time) in order {
            for program in programs.iter().filter(|program| program.name == *name) {
                if let Some(why) = failure(program, *time, mutant.name())? {
                    return Ok(Some(format!("{name}: {why}")));
                }
            }
        }
        Ok(None)
    })
}

/// Returns the mutants that survive loom's models, within narrow bounds.
pub fn models(models: &Models, mutants: Vec<Candidate>) -> Result<Vec<Candidate>> {
    let meets = |model: &String| models.meet(model, WEAKEN, Some((VARIABLE, "no such mutant")));
    let met = models.names.iter().map(meets).find(|met| !matches!(met, Ok(None)));
    ensure!(met.is_some_and(|met| met.is_ok()), "a mutant that does not exist goes unnoticed");
    survivors(mutants, |mutant| {
        for model in &models.names {
            let failure = models.meet(model, WEAKEN, Some((VARIABLE, mutant.name())))?;
            if failure.is_some() {
                return Ok(Some(format!("{model} {}", told(&failure))));
            }
        }
        Ok(None)
    })
}

/// Those of the mutants that nothing kills. Says what kills the others.
fn survivors(
    mutants: Vec<Candidate>,
    killer: impl Fn(&Candidate) -> Result<Option<String>> + Sync,
) -> Result<Vec<Candidate>> {
    let meet = |mutant: Candidate| -> Result<Option<Candidate>> {
        let killer = killer(&mutant)?;
        println!("{}: {}", mutant.name(), killer.as_deref().unwrap_or("SURVIVES"));
        Ok(killer.is_none().then_some(mutant))
    };
    let met = mutants.into_par_iter().with_max_len(1).map(meet).collect::<Result<Vec<_>>>()?;
    Ok(met.into_iter().flatten().collect())
}

/// Why the program fails with this mutant, if it does. What takes too long has failed.
fn failure(program: &Program, time: Duration, mutant: &str) -> Result<Option<String>> {
    let seconds = time.as_secs().to_string();
    // It ends with all processes that it started.
    let run = duct::cmd!("timeout", "--signal=KILL", &seconds, &program.path, "--quiet", "--skip", SKIPPED)
        .dir(&program.directory)
        .env("RUST_BACKTRACE", "0")
        .stderr_to_stdout()
        .stdout_capture()
        .stdin_null()
        .unchecked();
    let run = if mutant.is_empty() { run } else { run.env(VARIABLE, mutant) };
    let output = run.run()?;
    let text = String::from_utf8_lossy(&output.stdout);
    if mutant.is_empty() && !output.status.success() {
        println!("{text}");
    }
    let failed = text.lines().find_map(|line| line.trim().strip_prefix("---- ")?.strip_suffix(" stdout ----"));
    let why = || failed.map_or_else(|| output.status.to_string(), String::from);
    Ok((!output.status.success()).then(why))
}
