//! Liveness: spin searches all of the model in `verify/spin`, and each variant that lacks a step of it must fail.
//!
//! What spin writes is a program in C, pan, which `gcc` compiles and which does the search. Its report is read here:
//! that it found no error counts only where it says that it searched everything, for the property asked for, and
//! that it reached every step of the model. Where spin is not installed (`.ci/install`), the check is not run.

use std::collections::BTreeSet;

use anyhow::{ensure, Context, Result};
use rayon::prelude::*;

use crate::report::Checked;
use crate::shell::{cmd, needs, nothing_wrong, printed, target_directory, with_commas, Shell};

const MODEL: &str = "verify/spin/ring.pml";
/// What is searched for without a formula: a failed assertion, and that everyone is stuck.
const SAFETY: &str = "safety";
/// The model's formulas, which hold where the scheduler is fair.
const FORMULAS: &[&str] = &["reader_wakes", "writer_wakes", "popped", "pushed", "told"];
/// The steps of the longest path: more than ten times as many as any search has needed.
const DEPTH: &str = "-m1000000";

/// What may come of a search; of an error, how what pan says begins.
const NOTHING: &str = "nothing";
const CYCLE: &str = "acceptance cycle";
const STUCK: &str = "invalid end state";
const ASSERTION: &str = "assertion violated";

/// A variant of the model: the names that are defined for it, what is found in it for [`SAFETY`] if that is looked for,
/// and the formulas that are; where nothing is found they hold, elsewhere none does.
type Variant = (&'static str, Option<&'static str>, &'static [&'static str]);

/// Those that fail where either side may sleep for ever, though it has cause to be awake.
const OVERSLEPT: &[&str] = &["reader_wakes", "writer_wakes"];

const VARIANTS: &[Variant] = &[
    ("SYMMETRIC", Some(NOTHING), FORMULAS),
    ("ASYMMETRIC", Some(NOTHING), FORMULAS),
    ("ASYMMETRIC SPURIOUS", Some(NOTHING), FORMULAS),
    // What the nap is for: with it nobody needs to be woken.
    ("SYMMETRIC NAPS WITHOUT_WAKE WITHOUT_WAKE_ON_CLOSE", Some(NOTHING), FORMULAS),
    ("SYMMETRIC WITHOUT_LIGHT_FENCE", None, OVERSLEPT),
    ("SYMMETRIC WITHOUT_HEAVY_FENCE", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_HEAVY_FENCE", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_MEMBARRIER", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_ANNOUNCING_ANEW", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_SECOND_LOOK", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_COMPARISON", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_CROSSING", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_BARRIER_IN_WAKE", None, OVERSLEPT),
    ("ASYMMETRIC WITHOUT_WAKE", Some(STUCK), &["reader_wakes", "writer_wakes", "popped", "pushed"]),
    ("ASYMMETRIC WITHOUT_WAKE_ON_CLOSE", Some(STUCK), &["reader_wakes", "writer_wakes", "told"]),
    ("ASYMMETRIC WITHOUT_TARGET", Some(ASSERTION), &[]),
];

pub fn run(_: &Shell, _: &[String]) -> Checked {
    searched(VARIANTS)
}

/// The names by which parts of this check are run: what variants define, and the formulas.
pub fn names() -> BTreeSet<&'static str> {
    VARIANTS.iter().flat_map(|variant| variant.0.split(' ')).chain(FORMULAS.iter().copied()).collect()
}

/// Searches the variants that define `name`, or those in which the formula of that name is looked for.
pub fn of(name: &str) -> Checked {
    let wanted = wanted(name);
    ensure!(!wanted.is_empty(), "no variant of {MODEL} defines {name}, and no formula has that name");
    searched(&wanted)
}

fn wanted(name: &str) -> Vec<Variant> {
    let defines = |variant: &&Variant| variant.0.split(' ').any(|word| word == name);
    let asks = |(names, safety, formulas): &Variant| {
        let at = formulas.iter().position(|formula| *formula == name)?;
        Some((*names, *safety, &formulas[at..=at]))
    };
    VARIANTS.iter().filter(defines).copied().chain(VARIANTS.iter().filter_map(asks)).collect()
}

