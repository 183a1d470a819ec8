//! Production's arm of the facade under Miri, from the nightly toolchain: the models of `verify/miri`, once with every
//! seed. Miri reports a data race and an access that is not allowed; a model, what should not come out.
//!
//! That counts only where it sees what is wrong. So it first meets a library that is broken in one place or another,
//! and has to report each. `cargo xtask weaken --production` has it meet many more (`weaken/production`).

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use rayon::prelude::*;

use crate::explored::{lane, FULL};
use crate::report::{Checked, NotRun};
use crate::schemata::{Break, Schemata, UNKNOWN, VARIABLE};
use crate::shell::{cmd, rust_files, target_directory, with_commas, Replica, Shell};

/// How many seeds CI tries, and how many the full lane.
const SEEDS: [u64; 2] = [32, 1024];
/// How many a library meets that is about to be broken, and the most that a broken one does, up to the one that tells.
const CONTROL: u64 = 4;
const BROKEN: u64 = 128;
/// How many of the first also ask whether each value is valid, in half as much time again.
const VALIDATED: u64 = 4;

/// Without asking whether each value is a valid one of its type.
const QUICKLY: &[&str] = &["-Zmiri-disable-validation"];

/// What Miri reports of a race. What models say of a wake that was missed, and of a view that is wrong.
pub const RACE: &[&str] = &["Undefined Behavior: Data race"];
pub const MISSED: &[&str] = &["a side slept on that should have been woken"];
pub const UNTRUE: &[&str] = &["a view says what is not so"];
/// What is reported of bytes that a side has no right to: a race, or a header that makes no sense.
pub const TORN: &[&str] = &[RACE[0], "Corrupt { check: Record"];

/// A break of the library that Miri has to report.
#[derive(Clone, Copy)]
pub struct Broken<'a> {
    pub of: Break<'a>,
    /// The models that meet it, by a part of their names, and what has to be reported, one of these.
    pub models: &'a str,
    pub reports: &'a [&'a str],
}

const CANARIES: &[Broken] = &[
    Broken {
        of: Break {
            name: "O2, O4: an acquire load has no fence",
            file: "atomics/std.rs",
            piece: "            self.fence_after_load(edge);\n",
            broken: "",
        },
        models: "publish::",
        reports: TORN,
    },
    Broken {
        of: Break {
            name: "I7: a message is published before it is copied",
            file: "protocol/producer.rs",
            piece: "        unsafe { payload.write(0, message) };\n        \
                    self.endpoint.move_to(self.endpoint.position().after(record.size()));\n",
            broken: "        self.endpoint.move_to(self.endpoint.position().after(record.size()));\n        \
                     self.endpoint.publish();\n        \
                     unsafe { payload.write(0, message) };\n",
        },
        models: "publish::",
        reports: RACE,
    },
    Broken {
        of: Break {
            name: "O6, O8: the heavy fence is none",
            file: "atomics/std.rs",
            piece: "    fence(edge);\n    if mode",
            broken: "    let _ = edge;\n    if mode",
        },
        models: "wake::",
        reports: MISSED,
    },
];

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    let seeds = match asked {
        [seeds, ..] => seeds.parse().context("--seeds takes a number")?,
        [] => SEEDS[usize::from(lane() == FULL)],
    };
    needs_miri(sh)?;
    for (Broken { of, .. }, reported) in CANARIES.iter().zip(meet_broken(sh, "miri", CANARIES)?) {
        println!("{}: {}", of.name, reported.context(of.name.to_string())?);
    }
    let validated = VALIDATED.min(seeds);
    let mut sum = Explored::default();
    for (seeds, flags) in [(0..validated, &[][..]), (validated..seeds, QUICKLY)] {
        if !seeds.is_empty() {
            sum.add(passed(meet(sh, Path::new("."), seeds, flags, &[])?)?);
        }
    }
    ensure!(sum.sleeps > 0, "nobody slept");
    let [executions, sleeps] = [sum.executions, sum.sleeps].map(with_commas);
    Ok(format!("{executions} executions, {sleeps} sleeps; {} seeds", with_commas(seeds)))
}

/// Breaks the library in each of these ways, in a replica of this name, and returns what Miri reported of each, or why
/// it did not. All are in one program. Unbroken, it has to pass their models, with some seeds.
pub fn meet_broken(sh: &Shell, name: &str, broken: &[Broken]) -> Result<Vec<Result<String>>> {
    let replica = Replica::new(name)?;
    let breaks = Vec::from_iter(broken.iter().map(|broken| broken.of));
    let Schemata { files, left } = Schemata::of(rust_files(&replica.root.join("src"))?, &breaks)?;
    ensure!(left.is_empty(), "not in the body of a function: {left:?}");
    replica.write_sources(&files)?;
    let models = Vec::from_iter(broken.iter().map(|broken| broken.models).collect::<BTreeSet<&str>>());
    let unbroken = passed(meet(sh, &replica.root, 0..CONTROL, QUICKLY, &models)?).context("nothing is broken")?;
    println!("nothing is broken: {} executions", with_commas(unbroken.executions));
    // That a mutant is not reported must not be for want of one of that name.
    let chosen = |name: &str| format!("{VARIABLE}={name}");
    reported(meet(sh, &replica.root, 0..BROKEN, QUICKLY, &[models[0], &chosen("no such mutant")])?, &[UNKNOWN])?;
    let meet = |Broken { of, models, reports }: &Broken| {
        let met = meet(&Shell::new()?, &replica.root, 0..BROKEN, QUICKLY, &[models, &chosen(of.name)])?;
        Ok(reported(met, reports))
    };
    broken.par_iter().with_max_len(1).map(meet).collect()
}

