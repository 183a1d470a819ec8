//! Production's arm of the facade under Miri, from the nightly toolchain: the models of `verify/miri`, once with every
//! seed. Miri reports a data race and an access that is not allowed; a model, what should not come out.
//!
//! That counts only where it sees what is wrong. So it first meets libraries that are broken, and has to report each.

use std::ops::Range;
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};

use crate::explored::{lane, FULL};
use crate::report::{Checked, NotRun};
use crate::shell::{cmd, target_directory, with_commas, Replica, Shell};

/// How many seeds CI tries, and how many the full lane.
const SEEDS: [u64; 2] = [32, 1024];
/// How many of them also ask whether each value is valid, in half as much time again.
const VALIDATED: u64 = 4;

/// Without asking whether each value is a valid one of its type.
pub const QUICKLY: &[&str] = &["-Zmiri-disable-validation"];

/// What Miri reports of a race; what a model says of a wake that was missed.
pub const RACE: &str = "Undefined Behavior: Data race";
pub const MISSED: &str = "a side slept on that should have been woken";

/// A library that is broken.
struct Canary {
    breaks: &'static str,
    file: &'static str,
    /// What stands in the file once, and what is put in its place.
    piece: &'static str,
    broken: &'static str,
    /// The models that meet it, and what has to be reported.
    models: &'static str,
    report: &'static str,
}

const CANARIES: &[Canary] = &[
    Canary {
        breaks: "O2, O4: an acquire load has no fence",
        file: "src/atomics/std.rs",
        piece: "            fence(edge);\n",
        broken: "",
        models: "publish",
        report: RACE,
    },
    Canary {
        breaks: "I7: a message is published before it is copied",
        file: "src/protocol/producer.rs",
        piece: "        unsafe { payload.write(0, message) };\n        \
                self.endpoint.move_to(self.endpoint.position().after(record.size()));\n",
        broken: "        self.endpoint.move_to(self.endpoint.position().after(record.size()));\n        \
                 self.endpoint.publish();\n        \
                 unsafe { payload.write(0, message) };\n",
        models: "publish",
        report: RACE,
    },
    Canary {
        breaks: "O6, O8: the heavy fence is none",
        file: "src/atomics/std.rs",
        piece: "    fence(edge);\n    if mode",
        broken: "    let _ = edge;\n    if mode",
        models: "wake",
        report: MISSED,
    },
];

pub fn run(sh: &Shell, asked: &[String]) -> Checked {
    let seeds = match asked {
        [seeds, ..] => seeds.parse().context("--seeds takes a number")?,
        [] => SEEDS[usize::from(lane() == FULL)],
    };
    needs_miri(sh)?;
    let replica = Replica::new("miri")?;
    for Canary { breaks, file, piece, broken, models, report } in CANARIES {
        let met = replica.with(file, piece, broken, || meet(sh, &replica.root, 0..SEEDS[0], QUICKLY, models))?;
        println!("{breaks}: {}", reported(met, report).context(*breaks)?);
    }
    let validated = VALIDATED.min(seeds);
    let mut sum = Explored::default();
    for (seeds, flags) in [(0..validated, &[][..]), (validated..seeds, QUICKLY)] {
        if !seeds.is_empty() {
            sum.add(passed(meet(sh, Path::new("."), seeds, flags, "")?)?);
        }
    }
    ensure!(sum.sleeps > 0, "nobody slept");
    let [executions, sleeps] = [sum.executions, sum.sleeps].map(with_commas);
    Ok(format!("{executions} executions, {sleeps} sleeps; {} seeds", with_commas(seeds)))
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

/// Runs those of the models at `root` whose names contain `models`, with each of `seeds`, or up to one that fails.
pub fn meet(sh: &Shell, root: &Path, seeds: Range<u64>, flags: &[&str], models: &str) -> Result<Met> {
    let (manifest, directory) = (root.join("Cargo.toml"), target_directory().join("miri"));
    // A side that dies in a model is leaked.
    let flags = format!("-Zmiri-ignore-leaks -Zmiri-many-seeds={}..{} {}", seeds.start, seeds.end, flags.join(" "));
    let words = ["+nightly", "miri", "test", "--quiet", "--package", "ipc_ring", "--test", "miri"];
    let line = cmd!(sh, "env MIRIFLAGS={flags} cargo {words...} --manifest-path {manifest} --target-dir {directory}");
    let line = line.args(["--", "--nocapture", models]).ignore_status();
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

/// The line of the report that had to be made.
pub fn reported((is_well, said): Met, expected: &str) -> Result<String> {
    let line = said.lines().find(|line| line.contains(expected));
    match line {
        Some(line) if !is_well => Ok(line.trim_start_matches('.').trim().chars().take(110).collect()),
        _ => bail!("not reported: {expected}; but: {said}"),
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
    let said = format!("running 2 tests\n.error: {RACE} detected between (1) and (2)\nmore\n");
    assert_eq!(reported((false, said.clone()), RACE).unwrap(), format!("error: {RACE} detected between (1) and (2)"));
    for (is_well, said) in [(true, &*said), (false, "error[E0425]: cannot find value")] {
        assert!(reported((is_well, said.into()), RACE).is_err(), "{said}");
    }
}

#[test]
fn what_a_canary_breaks_stands_in_its_file_once() {
    for Canary { file, piece, broken, .. } in CANARIES {
        let text = crate::shell::read(crate::root().join(file)).unwrap();
        assert!(crate::shell::once(&text, piece).is_ok() && piece != broken, "{file}: {piece}");
    }
}
