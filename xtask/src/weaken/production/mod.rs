//! `cargo xtask weaken --production`: the ordering contract, weakened in the arm that ships. Each edge of `order.rs` is
//! weakened in `std.rs`, where anything weaker exists, and each fence is left out, in both modes. Each of these has to
//! be noticed by a tool that is named here, or cannot be noticed for a reason that is:
//!
//! - Miri runs `std.rs` and reports a race, a missed wake, or a view that says what is not so (`verify/miri`).
//! - The code that the compiler generates shows the light fence of the asymmetric mode (`generated.rs`).
//! - A trace of system calls shows membarrier.
//! - Loom's models show a fence that a mutant leaves out (`verify/mutants`). It stands in the heart or in a view, so it
//!   is the same line in every arm. Miri would need thousands of looks: other fences cover most of what it is for.
//!
//! First, each tool meets a library in which nothing is broken.

mod generated;

use std::collections::btree_map::{BTreeMap, Entry};
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};
use ipc_ring_mutants::{Mutant, MUTANTS};

use super::edges::{edges_of, weakened, Edge, CONTRACT};
use super::protocol::break_each;
use crate::miri::{meet_broken, needs_miri, Broken, MISSED, RACE, TORN, UNTRUE};
use crate::report::Checked;
use crate::schemata::Break;
use crate::shell::{cmd, nothing_wrong, read, rust_files, table, Replica, Shell};

/// The production arm, in `src/`.
const ARM: &str = "atomics/std.rs";
/// What looks an edge's ordering up in [`ARM`]: a store, a load, a fence.
const STORE: &str = "self.0.store(value, edge.ordering);";
const LOAD: &str = "if edge.ordering == Ordering::Acquire {";
const FENCE: &str = "    atomic::fence(edge.ordering);";
/// The fences of [`ARM`] that no edge names: of the asymmetric mode, and what stands for the kernel's lock.
const LIGHT: &str = "FenceMode::Asymmetric => compiler_fence(edge.ordering),";
const MEMBARRIER: &str = "sys::membarrier::run();";
const LOCK: &str = "atomic::fence(Ordering::Acquire);";

/// The package, the program and the test that trace system calls, which fails where membarrier is left out. The check
/// `test` runs it unbroken.
const TRACE: [&str; 3] = [
    "ipc_ring_tests",
    "sleeps",
    "a_wait_of_an_asymmetric_ring_calls_membarrier_once_before_its_sleeps_and_no_other_does",
];

/// In which modes a fence is weakened.
const SYMMETRIC: &str = "symmetric";
const ASYMMETRIC: &str = "asymmetric";
/// Where no fence of a mode is near.
const BOTH: &str = "both";

