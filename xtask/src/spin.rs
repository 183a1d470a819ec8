//! Liveness: spin searches all of the model in `verify/spin`, and each variant that lacks a step of it must fail.
//!
//! What spin writes is a program in C, pan, which `gcc` compiles and which does the search. Its report is read here:
//! that it found no error counts only where it says that it searched everything, for the property asked for, and
//! that it reached every step of the model. Where spin is not installed (`.ci/install`), the check is not run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{ensure, Context, Result};
use rayon::prelude::*;

use crate::explored::Explored;
use crate::report::Checked;
use crate::shell::{cmd, needs, nothing_wrong, printed, target_directory, Shell};

const MODEL: &str = "verify/spin/ring.pml";
/// What is searched for without a formula: a failed assertion, and that everyone is stuck.
const SAFETY: &str = "safety";
/// The model's formulas, which hold where the scheduler is fair.
const FORMULAS: &[&str] = &["reader_wakes", "writer_wakes", "popped", "pushed", "told"];
/// The steps of the longest path: more than ten times as many as any search has needed.
const DEPTH: &str = "-m1000000";

/// What comes of a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Finding {
    Nothing,
    Cycle,
    Stuck,
    Assertion,
}

use Finding::{Assertion, Cycle, Nothing, Stuck};

/// What pan says when it has found an error.
const ERRORS: [(&str, Finding); 3] =
    [("acceptance cycle", Cycle), ("invalid end state", Stuck), ("assertion violated", Assertion)];

/// A variant of the model, and what must be found in it.
struct Variant {
    /// The names that are defined for it.
    defines: &'static str,
    safety: Option<Finding>,
    formulas: &'static [&'static str],
}

const VARIANTS: &[Variant] = &[
    holds("SYMMETRIC"),
    holds("ASYMMETRIC"),
    holds("ASYMMETRIC SPURIOUS"),
    // What the nap is for: with it nobody needs to be woken.
    holds("SYMMETRIC NAPS WITHOUT_WAKE WITHOUT_WAKE_ON_CLOSE"),
    oversleeps("SYMMETRIC WITHOUT_LIGHT_FENCE"),
    oversleeps("SYMMETRIC WITHOUT_HEAVY_FENCE"),
    oversleeps("ASYMMETRIC WITHOUT_HEAVY_FENCE"),
    oversleeps("ASYMMETRIC WITHOUT_MEMBARRIER"),
    oversleeps("ASYMMETRIC WITHOUT_SECOND_LOOK"),
    oversleeps("ASYMMETRIC WITHOUT_COMPARISON"),
    oversleeps("ASYMMETRIC WITHOUT_CROSSING"),
    oversleeps("ASYMMETRIC WITHOUT_BARRIER_IN_WAKE"),
    fails("ASYMMETRIC WITHOUT_WAKE", Some(Stuck), &["reader_wakes", "writer_wakes", "popped", "pushed"]),
    fails("ASYMMETRIC WITHOUT_WAKE_ON_CLOSE", Some(Stuck), &["reader_wakes", "writer_wakes", "told"]),
    fails("ASYMMETRIC WITHOUT_TARGET", Some(Assertion), &[]),
];

/// In which nothing is found.
const fn holds(defines: &'static str) -> Variant {
    fails(defines, Some(Nothing), FORMULAS)
}

/// In which either side may sleep for ever, though it has cause to be awake.
const fn oversleeps(defines: &'static str) -> Variant {
    fails(defines, None, &["reader_wakes", "writer_wakes"])
}

