//! The questions about the invariant: it holds at the beginning, each step preserves it, the promises follow; and of
//! each part of the protocol that is left out, the step that no longer preserves it.

use std::collections::BTreeMap;

use crate::lemmas::{beginning, constants, lemmas, promises, used, Lemma, Used};
use crate::script::{Answer, Question, Script};
use crate::system::{num, steps, table, Part, Step};
use crate::term::{all, Term};

/// What breaks when a part is left out: the part, the step that breaks, and the lemma that it breaks.
#[rustfmt::skip] // a row a line
pub const BROKEN: &[(Part, &str, &str)] = &[
    (Part::LightFence, "w_light", "w: with full fences a cursor drains before the target is loaded"),
    (Part::LightFence, "r_light", "r: with full fences a cursor drains before the target is loaded"),
    (Part::OwnFence, "w_fence", "w: a sleeper's announcement is in memory"),
    (Part::OwnFence, "r_fence", "r: a sleeper's announcement is in memory"),
    (Part::Membarrier, "w_barrier", "w: where memory lags behind the target, a wake comes"),
    (Part::Membarrier, "r_barrier", "r: where memory lags behind the target, a wake comes"),
    (Part::SecondLook, "w_again", "w: a side that goes to sleep saw that it has cause"),
    (Part::SecondLook, "r_again", "r: a side that goes to sleep saw that it has cause"),
    (Part::Comparison, "w_sleep", "w: NO WAKE IS LOST: of a target that was reached"),
    (Part::Comparison, "r_sleep", "r: NO WAKE IS LOST: of a target that was reached"),
    (Part::CapacityBound, "w_sleep", "w: NO WAKE IS LOST: of a target that was reached"),
    (Part::CapacityBound, "r_sleep", "r: NO WAKE IS LOST: of a target that was reached"),
    (Part::BarrierInWake, "w_wake", "r: where memory lags behind the target, a wake comes"),
    (Part::BarrierInWake, "r_wake", "w: where memory lags behind the target, a wake comes"),
    (Part::Wake, "w_heed", "r: NO WAKE IS LOST: of a target that was reached"),
    (Part::Wake, "r_heed", "w: NO WAKE IS LOST: of a target that was reached"),
    (Part::Crossing, "w_heed", "r: NO WAKE IS LOST: of a target that was reached"),
    (Part::Crossing, "r_heed", "w: NO WAKE IS LOST: of a target that was reached"),
    (Part::WakeOnLeaving, "w_gone", "r: NO WAKE IS LOST: of a peer that left"),
    (Part::WakeOnLeaving, "r_gone", "w: NO WAKE IS LOST: of a peer that left"),
    (Part::BarrierInLeaving, "w_gone", "r: where memory lags behind the target, a wake comes"),
    (Part::BarrierInLeaving, "r_gone", "w: where memory lags behind the target, a wake comes"),
    (Part::WriterReleases, "w_write", "bytes come before the cursor that covers them"),
    (Part::ReaderAcquires, "r_look", "what the reader saw is in memory"),
    (Part::ReaderReleases, "r_read", "each byte that is read is the one that was written last"),
    (Part::WriterAcquires, "w_look", "what the writer saw is in memory"),
    (Part::Space, "w_write", "NO BYTE IS OVERWRITTEN that may still be read"),
    (Part::Space, "w_head", "NO BYTE IS OVERWRITTEN that may still be read"),
    (Part::Lock, "w_resume", "w: the last cursor is the own one"),
    (Part::Lock, "r_resume", "r: the last cursor is the own one"),
    (Part::Nap, "w_die", "r: NO WAKE IS LOST: of a target that was reached"),
    (Part::Nap, "r_die", "w: NO WAKE IS LOST: of a target that was reached"),
    (Part::Excuse, "w_die", "r: no more is excused than was due"),
    (Part::Excuse, "r_die", "w: no more is excused than was due"),
    (Part::Target, "r_announce", "a reader waits for the next record"),
    (Part::Payload, "w_publish", "what is published was written"),
    (Part::Header, "w_write", "a header is stored once"),
];