/// The models that have to notice under Miri. A row is an edge, the file that it is left out of, the mode, the model,
/// and what is reported. The fences of one mode are absent from the other, so an edge has a row for each.
///
/// Miri has no membarrier, so nobody sleeps there in the asymmetric mode. What only a sleeper needs has a row for the
/// symmetric mode alone.
const MODELS: &[(&str, &str, &str, &str, &[&str])] = &[
    ("O1", ARM, ASYMMETRIC, "publish::messages_of_all_shapes_come_out_as_they_went_in", TORN),
    ("O1", ARM, SYMMETRIC, "wake::a_reader_asleep_is_woken", TORN),
    ("O2", ARM, ASYMMETRIC, "publish::messages_of_all_shapes_come_out_as_they_went_in", TORN),
    ("O2", ARM, SYMMETRIC, "wake::a_reader_asleep_is_woken", TORN),
    ("O3", ARM, ASYMMETRIC, "publish::bytes_are_reused_only_after_they_were_read", RACE),
    ("O3", ARM, SYMMETRIC, "wake::a_writer_asleep_is_woken", RACE),
    ("O4", ARM, ASYMMETRIC, "publish::bytes_are_reused_only_after_they_were_read", RACE),
    ("O4", ARM, SYMMETRIC, "wake::a_writer_asleep_is_woken", RACE),
    ("O5", ARM, SYMMETRIC, "wake::a_reader_asleep_is_woken", MISSED),
    ("O6", ARM, SYMMETRIC, "wake::a_reader_asleep_is_woken", MISSED),
    ("O7", ARM, SYMMETRIC, "wake::a_writer_asleep_is_woken", MISSED),
    ("O8", ARM, SYMMETRIC, "wake::a_writer_asleep_is_woken", MISSED),
    ("O18", "protocol/endpoint.rs", ASYMMETRIC, WITHIN[0], UNTRUE),
    ("O18", "protocol/endpoint.rs", SYMMETRIC, WITHIN[1], UNTRUE),
    ("O19", "view/cursors.rs", ASYMMETRIC, WITHIN[0], UNTRUE),
    ("O19", "view/cursors.rs", SYMMETRIC, WITHIN[1], UNTRUE),
    ("O20", "protocol/tally.rs", ASYMMETRIC, LAP[0], UNTRUE),
    ("O20", "protocol/tally.rs", SYMMETRIC, LAP[1], UNTRUE),
    ("O20", "protocol/words.rs", SYMMETRIC, WAIT, UNTRUE),
    ("O21", "protocol/tally.rs", ASYMMETRIC, LAP[0], UNTRUE),
    ("O21", "protocol/tally.rs", SYMMETRIC, LAP[1], UNTRUE),
    ("O21", "protocol/words.rs", SYMMETRIC, WAIT, UNTRUE),
];
const WITHIN: [&str; 2] = [
    "late::asymmetric::a_late_view_within_a_lap_copies_a_message_or_none",
    "late::symmetric::a_late_view_within_a_lap_copies_a_message_or_none",
];
const LAP: [&str; 2] = [
    "late::asymmetric::a_late_view_of_a_lap_that_begins_counts_the_messages_or_none",
    "late::symmetric::a_late_view_of_a_lap_that_begins_counts_the_messages_or_none",
];
const WAIT: &str = "late::symmetric::a_late_view_tells_no_wait_of_two_moments";

/// An edge, or a fence, that is weakened in one place and way.
struct Weakened {
    edge: String,
    how: String,
    mode: &'static str,
    killer: Killer,
}

