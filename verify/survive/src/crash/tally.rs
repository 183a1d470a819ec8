//! What came of all the rings together.

use std::collections::BTreeMap;

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
    /// The processes, by victims and by instant.
    kills: [[u64; 4]; 3],
    sums: BTreeMap<&'static str, u64>,
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
        let sums = [
            ("rings", 1),
            ("waits", pair.waits),
            ("acknowledged", written.acknowledged),
            ("delivered", delivered.steps.done),
            ("got in", written.got_in),
            ("not in", written.not_in),
            ("again", delivered.again),
            ("in hand", delivered.in_hand),
            ("ends", delivered.ends),
        ];
        let of_either = [&written.steps, &delivered.steps]
            .map(|steps| [("arrivals", steps.arrivals), ("left", steps.left), ("verdicts", steps.told)]);
        self.sum(sums.into_iter().chain(of_either.into_iter().flatten()));
        let told = findings.list.into_iter().map(|(sort, what)| (sort, format!("{setting}: {what}")));
        self.findings.extend(told);
    }

    pub fn add(&mut self, other: Self) {
        for (sums, more) in self.kills.iter_mut().flatten().zip(other.kills.iter().flatten()) {
            *sums += more;
        }
        self.sum(other.sums);
        self.findings.extend(other.findings);
    }

    fn sum(&mut self, more: impl IntoIterator<Item = (&'static str, u64)>) {
        more.into_iter().for_each(|(name, count)| *self.sums.entry(name).or_default() += count);
    }

    fn of(&self, name: &str) -> u64 {
        self.sums.get(name).copied().unwrap_or_default()
    }

    pub fn into_report(mut self) -> Report {
        let mut report = Report::default();
        for victims in Victims::ALL {
            let kills = self.kills[victims as usize];
            let [after_the_start, at_the_entrance, at_work, asleep] = kills;
            let bound = format!(
                "{after_the_start} soon after the start, {at_the_entrance} while it enters, {at_work} at work, \
                 {asleep} asleep; {} rings",
                self.of("rings")
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
        let [got_in, not_in, again, in_hand, ends, left] =
            ["got in", "not in", "again", "in hand", "ends", "left"].map(|name| self.of(name));
        match sort {
            Sort::Lost => (
                "lost",
                self.of("acknowledged"),
                "messages acknowledged",
                format!("and {got_in} that got in as their writer died, {not_in} that did not; {in_hand} died in hand"),
            ),
            Sort::Torn => ("torn", self.of("delivered"), "messages delivered", "0 bytes to the ring's most".into()),
            Sort::Disorder => {
                let bound = format!("one after the other, and {ends} ends of streams taken in their places");
                ("out of order", self.of("delivered"), "messages delivered", bound)
            }
            Sort::Twice => {
                let bound = format!("{again} of them again, as a batch and a peek promise");
                ("delivered twice", self.of("delivered"), "messages delivered", bound)
            }
            Sort::Astray => {
                let bound = format!("each where the ring was left, {left} in good order");
                ("astray", self.of("arrivals"), "attached or opened", bound)
            }
            Sort::Verdict => {
                ("told wrongly", self.of("verdicts"), "verdicts", "of the peer, the space and the time".into())
            }
            Sort::Hang => ("hung", self.of("waits"), "waits", "for a side whose peer lives, 10 s each".into()),
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