/// What the invariant promises, by the statements of SAFETY.md that it is a part of.
pub const PROMISED: &[(&str, &str)] = &[
    ("I3", "NO BYTE IS OVERWRITTEN that may still be read"),
    ("I3", "a byte that may be read is not touched"),
    ("I6", "a reader never finds a correct writer at fault"),
    ("I6", "a writer never finds a correct reader at fault"),
    ("I7", "a cursor is where a record ends"),
    ("I9", "w: NO WAKE IS LOST: of a peer that left"),
    ("I9", "r: NO WAKE IS LOST: of a peer that left"),
    ("I11", "w: NO WAKE IS LOST: of a target that was reached"),
    ("I11", "r: NO WAKE IS LOST: of a target that was reached"),
    ("I11", "r: NO WAKE IS LOST: of a message that was published"),
    ("I12", "THE READER SEES WHAT WAS PUBLISHED, record by record"),
    ("I12", "each byte that is read is the one that was written last"),
    ("I12", "each byte that is read was written"),
];

/// How many lemmas a question is about.
const TOGETHER: usize = 6;

/// The term after a step.
fn after(step: &Step, term: &Term) -> Term {
    term.replaced(&|name, _| step.updates.iter().find(|(changed, _)| *changed == name).map(|(_, to)| to.clone()))
}

/// A lemma, wherever a proof needs it.
fn instances(lemma: &Lemma, used: &[Used]) -> Vec<Term> {
    let mut names = BTreeMap::new();
    lemma.body.names(&mut names);
    used.iter().filter(|used| names.contains_key(used.name)).fold(vec![lemma.body.clone()], |before, used| {
        let with = |term: &Term, at: &Term| term.replaced(&|name, _| (name == used.name).then(|| at.clone()));
        before.iter().flat_map(|term| used.at.iter().map(move |at| with(term, at))).collect()
    })
}

/// What is known before a step that is taken: the invariant, and its guard.
pub fn before(step: &Step, lemmas: &[Lemma], without: Option<Part>) -> Vec<Term> {
    let (used, mut known) = (used(step), constants(without));
    known.extend(lemmas.iter().flat_map(|lemma| instances(lemma, &used)));
    known.push(step.guard.clone());
    known
}

/// Whether the lemma, or all of them, may be broken by the step.
pub fn breaks(step: &Step, lemmas: &[Lemma], broken: &[&Lemma], without: Option<Part>) -> Vec<Term> {
    let mut asserted = before(step, lemmas, without);
    asserted.push(all(broken.iter().map(|lemma| after(step, &lemma.body))).not());
    asserted
}

/// The steps that are others without this part.
pub fn changed(part: Part) -> Vec<Step> {
    let whole = steps(None);
    steps(Some(part)).into_iter().filter(|step| !whole.contains(step)).collect()
}

/// The questions.
pub fn invariant() -> [Script; 2] {
    let (lemmas, steps) = (lemmas(), steps(None));
    let every: Vec<&Lemma> = lemmas.iter().collect();
    let can = steps.iter().map(|step| Question {
        name: format!("{} can be taken", step.name),
        asserted: before(step, &lemmas, None),
        expected: Answer::Sat,
    });
    let broken = BROKEN.iter().map(|(part, name, lemma)| {
        let step = crate::system::steps(Some(*part)).into_iter().find(|step| step.name == *name).expect("a step");
        let promise = promises().into_iter().find(|(taken, promised, _)| taken == name && promised == lemma);
        let asserted = match (every.iter().find(|known| known.name == *lemma), promise) {
            (Some(broken), _) => breaks(&step, &lemmas, &[broken], Some(*part)),
            (_, Some((_, _, kept))) => before(&step, &lemmas, Some(*part)).into_iter().chain([kept.not()]).collect(),
            _ => panic!("there is no lemma {lemma}"),
        };
        Question { name: format!("without {part:?}, {name} breaks: {lemma}"), asserted, expected: Answer::Sat }
    });
    let begin = beginning();
    let at_first =
        |term: &Term| term.replaced(&|name, _| begin.iter().find(|(of, _)| *of == name).map(|(_, is)| is.clone()));
    let mut first = constants(None);
    first.push(table("zeroes").at(num("p")).is(0));
    first.push(all(every.iter().map(|lemma| at_first(&lemma.body))).not());
    let first = Question { name: "it holds at the beginning".into(), asserted: first, expected: Answer::Unsat };
    // Some lemmas at a time: all at once take a solver long.
    let parts: Vec<(usize, &[&Lemma])> = every.chunks(TOGETHER).enumerate().collect();
    let preserved = steps.iter().flat_map(|step| {
        let (parts, lemmas) = (&parts, &lemmas);
        parts.iter().map(move |(part, broken)| Question {
            name: format!("{} preserves it, part {} of {}", step.name, part + 1, parts.len()),
            asserted: breaks(step, lemmas, broken, None),
            expected: Answer::Unsat,
        })
    });
    let kept = promises().into_iter().map(|(taken, name, term)| {
        let step = steps.iter().find(|step| step.name == taken).expect("a step");
        let mut asserted = before(step, &lemmas, None);
        asserted.push(term.not());
        Question { name: format!("{taken}: {name}"), asserted, expected: Answer::Unsat }
    });
    [
        Script { name: "protocol-canaries", questions: can.chain(broken).collect() },
        Script { name: "protocol", questions: [first].into_iter().chain(preserved).chain(kept).collect() },
    ]
}