fn searched(variants: &[Variant]) -> Checked {
    needs("spin", &["-V"], "spin (see .ci/install)")?;
    needs("gcc", &["--version"], "gcc (see .ci/install)")?;
    let search = |variant: &Variant| search(variant).context(variant.0);
    let searches = variants.par_iter().with_max_len(1).map(search).collect::<Vec<_>>();
    nothing_wrong(searches.iter().filter_map(|search| Some(format!("{:#}", search.as_ref().err()?))))?;
    let states = searches.into_iter().flatten().sum();
    Ok(format!("{} states, records of 1 or 2 granules, a ring of 2", with_commas(states)))
}

/// The states that all searches of a variant went through; what was found that should not be there, or was not.
fn search((names, safety, formulas): &Variant) -> Result<u64> {
    let (sh, model, mut all) = (Shell::new()?, std::path::absolute(MODEL)?, 0);
    let is_whole = *safety == Some(NOTHING);
    let safety = Vec::from_iter(safety.map(|finding| (SAFETY, finding)));
    let liveness = Vec::from_iter(formulas.iter().map(|one| (*one, if is_whole { NOTHING } else { CYCLE })));
    for (kind, options, properties) in [("safety", &["-DSAFETY", "-DNOCLAIM"][..], safety), ("liveness", &[], liveness)]
    {
        // Spin writes where it is.
        let directory = target_directory().join("spin").join(names.replace(' ', "-").to_lowercase()).join(kind);
        sh.create_dir(&directory)?;
        let defines = names.split(' ').map(|name| format!("-D{name}"));
        cmd!(sh, "env -C {directory} spin -a {defines...} {model}").ignore_stdout().run()?;
        // A search that finds nothing is long, and worth optimising. No warnings: the code is spin's.
        let level = if is_whole { "-O2" } else { "-O0" };
        cmd!(sh, "env -C {directory} gcc {level} -w {options...} -o pan pan.c").run()?;
        for (property, expected) in properties {
            let formula = if property == SAFETY { vec![] } else { vec!["-a", "-f", "-N", property] };
            let report = printed(&cmd!(sh, "env -C {directory} ./pan {DEPTH} {formula...}"))?;
            let states = states(&report, property, expected)?;
            println!("{names}: {property}: found {expected}; {} states", with_commas(states));
            all += states;
        }
    }
    Ok(all)
}

/// The states that pan went through by its report; an error unless that is of a search for `property` in which
/// `expected` was found. That nothing was found counts where all was searched, and all of the model reached.
fn states(report: &str, property: &str, expected: &str) -> Result<u64> {
    // Words a blank apart: pan aligns some of its lines.
    let words = |line: &str| Vec::from_iter(line.split_whitespace()).join(" ");
    let lines = Vec::from_iter(report.lines().map(words));
    let says = |whole: &str| lines.iter().any(|line| line == whole);
    let is_for_it = match property {
        SAFETY => says("never claim - (not selected)") && says("invalid end states +"),
        formula => says("acceptance cycles + (fairness enabled)") && says(&format!("never claim + ({formula})")),
    };
    ensure!(is_for_it, "this is no search for {property}");
    let first_error = lines.iter().find_map(|line| line.strip_prefix("pan:1: ")).unwrap_or_default();
    let found = if lines.iter().any(|line| line.ends_with(", errors: 0")) { NOTHING } else { first_error };
    ensure!(found.starts_with(expected), "{property}: found {found}, expected {expected}");
    let is_whole = says("Full statespace search for:")
        && !says("Warning: Search not completed")
        && !lines.iter().any(|line| line.starts_with("error:"));
    let unreached = unreached(&lines, property);
    if expected == NOTHING {
        ensure!(is_whole, "{property}: the search was cut short");
        ensure!(unreached.is_empty(), "{property}: never reached: {}", unreached.join(", "));
    }
    let states = lines.iter().find_map(|line| Some(line.split_once(" states, stored")?.0.parse()));
    Ok(states.context("pan does not say how many states it stored")??)
}

