//! `cargo xtask check NAME...`: runs what has a name: a test, a model, a mutant, a fault (f12, or 12), a statement of
//! SAFETY.md, or a variant or formula of the model of liveness. An invariant's checks are run. An edge is weakened.
//!
//! Part of a name is enough where no other name contains it. The tests that ran are counted: a test that the harness
//! does not know, or leaves out, has not passed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::slice::from_ref;

use anyhow::{bail, ensure, Context, Result};
use ipc_ring_mutants::{Mutant, MUTANTS};
use ipc_ring_tags::{Id, Statement, Test};

use crate::checks::{tests, with_engine};
use crate::report::{outcome, timed, told, verdict, Checked, Done, NotRun};
use crate::shell::{nothing_wrong, output, printed, read, table, Cmd, Shell};
use crate::spin;
use crate::traced::{stated, tagged};
use crate::weaken::{edge, last, mutants};

/// How like another name one has to be that is suggested, and how many are.
const LIKENESS: f64 = 0.7;
const SUGGESTIONS: usize = 4;
/// The most names that are listed for a part.
const CANDIDATES: usize = 20;

/// What can be run, by its name and its kind.
struct Named<'a> {
    name: String,
    kind: &'static str,
    what: What<'a>,
}

enum What<'a> {
    Edge,
    Mutant(&'static Mutant),
    Liveness,
    Tests(Vec<&'a Test>),
}

/// Runs what has these names, and tells what came of each; or prints all names that there are.
pub fn run(names: &[String], is_list: bool) -> Result<ExitCode> {
    let (statements, tests) = (stated()?, tagged()?);
    let all = all(&statements, &tests);
    if is_list {
        print!("{}", table(["kind", "name"], all.iter().map(|one| [one.kind.into(), one.name.clone()])));
        return Ok(ExitCode::SUCCESS);
    }
    let found = Vec::from_iter(names.iter().map(|name| find(&all, name)));
    let unknown = Vec::from_iter(found.iter().filter_map(|found| found.as_ref().err()));
    if !unknown.is_empty() {
        unknown.iter().for_each(|why| eprintln!("xtask: {why}"));
        return Ok(ExitCode::FAILURE);
    }
    let sh = Shell::new()?;
    let done = found.into_iter().flatten().flatten().map(|one| {
        println!("\n== {}: {}", one.kind, one.name);
        timed([&one.name, one.kind], || outcome(one.run(&sh)))
    });
    let done = Vec::from_iter(done);
    println!("\n{}\n{}", told(["name", "kind"], &done), verdict(&done).0);
    Ok(code(&done).into())
}

/// The code with which the process ends. Whoever names a check asks for its result: none may be left out.
fn code(done: &[Done]) -> u8 {
    done.iter().map(|one| verdict(from_ref(one)).1).max().unwrap_or(1)
}

/// All names, in the order of their kinds.
fn all<'a>(statements: &BTreeMap<Id, Statement>, tests: &'a [Test]) -> Vec<Named<'a>> {
    let checks = |id: &Id| What::Tests(tests.iter().filter(|test| test.tags.contains(id)).collect());
    let statement = |id: &Id| {
        let (kind, what) = match id.letter {
            'O' => ("edge", What::Edge),
            'I' => ("invariant", checks(id)),
            _ => ("assumption", checks(id)),
        };
        Named { name: id.to_string(), kind, what }
    };
    let mutant =
        |mutant: &'static Mutant| Named { name: mutant.name.into(), kind: "mutant", what: What::Mutant(mutant) };
    let (mut faults, mut names) = (BTreeMap::<usize, Vec<&Test>>::new(), BTreeMap::<&str, Vec<&Test>>::new());
    for test in tests {
        test.faults().for_each(|fault| faults.entry(fault).or_default().push(test));
        names.entry(&test.name).or_default().push(test);
    }
    let fault = |(number, tests)| Named { name: format!("f{number:02}"), kind: "fault", what: What::Tests(tests) };
    let test = |(name, tests): (&str, Vec<&'a Test>)| {
        let is_model = tests.iter().any(|test| test.is_model_of("loom") || test.is_model_of("shuttle"));
        Named { name: name.into(), kind: if is_model { "model" } else { "test" }, what: What::Tests(tests) }
    };
    let all = statements.keys().map(statement).chain(faults.into_iter().map(fault));
    let liveness = |name: &str| Named { name: name.into(), kind: "liveness", what: What::Liveness };
    let all = all.chain(MUTANTS.iter().map(mutant)).chain(spin::names().into_iter().map(liveness));
    all.chain(names.into_iter().map(test)).collect()
}