/// Who has to notice.
enum Killer {
    Miri {
        file: String,
        piece: String,
        broken: String,
        models: &'static str,
        reports: &'static [&'static str],
    },
    /// The generated code, where this stands in the place of a piece of a file.
    Generated {
        file: &'static str,
        piece: &'static str,
        broken: &'static str,
    },
    Trace,
    /// The model that this mutant names.
    Loom(&'static Mutant),
    /// Nobody can, and why.
    None(&'static str),
}

pub fn run(sh: &Shell, _: &[String]) -> Checked {
    needs_miri(sh)?;
    generated::needs_targets(sh)?;
    let weakened = all(&read(CONTRACT)?, &rust_files(Path::new("src"))?)?;
    let mut told = vec![String::new(); weakened.len()];
    let mut survivors = Vec::new();
    let mut tell = |at: usize, found: Result<String>| {
        told[at] = found.unwrap_or_else(|why| {
            let Weakened { edge, how, mode, .. } = &weakened[at];
            survivors.push(format!("{edge}, {how}, {mode}: {why:#}"));
            "SURVIVES".into()
        });
    };
    let by_miri = Vec::from_iter(weakened.iter().enumerate().filter_map(|(at, weakened)| weakened.broken(at)));
    for ((at, ..), found) in by_miri.iter().zip(by_miri_of(sh, &by_miri)?) {
        tell(*at, found);
    }
    let by_loom = weakened.iter().filter_map(|weakened| match weakened.killer {
        Killer::Loom(mutant) => Some(*mutant),
        _ => None,
    });
    let (_, _, by_loom) = break_each(sh, &Vec::from_iter(by_loom))?;
    let mut read_code = BTreeMap::new();
    let code = generated::replica()?;
    let right = generated::complaints(&code, None)?;
    ensure!(right.values().all(Vec::is_empty), "nothing is broken, and of the generated code: {right:?}");
    for (at, Weakened { edge, killer, .. }) in weakened.iter().enumerate() {
        match killer {
            Killer::Miri { .. } => {}
            Killer::Loom(mutant) => {
                let survives = by_loom.iter().find(|survives| survives.starts_with(mutant.name));
                tell(at, survives.map_or(Ok(mutant.how.into()), |survives| bail!("{survives}")));
            }
            Killer::Generated { file, piece, broken } => {
                let found = match read_code.entry((piece, broken)) {
                    Entry::Occupied(found) => found.into_mut(),
                    Entry::Vacant(place) => {
                        place.insert(generated::complaints(&code, Some(Break { name: "", file, piece, broken }))?)
                    }
                };
                tell(at, generated::seen_everywhere(&found[&**edge]));
            }
            Killer::Trace => tell(at, by_the_trace(sh)),
            Killer::None(why) => tell(at, Ok((*why).into())),
        }
    }
    let row = |(weakened, told): (&Weakened, &String)| {
        let Weakened { edge, how, mode, killer } = weakened;
        [edge.clone(), how.clone(), (*mode).into(), killer.name(), told.chars().take(90).collect()]
    };
    print!(
        "\n{}",
        table(["edge", "how weakened", "mode", "killed by", "what it reports"], weakened.iter().zip(&told).map(row))
    );
    let count = |is: &dyn Fn(&Weakened) -> bool| weakened.iter().filter(|weakened| is(weakened)).count();
    let equivalent = count(&|weakened| matches!(weakened.killer, Killer::None(_)));
    let killed = weakened.len() - equivalent - survivors.len();
    let told =
        format!("edges {} killed {killed} equivalent {equivalent} survivors {}", weakened.len(), survivors.len());
    println!("{told}");
    nothing_wrong(survivors)?;
    Ok(told)
}

impl Weakened {
    /// What Miri is to notice, and its name for it, if it is Miri that has to.
    fn broken(&self, at: usize) -> Option<(usize, String, &Self)> {
        matches!(self.killer, Killer::Miri { .. }).then(|| (at, format!("{at}"), self))
    }
}

impl Killer {
    fn name(&self) -> String {
        match self {
            Killer::Miri { models, .. } => format!("Miri, {models}"),
            Killer::Generated { .. } => "generated code, x86-64 and aarch64".into(),
            Killer::Trace => format!("--test {}, {}", TRACE[1], TRACE[2]),
            Killer::Loom(mutant) => format!("loom, {}", mutant.killer),
            Killer::None(_) => "equivalent".into(),
        }
    }
}

/// What Miri reported of each, or why it did not.
fn by_miri_of(sh: &Shell, weakened: &[(usize, String, &Weakened)]) -> Result<Vec<Result<String>>> {
    let broken = weakened.iter().filter_map(|(_, name, weakened)| match &weakened.killer {
        Killer::Miri { file, piece, broken, models, reports } => {
            Some(Broken { of: Break { name, file, piece, broken }, models, reports })
        }
        _ => None,
    });
    meet_broken(sh, "production", &Vec::from_iter(broken))
}

/// Leaves membarrier out, and has the test of the trace fail.
fn by_the_trace(sh: &Shell) -> Result<String> {
    let ([package, program, name], replica) = (TRACE, Replica::new("traced")?);
    let manifest = replica.root.join("Cargo.toml");
    let words = ["test", "--quiet", "--package", package, "--test", program];
    let line = cmd!(sh, "cargo {words...} --manifest-path {manifest}").args(["--", "--exact", name]).ignore_status();
    eprintln!("$ {line}");
    let output = replica.with(&format!("src/{ARM}"), MEMBARRIER, "", || Ok(line.output()?))?;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    ensure!(said.contains("1 failed"), "{name} does not fail: {said}");
    Ok("fails".into())
}

/// All that is weakened, from the contract and the sources in `src/`.
fn all(contract: &str, sources: &[(String, String)]) -> Result<Vec<Weakened>> {
    let mut all = Vec::new();
    for edge in edges_of(contract)? {
        let constant = constant(contract, &edge)?;
        let sites = sites(sources, &constant);
        if weakened(&edge).is_empty() {
            all.push(Weakened::none(&edge.0, "it is relaxed already"));
        } else if !is_used(contract, sources, &constant) {
            all.push(Weakened::none(&edge.0, "it is not in std.rs, but the kernel's (T3)"));
        } else if !sites.is_empty() {
            for site in sites {
                let how = format!("left out of {}", site.file);
                match site.mutant.map(Killer::Loom) {
                    Some(killer) => all.push(Weakened { edge: edge.0.clone(), how, mode: BOTH, killer }),
                    None => all.extend(by_models(&edge.0, &how, &site.file, &site.piece, &site.broken)?),
                }
            }
        } else if &*edge.1 == "SeqCst" {
            all.extend(fence(&edge.0, contract.contains(&format!(" SLEEPS: Edge = {constant};")))?);
        } else {
            let (piece, broken) = match &*edge.1 {
                "Release" => (STORE, format!("self.0.store(value, {});", unless(&edge.0, "Relaxed"))),
                _ => (LOAD, format!("if edge.name != \"{}\" && edge.ordering == Ordering::Acquire {{", edge.0)),
            };
            all.extend(by_models(&edge.0, "Relaxed", ARM, piece, &broken)?);
        }
    }
    let lock = Killer::Generated { file: ARM, piece: LOCK, broken: "" };
    all.push(Weakened { edge: "T3".into(), how: "left out".into(), mode: BOTH, killer: lock });
    let membarrier =
        Weakened { edge: "T4".into(), how: "no membarrier".into(), mode: ASYMMETRIC, killer: Killer::Trace };
    all.push(membarrier);
    Ok(all)
}

/// The ordering of an edge in the production arm, unless it is this one, which has a weaker one.
fn unless(edge: &str, weaker: &str) -> String {
    format!("if edge.name == \"{edge}\" {{ Ordering::{weaker} }} else {{ edge.ordering }}")
}

/// The ways to weaken a fence of the handshake, the heavy or the light one, in both modes.
fn fence(edge: &str, is_heavy: bool) -> Result<Vec<Weakened>> {
    let to_acq_rel = format!("    atomic::fence({});", unless(edge, "AcqRel"));
    let left_out = format!("    if edge.name != \"{edge}\" {{ atomic::fence(edge.ordering); }}");
    let mut all = by_models(edge, "AcqRel", ARM, FENCE, &to_acq_rel)?;
    all.extend(by_models(edge, "left out", ARM, FENCE, &left_out)?);
    let mut asymmetric =
        |how: &str, killer| all.push(Weakened { edge: edge.into(), how: how.into(), mode: ASYMMETRIC, killer });
    if is_heavy {
        asymmetric("left out", Killer::None("membarrier is a full fence of its caller, too"));
    } else {
        let code = |piece, broken| Killer::Generated { file: ARM, piece, broken };
        asymmetric("AcqRel", code(LIGHT, "FenceMode::Asymmetric => compiler_fence(Ordering::AcqRel),"));
        asymmetric("left out", code(LIGHT, "FenceMode::Asymmetric => {}"));
        asymmetric(
            "the load before the store",
            Killer::Generated { file: "protocol/endpoint.rs", piece: PUBLISH, broken: HEED_FIRST },
        );
    }
    Ok(all)
}

/// How a side publishes, and how it must not: it would look at `wake_at` too early, with the fence before its store.
const PUBLISH: &str = "\
        self.ring.own.cursor.store(Mark::open(to).to_word(), R::STORE_CURSOR);
        wait::wake::<R>(&self.ring, from, to);
";
const HEED_FIRST: &str = "\
        wait::wake::<R>(&self.ring, from, to);
        self.ring.own.cursor.store(Mark::open(to).to_word(), R::STORE_CURSOR);
";

impl Weakened {
    fn none(edge: &str, why: &'static str) -> Self {
        Self { edge: edge.into(), how: "not at all".into(), mode: BOTH, killer: Killer::None(why) }
    }
}

/// A break that each of the [`MODELS`] of this edge and file has to notice.
fn by_models(edge: &str, how: &str, file: &str, piece: &str, broken: &str) -> Result<Vec<Weakened>> {
    let of_models = MODELS.iter().filter(|(of, in_file, ..)| *of == edge && *in_file == file);
    let all = Vec::from_iter(of_models.map(|&(.., mode, models, reports)| {
        let killer = Killer::Miri { file: file.into(), piece: piece.into(), broken: broken.into(), models, reports };
        Weakened { edge: edge.into(), how: how.into(), mode, killer }
    }));
    ensure!(!all.is_empty(), "no model is to notice {edge} weakened in {file}");
    Ok(all)
}

/// The name of an edge's constant.
fn constant(contract: &str, (name, _): &Edge) -> Result<String> {
    let definition = format!(": Edge = edge(\"{name}\"");
    let before = contract.split(&definition).next().filter(|before| before.len() < contract.len());
    Ok(before.and_then(|before| before.rsplit(' ').next()).with_context(|| format!("{name} has no constant"))?.into())
}

/// Whether what ships has this edge: it stands outside of the facade, or is a part of a role.
fn is_used(contract: &str, sources: &[(String, String)], constant: &str) -> bool {
    let stands = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == constant);
    let ships = |path: &str| !["atomics/", "documents/", "model/"].iter().any(|folder| path.starts_with(folder));
    contract.contains(&format!(": Edge = {constant};"))
        || sources.iter().any(|(path, text)| ships(path) && stands(text))
}

