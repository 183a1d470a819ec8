//! Questions to a solver, as a script in SMT-LIB, each with the answer that is expected.

use std::collections::BTreeMap;

use crate::functions::{bits, functions, of, LEAST};
use crate::goals::{goals, Goal, CAPACITY};
use crate::invariant::invariant;
use crate::term::{self, any, word, Sort, Term};

/// A solver's answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Answer {
    /// There are such values.
    Sat,
    /// There are none: what was denied is proved.
    Unsat,
}

impl Answer {
    /// Returns the word that a solver prints.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Sat => "sat",
            Answer::Unsat => "unsat",
        }
    }
}

/// A question: are there values for the names in these terms, so that all of them hold?
pub struct Question {
    /// What is asked.
    pub name: String,
    /// What has to hold.
    pub asserted: Vec<Term>,
    /// The answer, if all is well.
    pub expected: Answer,
}

/// Questions on one subject.
pub struct Script {
    /// What it is about.
    pub name: &'static str,
    /// The questions.
    pub questions: Vec<Question>,
}

impl Question {
    /// Returns the text: the functions, the names, what is asserted.
    pub fn text(&self) -> String {
        let mut names = BTreeMap::new();
        self.asserted.iter().for_each(|term| term.names(&mut names));
        let is_of_words = names.values().any(|sort| *sort == Sort::Word);
        // In its own logic a solver is much faster.
        let mut text = format!("; {}\n(set-logic {})\n", self.name, if is_of_words { "QF_BV" } else { "QF_ALIA" });
        if is_of_words {
            functions().iter().for_each(|function| text += &(function.definition() + "\n"));
        }
        names.iter().for_each(|(name, sort)| text += &format!("(declare-const {name} {sort})\n"));
        self.asserted.iter().for_each(|term| text += &format!("(assert {term})\n"));
        text + "(check-sat)\n"
    }
}

/// Every script, in the order in which they are asked.
pub fn all() -> Vec<Script> {
    arithmetic().into_iter().chain(invariant()).collect()
}

/// Words that are no capacity: of other sizes, too small, too large.
const NO_CAPACITIES: [u64; 8] = [0, 4, 8, 96, 100, 1 << 32, 1 << 63, !7];

/// The questions of the arithmetic: first the canaries, a goal's negation without one of its premises; then the goals,
/// for all capacities at once. A canary is of one.
pub fn arithmetic() -> [Script; 2] {
    let goals = goals();
    let canaries = goals.iter().flat_map(|goal| {
        let others = (0..goal.premises.len()).map(|left_out| canary(goal, Some(left_out)));
        let capacity = (goal.needs_a_capacity && !goal.is_for_speed).then(|| canary(goal, None));
        others.chain(capacity)
    });
    let proofs = goals.iter().map(|goal| Question {
        name: goal.name.into(),
        asserted: terms(goal).chain([goal.conclusion.not()]).collect(),
        expected: Answer::Unsat,
    });
    [
        Script { name: "arithmetic-canaries", questions: canaries.collect() },
        Script { name: "arithmetic", questions: proofs.collect() },
    ]
}

/// What a goal needs.
fn terms(goal: &Goal) -> impl Iterator<Item = Term> + '_ {
    let capacity = goal.needs_a_capacity.then(|| of("is_capacity", [&bits(CAPACITY)]));
    capacity.into_iter().chain(goal.premises.iter().cloned())
}

/// These terms, with `capacity` in the place of its name.
fn with(capacity: u64, terms: impl Iterator<Item = Term>) -> Vec<Term> {
    terms.map(|term| term.replaced(&|name, _| (name == CAPACITY).then(|| word(capacity)))).collect()
}

/// The negation of a goal without this premise, or without a capacity.
fn canary(goal: &Goal, left_out: Option<usize>) -> Question {
    let kept = goal.premises.iter().enumerate().filter(|(number, _)| Some(*number) != left_out);
    let asserted = kept.map(|(_, premise)| premise.clone()).chain([goal.conclusion.not()]);
    let (name, asserted) = match left_out {
        Some(number) => (format!("{}, without premise {}", goal.name, number + 1), with(LEAST, asserted)),
        None => {
            let wrong = NO_CAPACITIES.map(|bytes| term::all(with(bytes, asserted.clone())));
            (format!("{}, without a capacity", goal.name), vec![any(wrong)])
        }
    };
    Question { name, asserted, expected: Answer::Sat }
}