/// What has this name, with or without its modules; or else the one thing whose name contains it.
fn find<'a, 'b>(all: &'a [Named<'b>], asked: &str) -> Result<Vec<&'a Named<'b>>, String> {
    let lower = last(asked).to_lowercase();
    let number = lower.strip_prefix('f').unwrap_or(&lower).parse::<usize>();
    let exact = number.map_or_else(|_| lower.clone(), |fault| format!("f{fault:02}"));
    let such = |is: &dyn Fn(&str) -> bool| Vec::from_iter(all.iter().filter(|one| is(&one.name.to_lowercase())));
    let found = such(&|name| name == exact);
    if !found.is_empty() {
        return Ok(found);
    }
    let found = such(&|name| name.contains(&lower));
    let listed = |some: &[&Named]| some.iter().map(|one| format!("\n  {}: {}", one.kind, one.name)).collect::<String>();
    match found.len() {
        1 => Ok(found),
        0 => {
            let likeness = |one: &&Named| strsim::jaro_winkler(&lower, &one.name.to_lowercase());
            let mut near = Vec::from_iter(all.iter().filter(|one| likeness(one) >= LIKENESS));
            near.sort_by(|one, other| likeness(other).total_cmp(&likeness(one)));
            near.truncate(SUGGESTIONS);
            let near = if near.is_empty() { String::new() } else { format!("; near matches:{}", listed(&near)) };
            Err(format!("no name is {asked:?} or contains it (`cargo xtask check --list` prints all names){near}"))
        }
        many => {
            let more =
                many.checked_sub(CANDIDATES + 1).map_or_else(String::new, |more| format!("\n  and {} more", more + 1));
            Err(format!(
                "{many} names contain {asked:?}, give more of one:{}{more}",
                listed(&found[..many.min(CANDIDATES)])
            ))
        }
    }
}

impl Named<'_> {
    fn run(&self, sh: &Shell) -> Checked {
        match &self.what {
            What::Edge => edge(sh, &self.name),
            What::Mutant(mutant) => mutants(sh, &[**mutant]),
            What::Liveness => spin::of(&self.name),
            What::Tests(tests) => run_tests(sh, tests),
        }
    }
}

/// Runs these tests, and fails unless each of them ran.
fn run_tests(sh: &Shell, wanted: &[&Test]) -> Checked {
    ensure!(!wanted.is_empty(), NotRun("it is taken on trust: no test checks it".into()));
    let mut programs: BTreeMap<Program, BTreeSet<&str>> = BTreeMap::new();
    for test in wanted {
        programs.entry(Program::of(&test.path)?).or_default().insert(&test.name);
    }
    let (mut count, mut wrong, mut not_run) = (0, Vec::new(), Vec::new());
    for (program, names) in programs {
        let known = printed(&program.line(sh).args(["--", "--list"]))?;
        let names = known_as(&names, &known)?;
        let (status, printed, said) =
            output(&mut program.line(sh).args(["--", "--show-output", "--exact"]).args(&names))?;
        let passed = passed(&printed);
        if !status.success() || passed != names.len() {
            wrong.push(format!("{passed} of {} passed of {}", names.len(), program.line(sh)));
        }
        not_run.extend(
            printed
                .lines()
                .chain(said.lines())
                .filter_map(|line| line.trim().strip_prefix("NOT RUN: "))
                .map(String::from),
        );
        count += passed;
    }
    nothing_wrong(wrong)?;
    ensure!(not_run.is_empty(), NotRun(not_run.join("; ")));
    Ok(format!("{count} passed"))
}

