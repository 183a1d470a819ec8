//! Whether what both sides noted keeps the promise: every message that was acknowledged arrives once, whole and in
//! order. Excepted are what a reader had in its hands when it died, and what a batch delivers again.

mod delivered;
mod written;

#[cfg(test)]
mod tests;

pub use delivered::Delivered;
pub use written::Written;

use super::event::{Event, Verdict};
use super::finding::{Findings, Sort};
use super::plan::Plan;

/// What is known of a ring from the journals of both its sides.
pub struct Judge {
    pub written: Written,
    pub delivered: Delivered,
    pub findings: Findings,
}

/// What the events of either side tell about the side itself.
#[derive(Default)]
pub struct Steps {
    /// The last of its processes that was about to attach or to open.
    pub entered: u64,
    /// The last of its processes that got its handle.
    pub arrived: u64,
    /// How often it got its handle.
    pub arrivals: u64,
    /// How often it left in good order.
    pub left: u64,
    /// How often it did what it is for: a push, a pop, or a message shown.
    pub done: u64,
    /// Verdicts that it was told.
    pub told: u64,
    /// Those of them by which it learnt that its peer was away.
    pub told_away: u64,
}

impl Steps {
    /// Counts `event`; a verdict that is not true is a finding about `side`.
    fn note(&mut self, side: &str, event: Event, findings: &mut Findings) {
        match event {
            Event::Entering(process) => self.entered = process,
            Event::Arrived(_) => (self.arrived, self.arrivals) = (self.entered, self.arrivals + 1),
            Event::Left => self.left += 1,
            Event::Told(verdict) | Event::Misled(verdict) => {
                self.told += 1;
                let is_away = !matches!(verdict, Verdict::Nothing | Verdict::NotFound);
                self.told_away += u64::from(is_away);
            }
            Event::Acknowledged(_) | Event::Popped(_) | Event::Shown(_) => self.done += 1,
            _ => {}
        }
        if let Event::Misled(verdict) = event {
            findings.add(Sort::Verdict, format!("the {side} was told {verdict:?}, which was not so"));
        }
    }
}

impl Judge {
    pub fn new(plan: Plan) -> Self {
        Self { written: Written::new(plan), delivered: Delivered::new(plan), findings: Findings::default() }
    }

    pub fn writer_noted(&mut self, event: Event) {
        self.written.note(event, &mut self.findings);
    }

    /// What the writer had noted before the reader noted `event` comes first.
    pub fn reader_noted(&mut self, event: Event) {
        self.delivered.note(event, self.written.begun(), &mut self.findings);
    }

    /// Both sides have ended in good order, the reader after the writer and after it was told that nothing is left.
    pub fn end(&mut self) {
        self.delivered.end(self.written.next().number, &mut self.findings);
    }
}