/// Ends the check as one that was not run, unless the nightly toolchain has Miri. To ask installs nothing.
pub fn needs_miri(sh: &Shell) -> Result<()> {
    let ask =
        |program: &str, words: &[&str]| cmd!(sh, "env RUSTUP_AUTO_INSTALL=0 {program} +nightly {words...}").read();
    let has_miri = ask("cargo", &["miri", "--version"]).is_ok();
    let sources =
        ask("rustc", &["--print", "sysroot"]).map(|root| Path::new(&root).join("lib/rustlib/src/rust/library"));
    let has_sources = sources.is_ok_and(|path| path.is_dir());
    ensure!(has_miri && has_sources, NotRun("needs nightly's miri and rust-src (see .ci/install)".into()));
    Ok(())
}

/// Whether the models ended well, and all that was said.
type Met = (bool, String);

/// Runs those of the models at `root` whose names contain one of these words, or all if there is none, with each of
/// `seeds`, or up to one that fails.
fn meet(sh: &Shell, root: &Path, seeds: Range<u64>, more: &[&str], words_of_models: &[&str]) -> Result<Met> {
    let (manifest, directory) = (root.join("Cargo.toml"), target_directory().join("miri"));
    // A side that dies in a model is leaked. An allocator that hands memory from thread to thread would order what they
    // do.
    let flags = "-Zmiri-ignore-leaks -Zmiri-address-reuse-cross-thread-rate=0";
    let flags = format!("{flags} -Zmiri-many-seeds={}..{} {}", seeds.start, seeds.end, more.join(" "));
    let words = ["+nightly", "miri", "test", "--quiet", "--package", "ipc_ring", "--test", "miri"];
    let line = cmd!(sh, "env MIRIFLAGS={flags} cargo {words...} --manifest-path {manifest} --target-dir {directory}");
    let line = line.args(["--", "--nocapture"]).args(words_of_models).ignore_status();
    eprintln!("$ {line}");
    let output = line.output()?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok((output.status.success(), text))
}

/// What was run of the models.
#[derive(Default, Debug, PartialEq, Eq)]
struct Explored {
    executions: u64,
    sleeps: u64,
}

impl Explored {
    fn add(&mut self, other: Self) {
        self.executions += other.executions;
        self.sleeps += other.sleeps;
    }
}

/// How much was run where nothing was reported.
fn passed((is_well, said): Met) -> Result<Explored> {
    if !is_well {
        bail!("{said}");
    }
    // `miri: the model, from its start: 3 sleeps`, after what the test harness says on the same line.
    let runs =
        said.lines().filter_map(|line| line.split_once("miri: ")?.1.rsplit(": ").next()?.strip_suffix(" sleeps"));
    let mut sum = Explored::default();
    for sleeps in runs {
        sum.add(Explored { executions: 1, sleeps: sleeps.parse().with_context(|| said.clone())? });
    }
    ensure!(sum.executions > 0, "nothing was run: {said}");
    Ok(sum)
}

/// The line of the report that had to be made, after the seed with which it was.
fn reported((is_well, said): Met, expected: &[&str]) -> Result<String> {
    let line = said.lines().find(|line| expected.iter().any(|report| line.contains(report)));
    let seed = said.lines().find_map(|line| line.strip_prefix("FAILING SEED: "));
    match (line, seed) {
        (Some(line), Some(seed)) if !is_well => {
            let line: String = line.trim_start_matches('.').trim().chars().take(110).collect();
            Ok(format!("seed {seed}: {line}"))
        }
        _ => bail!("not reported: {expected:?}; but: {said}"),
    }
}

#[test]
fn executions_and_sleeps_are_counted_and_a_failure_is_none() {
    let said = "running 2 tests\n.miri: a, b, from 0x0: 3 sleeps\nmiri: c, from 0x20: 0 sleeps\n.i\ntest result: ok.\n";
    assert_eq!(passed((true, said.into())).unwrap(), Explored { executions: 2, sleeps: 3 });
    assert!(passed((false, said.into())).is_err() && passed((true, "running 0 tests".into())).is_err());
}

#[test]
fn a_broken_library_has_to_be_reported_as_what_it_is() {
    let said = format!("running 2 tests\n.error: {0} detected between (1) and (2)\nFAILING SEED: 7\n", RACE[0]);
    let report = format!("seed 7: error: {} detected between (1) and (2)", RACE[0]);
    assert_eq!(reported((false, said.clone()), RACE).unwrap(), report);
    for (is_well, said) in [(true, &*said), (false, "error[E0425]: cannot find value")] {
        assert!(reported((is_well, said.into()), RACE).is_err(), "{said}");
    }
}

#[test]
fn what_a_canary_breaks_stands_in_its_file_once_and_in_a_function() {
    let sources = rust_files(&crate::root().join("src")).unwrap();
    let left = Schemata::of(sources, &Vec::from_iter(CANARIES.iter().map(|canary| canary.of))).unwrap().left;
    assert!(left.is_empty() && CANARIES.iter().all(|canary| canary.of.piece != canary.of.broken), "{left:?}");
}
