//! What a victim lived through, counted; one line from one process to another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    pub calls: u64,
    /// Messages that were popped, passed or pushed.
    pub messages: u64,
    /// How often the ring was opened or attached to, and how often that was refused, by the reason.
    pub openings: u64,
    pub refusals: BTreeMap<String, u64>,
    /// How often a handle said that its peer broke the protocol, by the check.
    pub verdicts: BTreeMap<String, u64>,
    /// The most that a call took past its deadline, in microseconds: of its thread's time; by the clock, where it may
    /// sleep, without the time in which its thread waited for a processor.
    pub late_by_own_time: u64,
    pub late_by_the_clock: u64,
    pub violations: Vec<String>,
}

/// A broken library breaks the same promise at every call: a few are enough to see which.
const MOST_VIOLATIONS: usize = 5;

impl Found {
    pub fn violation(&mut self, what: String) {
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(what);
        }
    }

    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: Found) {
        self.calls += other.calls;
        self.messages += other.messages;
        self.openings += other.openings;
        other.refusals.into_iter().for_each(|(reason, times)| *self.refusals.entry(reason).or_default() += times);
        other.verdicts.into_iter().for_each(|(check, times)| *self.verdicts.entry(check).or_default() += times);
        self.late_by_own_time = self.late_by_own_time.max(other.late_by_own_time);
        self.late_by_the_clock = self.late_by_the_clock.max(other.late_by_the_clock);
        self.violations.extend(other.violations);
    }

    pub fn to_line(&self) -> String {
        json!(self).to_string()
    }

    /// What a line says; `None` where it is no such line.
    pub fn from_line(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_survives_its_line_and_nothing_else_is_one() {
        let mut found = Found { calls: 3, late_by_own_time: 7, ..Found::default() };
        found.verdicts.insert("CursorRange".into(), 2);
        (0..9).for_each(|_| found.violation("it \"hung\"".into()));
        assert_eq!(found.violations.len(), MOST_VIOLATIONS);
        assert_eq!(Found::from_line(&found.to_line()), Some(found));
        assert_eq!(Found::from_line("thread 'main' panicked"), None);
        assert_eq!(Found::from_line("{}"), None);
    }
}