/// What a part is in the library: its edges and lines, in words.
pub fn words(part: Part) -> &'static str {
    match part {
        Part::LightFence => "the light fence (O5, O7), symmetric",
        Part::OwnFence => "the sleeper's own fence (O6, O8)",
        Part::Membarrier => "membarrier (T4), asymmetric",
        Part::SecondLook => "the second look (O11)",
        Part::Comparison => "the kernel's comparison (T5)",
        Part::CapacityBound => "the bound of the capacity (I5)",
        Part::BarrierInWake => "the kernel's barrier in a wake (T5)",
        Part::Wake => "the wake",
        Part::Crossing => "the exact crossing of a target",
        Part::WakeOnLeaving => "the wake of a side that leaves",
        Part::BarrierInLeaving => "the kernel's barrier in that wake (T5)",
        Part::WriterReleases => "the writer's release (O1)",
        Part::ReaderAcquires => "the reader's acquire (O2)",
        Part::ReaderReleases => "the reader's release (O3)",
        Part::WriterAcquires => "the writer's acquire (O4)",
        Part::Space => "the room for an end (I3, I18)",
        Part::Lock => "the order of the lock (T3)",
        Part::Nap => "what is excused by a death: the nap",
        Part::Excuse => "the limit of what is excused",
        Part::Target => "the reader's target (I11)",
        Part::Payload => "what is written before it is published (I7)",
        Part::Header => "the headers of records that are whole (I12)",
    }
}

/// The table of the invariant: each step, and what breaks it.
pub fn table_of_steps() -> Vec<(&'static str, Vec<&'static str>)> {
    let broken_by = |step: &str| {
        let rows = BROKEN.iter().filter(|(_, broken, _)| *broken == step);
        rows.map(|(part, ..)| words(*part)).collect()
    };
    steps(None).iter().map(|step| (step.name, broken_by(step.name))).collect()
}

#[test]
fn every_step_that_differs_without_a_part_is_named_as_broken() {
    for (part, ..) in BROKEN {
        for step in changed(*part) {
            let is_named = BROKEN.iter().any(|(of, name, _)| of == part && *name == step.name);
            assert!(is_named, "without {part:?}, {} differs, and no lemma is named", step.name);
        }
    }
}

#[test]
fn what_is_promised_is_what_is_proved() {
    let (lemmas, promises) = (lemmas(), promises());
    let proved = lemmas.iter().map(|lemma| lemma.name).chain(promises.iter().map(|(_, name, _)| *name));
    let proved = Vec::from_iter(proved);
    for (of, name) in PROMISED {
        assert!(proved.contains(name), "{of}: nothing proves: {name}");
    }
    let is_promise =
        |name: &&&str| name.contains("NO ") || name.contains("THE ") || !lemmas.iter().any(|l| l.name == **name);
    for name in proved.iter().filter(is_promise) {
        assert!(PROMISED.iter().any(|(_, promised)| promised == name), "no statement has: {name}");
    }
}