/// The unreached steps that pan lists. A store buffer never ends, and a formula's end is its violation; of the formulas
/// pan lists those too that it did not search for.
fn unreached(lines: &[String], property: &str) -> Vec<String> {
    let mut part = "";
    let steps = lines.iter().filter_map(|line| {
        part = line.strip_prefix("unreached in ").unwrap_or(part);
        let is_other = part.starts_with("claim ") && part != format!("claim {property}");
        let may_last = part.starts_with("claim ") || part == "proctype store_buffer";
        let is_step = !part.is_empty() && line.contains(", state ") && !(may_last && line.ends_with("\"-end-\""));
        (is_step && !is_other).then(|| format!("{part}: {line}"))
    });
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What pan reported.
    const HOLDS: &str = include_str!("../probes/holds.pan");
    const DEADLOCK: &str = include_str!("../probes/stuck.pan");

    /// What is wrong with a report.
    fn wrong(report: &str, property: &str, expected: &str) -> String {
        states(report, property, expected).map_or_else(|why| why.to_string(), |_| String::new())
    }

    #[test]
    fn a_search_that_found_nothing_is_read_and_an_error_must_be_the_expected_one() {
        assert_eq!((states(HOLDS, "told", NOTHING).unwrap(), states(DEADLOCK, SAFETY, STUCK).unwrap()), (446014, 40));
        assert_eq!(wrong(HOLDS, "told", CYCLE), "told: found nothing, expected acceptance cycle");
        assert_eq!(wrong(DEADLOCK, SAFETY, NOTHING), "safety: found invalid end state (at depth 48), expected nothing");
        let failed = DEADLOCK.replace("invalid end state (at", "assertion violated ((size<=2)) (at");
        assert_eq!(wrong(&failed, SAFETY, ASSERTION), "");
        let cycle =
            HOLDS.replace("errors: 0", "errors: 1").replace("pan: ltl", "pan:1: acceptance cycle (at depth 9)\n");
        assert_eq!(wrong(&cycle, "told", CYCLE), "");
        assert_ne!(wrong(&DEADLOCK.replace("invalid end state (", "out of memory ("), SAFETY, STUCK), "");
    }

    #[test]
    fn a_search_for_something_else_or_one_that_was_cut_short_shows_nothing() {
        for (report, property, expected) in [
            (HOLDS, "popped", NOTHING),
            (DEADLOCK, "told", STUCK),
            (&HOLDS.replace("fairness enabled", "fairness disabled"), "told", NOTHING),
            (&DEADLOCK.replace("invalid end states	+", "invalid end states	-"), SAFETY, STUCK),
        ] {
            assert_eq!(wrong(report, property, expected), format!("this is no search for {property}"));
        }
        for cut in [
            format!("error: max search depth too small\n{HOLDS}"),
            format!("Warning: Search not completed\n{HOLDS}"),
            HOLDS.replace("Full statespace", "Bit statespace"),
        ] {
            assert_eq!(wrong(&cut, "told", NOTHING), "told: the search was cut short");
        }
    }

    #[test]
    fn a_step_that_was_not_reached_is_named() {
        let step = "\tring.pml:150, state 61, \"asleep[_pid] = 1\"\n\t(0 of 138 states)";
        let idle = HOLDS.replace("\t(0 of 138 states)", step);
        let named = "told: never reached: proctype writer: ring.pml:150, state 61, \"asleep[_pid] = 1\"";
        assert_eq!(wrong(&idle, "told", NOTHING), named);
        assert_ne!(wrong(&HOLDS.replace("proctype store_buffer", "proctype reader"), "told", NOTHING), "");
        let vacuous = HOLDS.replace("state 20, \"-end-\"", "state 12, \"(1)\"");
        assert_ne!(wrong(&vacuous, "told", NOTHING), "");
        assert_eq!(wrong(&vacuous.replace("claim told", "claim popped"), "told", NOTHING), "");
    }

    #[test]
    fn every_name_has_something_to_search_and_a_formula_is_searched_for_alone() {
        assert!(names().iter().all(|name| !wanted(name).is_empty()));
        assert_eq!(wanted("WITHOUT_WAKE").len(), 2);
        let told = wanted("told");
        assert!(told.len() > 4 && told.iter().all(|variant| variant.2 == ["told"]), "{told:?}");
        assert!(of("WITHOUT").is_err());
    }

    #[test]
    fn every_formula_fails_in_some_variant_and_all_that_the_model_asks_for_is_defined_in_one() {
        let fails = |v: &&Variant| v.1 != Some(NOTHING);
        let failing: Vec<&str> = VARIANTS.iter().filter(fails).flat_map(|v| v.2).copied().collect();
        assert!(FORMULAS.iter().all(|formula| failing.contains(formula)), "{failing:?}");
        let model = include_str!("../../verify/spin/ring.pml");
        let asking = model.lines().filter(|line| line.starts_with("#if") || line.starts_with("#elif"));
        let words = asking.flat_map(|line| line.split(|c: char| !(c.is_ascii_uppercase() || c == '_')));
        let asked: BTreeSet<&str> = words.filter(|word| !word.is_empty()).collect();
        assert_eq!(asked, VARIANTS.iter().flat_map(|variant| variant.0.split(' ')).collect());
    }
}