/// In which `safety` is found, if it is looked for, and none of `formulas` holds.
const fn fails(defines: &'static str, safety: Option<Finding>, formulas: &'static [&'static str]) -> Variant {
    Variant { defines, safety, formulas }
}

pub fn run(_: &Shell, _: &[String]) -> Checked {
    needs("spin", &["-V"], "spin (see .ci/install)")?;
    needs("gcc", &["--version"], "gcc (see .ci/install)")?;
    let searches: Vec<Result<u64>> = VARIANTS.par_iter().with_max_len(1).flat_map_iter(Variant::searches).collect();
    let (found, wrong): (Vec<_>, Vec<_>) = searches.into_iter().partition(Result::is_ok);
    nothing_wrong(wrong.into_iter().filter_map(Result::err).map(|why| format!("{why:#}")))?;
    let (count, bound) = (found.into_iter().flatten().sum(), "records of 1 or 2 granules, a ring of 2".into());
    Ok(Some(Explored { count, unit: "states".into(), bound }))
}

impl Variant {
    /// The states that each of its searches went through; what was found that should not be there, or was not.
    fn searches(&self) -> Vec<Result<u64>> {
        let safety = self.safety.map(|_| self.search("safety", &["-DSAFETY", "-DNOCLAIM"], &[SAFETY]));
        let formulas = (!self.formulas.is_empty()).then(|| self.search("liveness", &[], self.formulas));
        let searches = safety.into_iter().chain(formulas).flatten();
        searches.map(|search| search.context(self.defines)).collect()
    }

    /// Builds a search in a directory of its own, since spin writes where it is, and runs it for each property.
    fn search(&self, name: &str, options: &[&str], properties: &[&str]) -> Vec<Result<u64>> {
        match self.build(name, options) {
            Err(why) => vec![Err(why)],
            Ok(directory) => properties.iter().map(|property| self.check(&directory, property)).collect(),
        }
    }

    fn build(&self, name: &str, options: &[&str]) -> Result<PathBuf> {
        let directory = target_directory().join("spin").join(self.defines.replace(' ', "-").to_lowercase()).join(name);
        fs::create_dir_all(&directory)?;
        let (sh, model) = (Shell::new()?, fs::canonicalize(MODEL)?);
        let defines = self.defines.split(' ').map(|name| format!("-D{name}"));
        cmd!(sh, "env -C {directory} spin -a {defines...} {model}").ignore_stdout().run()?;
        // A search that finds nothing is long, and worth optimising. No warnings: the code is spin's.
        let level = if self.safety == Some(Nothing) { "-O2" } else { "-O0" };
        cmd!(sh, "env -C {directory} gcc {level} -w {options...} -o pan pan.c").run()?;
        Ok(directory)
    }

    fn check(&self, directory: &Path, property: &str) -> Result<u64> {
        let options = if property == SAFETY { vec![] } else { vec!["-a", "-f", "-N", property] };
        let sh = Shell::new()?;
        let printed = printed(&cmd!(sh, "env -C {directory} ./pan {DEPTH} {options...}"))?;
        let report = Report::read(&printed);
        println!("{}: {property}: {}", self.defines, report.in_a_line());
        report.verdict(property, self.expected(property))?;
        report.states.parse().with_context(|| format!("{property}: pan does not say how many states it stored"))
    }

    fn expected(&self, property: &str) -> Finding {
        match self.safety {
            Some(finding) if property == SAFETY || finding == Nothing => finding,
            _ => Cycle,
        }
    }
}

/// What pan says of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Report {
    /// What it searched for.
    property: String,
    /// Whether it searched everything.
    whole: bool,
    /// The first error; `None` where it is none of the known ones, or pan does not say.
    finding: Option<Finding>,
    /// The steps that it did not reach, but for ends that are not to be reached.
    unreached: Vec<String>,
    states: String,
    depth: String,
    seconds: String,
}

