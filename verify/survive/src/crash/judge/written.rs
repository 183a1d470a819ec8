//! The writer's journal: what was begun, what was acknowledged, and where a new writer went on.

use super::Steps;
use crate::crash::event::Event;
use crate::crash::finding::{Findings, Sort};
use crate::crash::plan::{Place, Plan};

/// What the writers of a ring have done so far.
pub struct Written {
    plan: Plan,
    pub steps: Steps,
    /// After the last message that is known to be in the ring.
    next: Place,
    /// The messages before this one may be in the ring.
    begun: u64,
    pub acknowledged: u64,
    /// Messages that were in the ring although the writer died before it was told so.
    pub got_in: u64,
    /// Messages that were not in the ring when their writer had died.
    pub not_in: u64,
}

impl Written {
    pub fn new(plan: Plan) -> Self {
        let (steps, next) = (Steps::default(), Place::START);
        Self { plan, steps, next, begun: 0, acknowledged: 0, got_in: 0, not_in: 0 }
    }

    /// Where the next message goes.
    pub fn next(&self) -> Place {
        self.next
    }

    /// The number before which messages were begun.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    pub(super) fn note(&mut self, event: Event, findings: &mut Findings) {
        self.steps.note("writer", event, findings);
        match event {
            Event::Arrived(position) => self.arrive(position, findings),
            Event::Pushing(number) => self.begun = number + 1,
            // The message that was begun last is not in the ring. Those before it in the batch may be.
            Event::Told(_) | Event::Misled(_) | Event::Withdrawn if self.begun > self.next.number => self.begun -= 1,
            Event::Acknowledged(number) => {
                self.acknowledged += (number + 1).saturating_sub(self.next.number);
                self.next = self.plan.walk(self.next, number + 1);
            }
            Event::Astray(position) => {
                findings.add(Sort::Astray, format!("a grant that was given up left the writer at {position}"));
            }
            _ => {}
        }
    }

    /// A writer goes on at `position`: after what was acknowledged, and after as much more as was begun, or less.
    fn arrive(&mut self, position: u64, findings: &mut Findings) {
        let Place { number: next, position: expected } = self.next;
        match self.plan.find(self.next, position, self.begun) {
            Some(place) => {
                self.got_in += place.number - next;
                self.not_in += self.begun.saturating_sub(place.number);
                self.begun = place.number;
                self.next = place;
            }
            None if position < expected => findings.add(
                Sort::Lost,
                format!("a writer goes on at {position}, but what was acknowledged up to {next} ends at {expected}"),
            ),
            None => findings.add(
                Sort::Astray,
                format!(
                    "a writer goes on at {position}, where none of the messages from {next} at {expected} to {} ends",
                    self.begun
                ),
            ),
        }
    }
}