/// Fails unless each test that counts as evidence, of SAFETY.md or of a fault, is one that its program runs: those of
/// this engine, or of std. It builds the programs, and runs none of their tests.
pub fn all_are_run(sh: &Shell, engine: Option<&str>) -> Checked {
    let tests = tagged()?;
    let mut programs: BTreeMap<Program, Vec<&str>> = BTreeMap::new();
    for test in tests.iter().filter(|test| !test.tags.is_empty() || test.faults().next().is_some()) {
        programs.entry(Program::of(&test.path)?).or_default().push(&test.name);
    }
    programs.retain(|program, _| program.0 == engine);
    ensure!(!programs.is_empty(), "no test of {engine:?} has a tag");
    let complaint = |(program, names): (&Program, &Vec<&str>)| -> Result<()> {
        let listed = |words: &[&str]| printed(&program.line(sh).args(["--quiet", "--", "--list"]).args(words));
        let listed = without(&listed(&[])?, &listed(&["--ignored"])?);
        let known = known_as(&names.iter().copied().collect(), &listed)?;
        // Two files may each have a test of that name, and one of them be in no program.
        let lacks = |name: &&&str| {
            names.iter().filter(|one| one == name).count() > known.iter().filter(|full| last(full) == **name).count()
        };
        match names.iter().find(lacks) {
            Some(name) => bail!("{name} is in more files than in {}", program.1),
            None => Ok(()),
        }
    };
    nothing_wrong(programs.iter().filter_map(|program| complaint(program).err()).map(|error| format!("{error:#}")))?;
    Ok(format!("{} tests", programs.values().map(Vec::len).sum::<usize>()))
}

/// The lines of `all` that are not in `left_out`.
fn without(all: &str, left_out: &str) -> String {
    let left_out = BTreeSet::from_iter(left_out.lines());
    all.lines().filter(|line| !left_out.contains(line)).map(|line| format!("{line}\n")).collect()
}

/// What these tests are called with their modules. An error for one that is not among those that are `listed`.
fn known_as<'a>(names: &BTreeSet<&str>, listed: &'a str) -> Result<Vec<&'a str>> {
    let known = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let known = Vec::from_iter(known.filter(|full| names.contains(last(full))));
    match names.iter().find(|name| !known.iter().any(|full| last(full) == **name)) {
        Some(name) => bail!("{name} is in no test program here, or is left out: nothing to run"),
        None => Ok(known),
    }
}

/// How many tests passed by what the test programs printed.
fn passed(printed: &str) -> usize {
    let results = printed.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
    results.filter_map(|result| result.split(' ').next()?.parse::<usize>().ok()).sum()
}

/// The programs that a test is in, as cargo is told of them: by the engine, and by words.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Program(Option<&'static str>, String);

impl Program {
    /// That of the test in the file at `path`.
    fn of(path: &str) -> Result<Self> {
        let parts = Vec::from_iter(path.split('/'));
        Ok(match parts[..] {
            ["verify", "loom", ..] => Self(Some("loom"), "test --test loom".into()),
            ["verify", "shuttle", ..] => Self(Some("shuttle"), "test --test shuttle".into()),
            ["src", ..] => Self(None, "--lib".into()),
            ["tests", program, ..] | ["cli", "tests", program, ..] => {
                Self(None, format!("--test {}", program.trim_end_matches(".rs")))
            }
            _ => {
                let manifests = Path::new(path).ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
                let manifest = manifests.filter(|path| path.exists()).map(read).next().context(path.to_string())??;
                let name = manifest.lines().find_map(|line| line.strip_prefix("name = \""));
                Self(None, format!("--package {}", name.context(path.to_string())?.trim_end_matches('"')))
            }
        })
    }