/// A fence that stands in the heart or in the view, and what is left if it is left out.
struct Site {
    file: String,
    piece: String,
    broken: String,
    /// The mutant that is the same, if there is one.
    mutant: Option<&'static Mutant>,
}

/// Every place where the fence of this edge stands: with as many lines before it as tell it from others of its file.
fn sites(sources: &[(String, String)], constant: &str) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, text) in sources.iter().filter(|(path, _)| !path.starts_with("atomics/")) {
        let lines = Vec::from_iter(text.split_inclusive('\n'));
        for at in (0..lines.len()).filter(|at| lines[*at].trim() == format!("fence({constant});")) {
            let pieces = (0..=at).rev().map(|from| (lines[from..=at].concat(), lines[from..at].concat()));
            let piece = pieces.into_iter().find(|(piece, _)| text.matches(&**piece).count() == 1);
            let (piece, broken) = piece.unwrap_or_default();
            let without = [&lines[..at], &lines[at + 1..]].concat().concat();
            let is_it = |mutant: &&Mutant| mutant.file == file && text.replace(mutant.piece, mutant.broken) == without;
            sites.push(Site { file: file.clone(), piece, broken, mutant: MUTANTS.iter().find(is_it) });
        }
    }
    sites
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemata::Schemata;
    use std::collections::BTreeSet;

    fn sources() -> (String, Vec<(String, String)>) {
        (read(crate::root().join(CONTRACT)).unwrap(), rust_files(&crate::root().join("src")).unwrap())
    }

    #[test]
    fn every_edge_of_the_contract_is_weakened_or_it_is_said_why_not_and_every_model_has_one() {
        let (contract, sources) = sources();
        let all = all(&contract, &sources).unwrap();
        let of = |edge: &str| all.iter().filter(|weakened| weakened.edge == edge).collect::<Vec<_>>();
        let numbers = edges_of(&contract).unwrap().into_iter().map(|(name, _)| name);
        assert_eq!(numbers.filter(|edge| of(edge).is_empty()).collect::<Vec<_>>(), [""; 0]);
        let equivalent = all.iter().filter(|one| matches!(one.killer, Killer::None(_))).map(|one| &*one.edge);
        let expected = ["O6", "O8", "O9", "O10", "O11", "O12", "O13", "O14", "O15", "O16", "O17"];
        assert_eq!(BTreeSet::from_iter(equivalent), BTreeSet::from(expected));
        for (edge, file, mode, models, _) in MODELS {
            let is_met = |one: &&&Weakened| {
                one.mode == *mode
                    && matches!(&one.killer, Killer::Miri { file: of, models: by, .. } if of == file && by == models)
            };
            assert!(of(edge).iter().any(|one| is_met(&one)), "{edge}, {file}, {mode}: {models}");
        }
    }

    #[test]
    fn a_fence_that_a_mutant_leaves_out_is_looms_and_no_other_is() {
        let (contract, sources) = sources();
        let all = all(&contract, &sources).unwrap();
        let of_loom = all.iter().filter(|one| matches!(one.killer, Killer::Loom(_)));
        let told = of_loom.map(|one| format!("{}, {}", one.edge, one.how));
        let files = [("O18", "protocol/producer.rs"), ("O20", "protocol/words.rs"), ("O21", "protocol/words.rs")];
        let expected = files.into_iter().chain([("O21", "view/look.rs")]);
        let expected = expected.map(|(edge, file)| format!("{edge}, left out of {file}"));
        assert_eq!(Vec::from_iter(told), Vec::from_iter(expected));
    }

    #[test]
    fn an_edge_that_nothing_is_to_notice_is_an_error() {
        let (contract, sources) = sources();
        let more = |text: &str| all(&format!("{contract}\n{text}"), &sources).map(|all| all.len());
        let known = all(&contract, &sources).unwrap().len();
        assert_eq!(more("pub(crate) const OTHER: Edge = edge(\"O99\", Relaxed);").unwrap(), known + 1);
        assert_eq!(more("pub(crate) const OTHER: Edge = edge(\"O99\", Acquire);").unwrap(), known + 1);
        let used = "pub(crate) const OTHER: Edge = edge(\"O99\", Acquire);\nconst X: Edge = OTHER;";
        assert!(more(used).unwrap_err().to_string().contains("O99"));
    }

    #[test]
    fn what_is_weakened_stands_in_its_file_once_and_in_a_function() {
        let (contract, sources) = sources();
        let all = all(&contract, &sources).unwrap();
        let mut breaks = Vec::new();
        for Weakened { edge, killer, .. } in &all {
            match killer {
                Killer::Miri { file, piece, broken, .. } => breaks.push(Break { name: edge, file, piece, broken }),
                Killer::Generated { file, piece, broken } => breaks.push(Break { name: edge, file, piece, broken }),
                Killer::Trace => breaks.push(Break { name: edge, file: ARM, piece: MEMBARRIER, broken: "" }),
                Killer::Loom(_) | Killer::None(_) => {}
            }
        }
        assert!(breaks.iter().all(|one| one.piece != one.broken));
        assert!(Schemata::of(sources, &breaks).unwrap().left.is_empty());
    }

    #[test]
    fn every_fence_of_the_production_arm_is_one_that_is_left_out() {
        let (_, sources) = sources();
        let arm = &sources.iter().find(|(path, _)| path == ARM).unwrap().1;
        let calls = arm.lines().map(str::trim).filter(|line| line.contains("fence(") && !line.contains("fn "));
        // The first is O2's and O4's, the last but one O6's and O8's.
        let expected =
            ["fence(edge);", FENCE.trim(), LIGHT, "FenceMode::Symmetric => fence(edge),", "fence(edge);", LOCK];
        assert_eq!(Vec::from_iter(calls), expected);
        let sites = |constant: &str| sites(&sources, constant).len();
        let others = sources.iter().filter(|(path, _)| !path.starts_with("atomics/"));
        let fences = others.flat_map(|(_, text)| text.lines()).filter(|line| line.trim().starts_with("fence(")).count();
        assert_eq!(["REUSE", "STILL_THERE", "NOTE", "READ_NOTE"].map(sites).iter().sum::<usize>(), fences);
    }
}
