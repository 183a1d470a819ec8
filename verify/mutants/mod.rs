//! The protocol, broken in one place at a time. `cargo xtask weaken` runs each, and some model has to fail.
//!
//! A mutant is a piece of the heart's source and what stands in its place: the piece has to occur there exactly once,
//! so a mutant cannot outlive the code it breaks. Within a function's body it is built together with all others,
//! elsewhere by itself, which takes longer. `breaks` is a row of SAFETY.md; `killer` is a model that has to fail.

mod batches;
mod ends;
mod equivalent;
mod protocol;
mod time;
mod view;

pub use equivalent::{Equivalent, EQUIVALENT};

/// A break of the protocol.
#[derive(Clone, Copy)]
pub struct Mutant {
    /// What is wrong.
    pub name: &'static str,
    /// The row of SAFETY.md that no longer holds.
    pub breaks: &'static str,
    /// The file in `src/`.
    pub file: &'static str,
    /// What stands there.
    pub piece: &'static str,
    /// What is put in its place.
    pub broken: &'static str,
    /// A model that notices.
    pub killer: &'static str,
    /// What it says then, in part.
    pub how: &'static str,
}

/// The invariants that no mutant breaks, and the edge that none needs to, with the reason.
pub const UNBROKEN: &[(&str, &str)] = &[
    ("I0", "it is about files and mappings, which no model has"),
    ("I4", "it is about files and mappings, which no model has"),
    ("I5", "it is about rings of gigabytes, which no model has"),
    ("I8", "it is about files and mappings, which no model has"),
    ("I16", "it is about files and mappings, which no model has"),
    ("O15", "nothing depends on it: a figure that was true a moment ago"),
];

const PARTS: [&[Mutant]; 5] = [protocol::MUTANTS, batches::MUTANTS, ends::MUTANTS, time::MUTANTS, view::MUTANTS];

/// All of them.
pub const MUTANTS: &[Mutant] = &joined::<{ count(0) }>();

/// How many the parts have from this one on.
const fn count(from: usize) -> usize {
    if from == PARTS.len() {
        0
    } else {
        PARTS[from].len() + count(from + 1)
    }
}

const fn joined<const ALL: usize>() -> [Mutant; ALL] {
    let mut all = [PARTS[0][0]; ALL];
    let (mut at, mut part, mut within) = (0, 0, 0);
    while at < ALL {
        if within == PARTS[part].len() {
            (part, within) = (part + 1, 0);
        }
        all[at] = PARTS[part][within];
        (at, within) = (at + 1, within + 1);
    }
    all
}