    fn line<'a>(&self, sh: &'a Shell) -> Cmd<'a> {
        match self.0 {
            Some(engine) => with_engine(sh, engine, &self.1),
            None => tests(sh, &self.1),
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn test(name: &str, path: &str) -> Test {
        Test { name: name.into(), path: path.into(), tags: vec!["I3".parse().unwrap()] }
    }

    #[test]
    fn a_name_is_found_exactly_or_by_a_part_of_one_alone_and_what_is_none_or_many_is_said() {
        let statement = Statement { words: String::new(), text: String::new() };
        let statements = ["I3", "O5", "T2"].map(|id| (id.parse().unwrap(), statement.clone())).into();
        let tests = [
            test("dozes", "verify/loom/a.rs"),
            test("dozes", "verify/shuttle/a.rs"),
            test("f12_dozes_on", "tests/a.rs"),
        ];
        let all = all(&statements, &tests);
        let found =
            |asked| find(&all, asked).map(|found| found.iter().map(|one| (one.kind, &*one.name)).collect::<Vec<_>>());
        for (asked, kind, name) in [
            ("i3", "invariant", "I3"),
            ("O5", "edge", "O5"),
            ("T2", "assumption", "T2"),
            ("12", "fault", "f12"),
            ("F12", "fault", "f12"),
            ("dozes", "model", "dozes"),
            ("dozes_on", "test", "f12_dozes_on"),
            ("no wake on push", "mutant", "no wake on push"),
            ("wake on pus", "mutant", "no wake on push"),
            ("a::dozes", "model", "dozes"),
            ("WITHOUT_WAKE", "liveness", "WITHOUT_WAKE"),
            ("popped", "liveness", "popped"),
        ] {
            assert_eq!(found(asked).unwrap(), [(kind, name)], "{asked}");
        }
        let error = |asked| found(asked).unwrap_err();
        assert!(error("doze").contains("one:\n  model: dozes\n  test: f12_dozes_on"), "{}", error("doze"));
        assert!(error("no wake on").contains("one:\n  mutant: no wake on push\n  mutant: no wake on pop"));
        assert!(error("doezs").contains("near matches:\n  model: dozes"), "{}", error("doezs"));
        assert!(error("13").starts_with("no name is \"13\"") && error("xyzzy").ends_with("prints all names)"));
        let What::Tests(both) = &find(&all, "dozes").unwrap()[0].what else { panic!("no tests") };
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn what_did_not_run_did_not_pass() {
        let listed = "a::one: test\nb::one: test\nanyone: test\n\n3 tests, 0 benchmarks\n";
        assert_eq!(known_as(&["one"].into(), listed).unwrap(), ["a::one", "b::one"]);
        assert!(known_as(&["one", "two"].into(), listed).unwrap_err().to_string().contains("two"));
        let runs = without(listed, "b::one: test\nanyone: test\n");
        assert_eq!(known_as(&["one"].into(), &runs).unwrap(), ["a::one"]);
        assert!(known_as(&["anyone"].into(), &runs).is_err() && known_as(&["anyone"].into(), listed).is_ok());
        assert_eq!(passed("test result: ok. 2 passed; 0 failed\nx\ntest result: ok. 1 passed; 0 failed"), 3);
        assert_eq!(passed("test result: FAILED. 2 passed; 1 failed\n"), 0);
        let sh = Shell::new().unwrap();
        assert!(run_tests(&sh, &[]).unwrap_err().is::<NotRun>());
        let not_run = || (["a", "test"], outcome(Err(NotRun("no root".into()).into())), 0.0);
        let passed = || (["b", "test"], outcome(Ok(String::new())), 0.0);
        assert_eq!([code(&[passed(), not_run()]), code(&[passed(), passed()]), code(&[])], [1, 0, 1]);
    }

    #[test]
    fn every_test_is_in_a_program() {
        let words = |path| Program::of(path).unwrap();
        assert_eq!(words("verify/loom/wake.rs"), Program(Some("loom"), "test --test loom".into()));
        assert_eq!(words("tests/faults/death.rs").1, "--test faults");
        assert_eq!(words("cli/tests/documents.rs").1, "--test documents");
        assert_eq!(words("src/sys/draft.rs").1, "--lib");
    }
}
