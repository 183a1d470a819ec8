//! The reader's journal: what arrived, what came again, and what was in the hands of a reader that died.

use std::collections::BTreeSet;

use super::Steps;
use crate::crash::event::Event;
use crate::crash::finding::{Findings, Sort};
use crate::crash::plan::{Place, Plan};

/// What a reader may have given back when it died.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hands {
    Nothing,
    /// The message that it was popping.
    OneMessage,
    /// All that it had been shown.
    WhatWasShown,
}

/// What the readers of a ring have done so far.
pub struct Delivered {
    plan: Plan,
    pub steps: Steps,
    /// The message that is due next, and where it stands.
    next: Place,
    hands: Hands,
    /// Whether the reader stops at ends. One that does not passes them, and does not note it.
    stops: bool,
    /// The messages from `next` on that the reader was shown and has not given back.
    shown: u64,
    /// The messages before this one were shown or popped.
    seen: u64,
    /// What should have come and did not, or not yet.
    missing: BTreeSet<u64>,
    pub again: u64,
    pub in_hand: u64,
    /// The ends that were taken.
    pub ends: u64,
}

/// The most messages that are missed one by one.
const MISSED: u64 = 1000;

impl Delivered {
    pub fn new(plan: Plan) -> Self {
        let (steps, next, missing) = (Steps::default(), Place::START, BTreeSet::new());
        let (hands, stops, shown, seen) = (Hands::Nothing, false, 0, 0);
        Self { plan, steps, next, hands, stops, shown, seen, missing, again: 0, in_hand: 0, ends: 0 }
    }

    /// The message that is due next.
    pub fn next(&self) -> Place {
        self.next
    }

    pub(super) fn note(&mut self, event: Event, begun: u64, findings: &mut Findings) {
        self.steps.note("reader", event, findings);
        match event {
            Event::Arrived(position) => {
                self.arrive(position, begun, findings);
                self.stops = false;
            }
            Event::Stops => self.stops = true,
            Event::Popping => self.hands = Hands::OneMessage,
            Event::Popped(number) => {
                self.hands = Hands::Nothing;
                self.came(number, begun, findings);
                self.ends += u64::from(self.plan.is_end(number));
                self.give_back(number + 1);
            }
            Event::Shown(number) => {
                self.came(number, begun, findings);
                self.shown = (number + 1).saturating_sub(self.next.number);
            }
            Event::Releasing => self.hands = Hands::WhatWasShown,
            Event::Released => {
                self.hands = Hands::Nothing;
                self.give_back(self.next.number + self.shown);
            }
            Event::Kept => self.shown = 0,
            Event::Told(_) | Event::Misled(_) => self.hands = Hands::Nothing,
            Event::Torn(due) => findings.add(Sort::Torn, format!("what came for message {due} is none, or not whole")),
            Event::Astray(position) => {
                let due = self.due();
                findings.add(Sort::Astray, format!("message {due} was said to end at {position}, where it does not"));
            }
            _ => {}
        }
    }

    /// The number of the message that has to come now.
    fn due(&self) -> u64 {
        self.next.number + self.shown
    }

    /// Message `number` was shown or popped.
    fn came(&mut self, number: u64, begun: u64, findings: &mut Findings) {
        let due = if self.stops { self.due() } else { self.plan.behind_ends(self.due(), number) };
        if number >= begun {
            findings.add(Sort::Disorder, format!("message {number} came before it was pushed, for message {due}"));
        } else if number > due {
            self.miss(due, number, findings);
        } else if self.missing.remove(&number) {
            findings.add(Sort::Disorder, format!("message {number} came late, where message {due} was due"));
        } else if number < due {
            findings.add(Sort::Twice, format!("message {number} came again, where message {due} was due"));
        }
        self.again += u64::from(number < self.seen);
        self.seen = self.seen.max(number + 1);
    }

    /// The messages from `from` to before `to` did not come when they were due.
    fn miss(&mut self, from: u64, to: u64, findings: &mut Findings) {
        if to - from <= MISSED {
            let (plan, stops) = (self.plan, self.stops);
            self.missing.extend((from..to).filter(|&number| stops || !plan.is_end(number)));
        } else {
            findings.add(Sort::Lost, format!("messages {from} to {} did not come", to - 1));
        }
    }

    /// What stands before message `number` is given back.
    fn give_back(&mut self, number: u64) {
        self.shown = 0;
        self.next = self.plan.walk(self.next, number);
    }

    /// A reader goes on at `position`: where the last one stood, or after what that one may have given back.
    fn arrive(&mut self, position: u64, begun: u64, findings: &mut Findings) {
        let Place { number: next, position: expected } = self.next;
        match self.plan.find(self.next, position, begun) {
            Some(place) => {
                let plan = self.plan;
                // After `number`, and the ends after it that the last reader did not stop at.
                let is_behind = |number: u64| {
                    place.number == if self.stops { number } else { plan.behind_ends(number, place.number) }
                };
                let first = if self.stops { next } else { plan.behind_ends(next, place.number) };
                if is_behind(next) {
                } else if self.hands == Hands::OneMessage && is_behind(first + 1) {
                    self.in_hand += 1;
                } else if self.hands != Hands::WhatWasShown || !is_behind(next + self.shown) {
                    self.miss(next, place.number, findings);
                }
                self.next = place;
            }
            None if position < expected => findings.add(
                Sort::Twice,
                format!("a reader goes on at {position}, but what was given back up to {next} ends at {expected}"),
            ),
            None => findings.add(
                Sort::Astray,
                format!("a reader goes on at {position}, where none of the messages from {next} at {expected} ends"),
            ),
        }
        (self.hands, self.shown) = (Hands::Nothing, 0);
    }

    /// All is delivered, and `written` messages were in the ring.
    pub(super) fn end(&mut self, written: u64, findings: &mut Findings) {
        let next = if self.stops { self.next.number } else { self.plan.behind_ends(self.next.number, written) };
        if next < written {
            self.miss(next, written, findings);
        }
        for number in std::mem::take(&mut self.missing) {
            findings.add(Sort::Lost, format!("message {number} was in the ring and did not come"));
        }
    }
}
