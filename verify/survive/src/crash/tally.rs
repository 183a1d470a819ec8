//! What came of all the rings together.

use ipc_ring::Side;

use super::finding::{Sort, SORTS};
use super::judge::Judge;
use super::pair::Pair;
use super::setting::Setting;
use crate::report::{Report, Row};

/// Who is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Victims {
    Writer,
    Reader,
    Both,
}

/// When.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Instants {
    AfterTheStart,
    AtTheEntrance,
    AtWork,
    Asleep,
}

impl Victims {
    pub const ALL: [Self; 3] = [Victims::Writer, Victims::Reader, Victims::Both];

    /// Those that are `left` processes, or fewer.
    pub fn at_most(left: u64) -> impl ExactSizeIterator<Item = Self> {
        let all = Self::ALL.into_iter();
        all.take(if left < 2 { 2 } else { Self::ALL.len() })
    }

    pub fn sides(self) -> &'static [Side] {
        match self {
            Victims::Writer => &[Side::Writer],
            Victims::Reader => &[Side::Reader],
            Victims::Both => &[Side::Writer, Side::Reader],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Victims::Writer => "kills of the writer",
            Victims::Reader => "kills of the reader",
            Victims::Both => "kills of both at once",
        }
    }
}

/// Sums over rings.
#[derive(Default)]
pub struct Tally {
    rings: u64,
    /// The processes, by victims and by instant.
    kills: [[u64; 4]; 3],
    acknowledged: u64,
    delivered: u64,
    got_in: u64,
    not_in: u64,
    again: u64,
    in_hand: u64,
    ends: u64,
    arrivals: u64,
    left: u64,
    verdicts: u64,
    waits: u64,
    findings: Vec<(Sort, String)>,
}

impl Tally {
    /// Counts the death of `victims`.
    pub fn count(&mut self, victims: Victims, instant: Instants) {
        self.kills[victims as usize][instant as usize] += victims.sides().len() as u64;
    }

    /// How many processes were killed.
    pub fn killed(&self) -> u64 {
        self.kills.iter().flatten().sum()
    }

    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Takes what was found out about a ring.
    pub fn take(&mut self, setting: &Setting, pair: Pair) {
        let Judge { written, delivered, findings } = pair.judge;
        self.rings += 1;
        self.waits += pair.waits;
        self.acknowledged += written.acknowledged;
        self.delivered += delivered.steps.done;
        (self.got_in, self.not_in) = (self.got_in + written.got_in, self.not_in + written.not_in);
        (self.again, self.in_hand) = (self.again + delivered.again, self.in_hand + delivered.in_hand);
        self.ends += delivered.ends;
        for steps in [&written.steps, &delivered.steps] {
            self.arrivals += steps.arrivals;
            self.left += steps.left;
            self.verdicts += steps.told;
        }
        let told = findings.list.into_iter().map(|(sort, what)| (sort, format!("{setting}: {what}")));
        self.findings.extend(told);
    }

    pub fn add(&mut self, other: Self) {
        for (sums, more) in self.kills.iter_mut().flatten().zip(other.kills.iter().flatten()) {
            *sums += more;
        }
        let Self { rings, acknowledged, delivered, got_in, not_in, again, in_hand, .. } = other;
        let Self { ends, arrivals, left, verdicts, waits, findings, .. } = other;
        self.rings += rings;
        self.acknowledged += acknowledged;
        self.delivered += delivered;
        self.got_in += got_in;
        self.not_in += not_in;
        self.again += again;
        self.in_hand += in_hand;
        self.ends += ends;
        self.arrivals += arrivals;
        self.left += left;
        self.verdicts += verdicts;
        self.waits += waits;
        self.findings.extend(findings);
    }

    pub fn into_report(mut self) -> Report {
        let mut report = Report::default();
        for victims in Victims::ALL {
            let kills = self.kills[victims as usize];
            let [after_the_start, at_the_entrance, at_work, asleep] = kills;
            let bound = format!(
                "{after_the_start} soon after the start, {at_the_entrance} while it enters, {at_work} at work, \
                 {asleep} asleep; {} rings",
                self.rings
            );
            let (what, unit) = (victims.name().into(), "kills");
            report.add(Row { what, cases: kills.iter().sum(), unit, bound, violations: Vec::new() });
        }
        for sort in SORTS {
            let (what, cases, unit, bound) = self.row(sort);
            let violations = self.findings.iter().filter(|(found, _)| *found == sort);
            let violations = violations.map(|(_, text)| text.clone()).collect();
            report.add(Row { what: what.into(), cases, unit, bound, violations });
        }
        self.findings.clear();
        report
    }

    /// What was watched for findings of this sort, and how often.
    fn row(&self, sort: Sort) -> (&'static str, u64, &'static str, String) {
        let Self { got_in, not_in, again, in_hand, ends, left, .. } = self;
        match sort {
            Sort::Lost => (
                "lost",
                self.acknowledged,
                "messages acknowledged",
                format!("and {got_in} that got in as their writer died, {not_in} that did not; {in_hand} died in hand"),
            ),
            Sort::Torn => ("torn", self.delivered, "messages delivered", "0 bytes to the ring's most".into()),
            Sort::Disorder => {
                let bound = format!("one after the other, and {ends} ends of streams taken in their places");
                ("out of order", self.delivered, "messages delivered", bound)
            }
            Sort::Twice => {
                let bound = format!("{again} of them again, as a batch and a peek promise");
                ("delivered twice", self.delivered, "messages delivered", bound)
            }
            Sort::Astray => {
                let bound = format!("each where the ring was left, {left} in good order");
                ("astray", self.arrivals, "attached or opened", bound)
            }
            Sort::Verdict => ("told wrongly", self.verdicts, "verdicts", "of the peer, the space and the time".into()),
            Sort::Hang => ("hung", self.waits, "waits", "for a side whose peer lives, 10 s each".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_is_one_kill_and_no_more_die_than_are_left() {
        let mut tally = Tally::default();
        for victims in Victims::ALL {
            tally.count(victims, Instants::AtWork);
        }
        assert_eq!(tally.killed(), 4);
        assert_eq!(tally.kills.map(|kills| kills.iter().sum::<u64>()), [1, 1, 2]);
        for left in 1..4 {
            let most = Victims::at_most(left).map(|victims| victims.sides().len() as u64).max();
            assert_eq!(most, Some(left.min(2)));
        }
    }
}