impl Report {
    fn read(printed: &str) -> Self {
        // Words a blank apart: pan aligns some of its lines.
        let lines: Vec<String> =
            printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let says = |whole: &str| lines.iter().any(|line| line == whole);
        let between = |before: &str, after: &str| {
            let mut found = lines.iter().filter_map(|line| Some(line.split_once(before)?.1.split_once(after)?.0));
            found.next().unwrap_or_default().to_string()
        };
        let property = if says("acceptance cycles + (fairness enabled)") {
            between("never claim + (", ")")
        } else if says("never claim - (not selected)") && says("invalid end states +") {
            SAFETY.into()
        } else {
            String::new()
        };
        let first_error = lines.iter().find_map(|line| line.strip_prefix("pan:1: ")).unwrap_or_default();
        let known = ERRORS.iter().find(|(error, _)| first_error.starts_with(error)).map(|&(_, finding)| finding);
        Self {
            whole: says("Full statespace search for:")
                && !says("Warning: Search not completed")
                && !lines.iter().any(|line| line.starts_with("error:")),
            finding: if lines.iter().any(|line| line.ends_with(", errors: 0")) { Some(Nothing) } else { known },
            unreached: unreached(&lines, &property),
            states: between("", " states, stored"),
            depth: between("depth reached ", ","),
            seconds: between("pan: elapsed time ", " seconds"),
            property,
        }
    }

    /// Fails unless this is a search for `property` in which `expected` was found.
    fn verdict(&self, property: &str, expected: Finding) -> Result<()> {
        ensure!(self.property == property, "searched for {:?} in place of {property}", self.property);
        let found = self.found();
        ensure!(self.finding == Some(expected), "{property}: found {found}, expected {expected:?}");
        ensure!(expected != Nothing || self.whole, "{property}: the search was cut short");
        let is_reached = expected != Nothing || self.unreached.is_empty();
        ensure!(is_reached, "{property}: never reached: {}", self.unreached.join(", "));
        Ok(())
    }

    fn found(&self) -> String {
        self.finding.map_or("what is not known".into(), |finding| format!("{finding:?}"))
    }

    fn in_a_line(&self) -> String {
        let Self { states, depth, seconds, .. } = self;
        format!("found {}; {states} states, depth {depth}, {seconds} s", self.found())
    }
}

/// The unreached steps that pan lists. A store buffer never ends, and a formula's end is its violation; of the formulas
/// pan lists those too that it did not search for.
fn unreached(lines: &[String], property: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut part = "";
    for line in lines {
        if let Some(name) = line.strip_prefix("unreached in ") {
            part = name;
        }
        let searched = !part.starts_with("claim ") || part == format!("claim {property}");
        let may_last = part.starts_with("claim ") || part == "proctype store_buffer";
        let is_step = line.contains(", state ") && !part.is_empty();
        if is_step && searched && !(may_last && line.ends_with("\"-end-\"")) {
            found.push(format!("{part}: {line}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const HOLDS: &str = "\
pan: ltl formula told

(Spin Version 6.5.2 -- 6 December 2019)
	+ Partial Order Reduction

Full statespace search for:
	never claim         	+ (told)
	assertion violations	+ (if within scope of claim)
	acceptance   cycles 	+ (fairness enabled)
	invalid end states	- (disabled by never claim)

State-vector 84 byte, depth reached 51120, errors: 0
   446014 states, stored (512514 visited)
   815335 states, matched

unreached in proctype writer
	(0 of 138 states)
unreached in proctype store_buffer
	ring.pml:290, state 8, \"-end-\"
	(1 of 8 states)
unreached in claim told
	_spin_nvr.tmp:59, state 20, \"-end-\"
	(1 of 20 states)

pan: elapsed time 0.72 seconds
";

    const STUCK: &str = "\
pan:1: invalid end state (at depth 48)
pan: wrote ring.pml.trail
Warning: Search not completed

Full statespace search for:
	never claim         	- (not selected)
	assertion violations	+
	cycle checks       	- (disabled by -DSAFETY)
	invalid end states	+

State-vector 68 byte, depth reached 49, errors: 1
       40 states, stored
";

    fn verdict(printed: &str, property: &str, expected: Finding) -> Result<(), String> {
        Report::read(printed).verdict(property, expected).map_err(|why| why.to_string())
    }

    #[test]
    fn a_search_that_found_nothing_is_read_and_an_error_must_be_the_expected_one() {
        assert_eq!(Report::read(HOLDS).in_a_line(), "found Nothing; 446014 states, depth 51120, 0.72 s");
        assert_eq!(verdict(HOLDS, "told", Nothing), Ok(()));
        assert_eq!(verdict(HOLDS, "told", Cycle), Err("told: found Nothing, expected Cycle".into()));
        assert_eq!(verdict(STUCK, SAFETY, Stuck), Ok(()));
        assert_eq!(verdict(STUCK, SAFETY, Nothing), Err("safety: found Stuck, expected Nothing".into()));
        let failed = STUCK.replace("invalid end state (at", "assertion violated ((size<=2)) (at");
        assert_eq!(verdict(&failed, SAFETY, Assertion), Ok(()));
        let cycle =
            HOLDS.replace("errors: 0", "errors: 1").replace("pan: ltl", "pan:1: acceptance cycle (at depth 9)\n");
        assert_eq!(verdict(&cycle, "told", Cycle), Ok(()));
        assert!(verdict(&STUCK.replace("invalid end state (", "out of memory ("), SAFETY, Stuck).is_err());
    }

    #[test]
    fn a_search_for_something_else_or_one_that_was_cut_short_shows_nothing() {
        assert!(verdict(HOLDS, "popped", Nothing).is_err() && verdict(STUCK, "told", Stuck).is_err());
        assert!(verdict(&HOLDS.replace("fairness enabled", "fairness disabled"), "told", Nothing).is_err());
        assert!(verdict(&STUCK.replace("invalid end states	+", "invalid end states	-"), SAFETY, Stuck).is_err());
        let cut = Err("told: the search was cut short".to_string());
        assert_eq!(verdict(&format!("error: max search depth too small\n{HOLDS}"), "told", Nothing), cut);
        assert_eq!(verdict(&format!("Warning: Search not completed\n{HOLDS}"), "told", Nothing), cut);
        assert_eq!(verdict(&HOLDS.replace("Full statespace", "Bit statespace"), "told", Nothing), cut);
    }

    #[test]
    fn a_step_that_was_not_reached_is_named() {
        let step = "\tring.pml:150, state 61, \"asleep[_pid] = 1\"\n\t(0 of 138 states)";
        let idle = HOLDS.replace("\t(0 of 138 states)", step);
        let named = "told: never reached: proctype writer: ring.pml:150, state 61, \"asleep[_pid] = 1\"";
        assert_eq!(verdict(&idle, "told", Nothing), Err(named.into()));
        let endless = HOLDS.replace("proctype store_buffer", "proctype reader");
        assert!(verdict(&endless, "told", Nothing).is_err());
        let vacuous = HOLDS.replace("state 20, \"-end-\"", "state 12, \"(1)\"");
        assert!(verdict(&vacuous, "told", Nothing).is_err());
        let other = HOLDS.replace("state 20, \"-end-\"", "state 12, \"(1)\"").replace("claim told", "claim popped");
        assert_eq!(verdict(&other, "told", Nothing), Ok(()));
    }

    #[test]
    fn every_formula_fails_in_some_variant() {
        let fails = |v: &&Variant| v.safety != Some(Nothing);
        let failing: Vec<&str> = VARIANTS.iter().filter(fails).flat_map(|v| v.formulas).copied().collect();
        assert!(FORMULAS.iter().all(|formula| failing.contains(formula)), "{failing:?}");
    }

    #[test]
    fn the_variants_define_what_the_model_asks_for() {
        let model = include_str!("../../verify/spin/ring.pml");
        let asking = model.lines().filter(|line| line.starts_with("#if") || line.starts_with("#elif"));
        let words = asking.flat_map(|line| line.split(|c: char| !(c.is_ascii_uppercase() || c == '_')));
        let asked: BTreeSet<&str> = words.filter(|word| !word.is_empty()).collect();
        let defined: BTreeSet<&str> = VARIANTS.iter().flat_map(|variant| variant.defines.split(' ')).collect();
        assert_eq!(asked, defined);
    }
}
