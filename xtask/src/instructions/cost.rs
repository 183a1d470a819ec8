//! What a message takes, and whether that is too much.

use super::callgrind::Counted;

/// The growth that nobody has to account for: another compiler orders things a little differently.
const SLACK: f64 = 3.0;

/// The instructions that a message takes, to a tenth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cost {
    pub push: f64,
    pub pop: f64,
    /// Those of both and of the loop around them.
    pub all: f64,
}

impl Cost {
    /// What a message of the longer run took that the shorter one did not pass; `None` where there is no such message.
    pub fn between(less: Counted, more: Counted) -> Option<Self> {
        let messages = more.messages.checked_sub(less.messages).filter(|&messages| messages > 0)?;
        let each =
            |less: u64, more: u64| Some((more.checked_sub(less)? as f64 / messages as f64 * 10.0).round() / 10.0);
        Some(Self { push: each(less.push, more.push)?, pop: each(less.pop, more.pop)?, all: each(less.all, more.all)? })
    }

    /// Its numbers, and what each is called.
    pub fn parts(self) -> [(&'static str, f64); 3] {
        [("push", self.push), ("pop", self.pop), ("all", self.all)]
    }
}

/// What messages of a kind take, and what they may.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub name: &'static str,
    pub cost: Cost,
    pub limit: Option<f64>,
    pub expected: Option<Cost>,
}

impl Verdict {
    /// What is wrong, if anything is.
    pub fn complaint(&self) -> Option<String> {
        let wrong = Vec::from_iter(self.beyond_the_limit().into_iter().chain(self.growth()));
        (!wrong.is_empty()).then(|| format!("{}: {}", self.name, wrong.join(", ")))
    }

    fn beyond_the_limit(&self) -> Option<String> {
        let limit = self.limit.filter(|&limit| self.cost.all > limit)?;
        Some(format!("{} of at most {limit}", self.cost.all))
    }

    /// What has grown, each number by itself: the one may not hide behind the other.
    fn growth(&self) -> Vec<String> {
        let Some(expected) = self.expected else { return vec!["no count is expected".into()] };
        let both = self.cost.parts().into_iter().zip(expected.parts());
        let grown = both.filter(|((_, now), (_, then))| *now > then + SLACK);
        grown.map(|((part, now), (_, then))| format!("{part} has grown from {then} to {now}")).collect()
    }

    fn in_a_word(&self) -> &'static str {
        let fell = |expected: Cost| self.cost.all < expected.all - SLACK;
        match self.complaint() {
            Some(_) => "FAILED",
            None if self.expected.is_some_and(fell) => "passed: fewer than expected, worth an --accept",
            None => "passed",
        }
    }
}

/// A line for each kind of messages.
pub fn table(verdicts: &[Verdict]) -> String {
    let head = ["message", "push", "pop", "all", "expected", "limit", "verdict"].map(String::from);
    let rows: Vec<[String; 7]> = std::iter::once(head).chain(verdicts.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [a, b, c, d, e, f, _] = [0, 1, 2, 3, 4, 5, 6].map(width);
    let line = |[name, push, pop, all, expected, limit, verdict]: &[String; 7]| {
        format!("{name:<a$}  {push:>b$}  {pop:>c$}  {all:>d$}  {expected:>e$}  {limit:>f$}  {verdict}\n")
    };
    rows.iter().map(line).collect()
}

fn row(verdict: &Verdict) -> [String; 7] {
    let Verdict { name, cost, limit, expected } = *verdict;
    let number = |number: f64| format!("{number:.1}");
    let expected = expected.map_or(String::new(), |expected| number(expected.all));
    let limit = limit.map_or(String::new(), |limit| limit.to_string());
    let [push, pop, all] = cost.parts().map(|(_, cost)| number(cost));
    [name.into(), push, pop, all, expected, limit, verdict.in_a_word().into()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Cost = Cost { push: 40.0, pop: 50.0, all: 100.0 };

    fn verdict(cost: Cost) -> Verdict {
        Verdict { name: "1 B", cost, limit: Some(102.0), expected: Some(COST) }
    }

    #[test]
    fn a_message_takes_what_the_longer_run_took_more_for_each_that_it_passed_more() {
        let less = Counted { messages: 100, push: 5_000, pop: 6_000, all: 90_000 };
        let more = Counted { messages: 200, push: 9_000, pop: 11_003, all: 100_007 };
        assert_eq!(Cost::between(less, more), Some(Cost { push: 40.0, pop: 50.0, all: 100.1 }));
        assert_eq!(Cost::between(more, less), None);
        assert_eq!(Cost::between(less, less), None);
    }

    fn complaint(cost: Cost) -> Option<String> {
        verdict(cost).complaint()
    }

    #[test]
    fn what_grows_by_more_than_a_little_is_told() {
        assert_eq!(complaint(COST), None);
        assert_eq!(complaint(Cost { push: 43.0, ..COST }), None);
        assert_eq!(complaint(Cost { push: 43.1, ..COST }), Some("1 B: push has grown from 40 to 43.1".into()));
        // Although all of it has shrunk.
        let pop = Cost { push: 30.0, pop: 54.0, all: 94.0 };
        assert_eq!(complaint(pop), Some("1 B: pop has grown from 50 to 54".into()));
    }

    #[test]
    fn a_limit_holds_whatever_is_expected() {
        assert_eq!(complaint(Cost { all: 102.0, ..COST }), None);
        let beyond = verdict(Cost { all: 102.1, ..COST });
        assert_eq!(beyond.complaint(), Some("1 B: 102.1 of at most 102".into()));
        let accepted = Verdict { expected: Some(beyond.cost), ..beyond };
        assert_eq!(accepted.complaint(), beyond.complaint());
    }

    #[test]
    fn what_nobody_expects_does_not_pass() {
        let unexpected = Verdict { expected: None, ..verdict(COST) };
        assert_eq!(unexpected.complaint(), Some("1 B: no count is expected".into()));
    }

    #[test]
    fn the_table_has_a_line_for_each() {
        let verdicts = [verdict(COST), Verdict { name: "4 KiB", limit: None, ..verdict(Cost { all: 90.0, ..COST }) }];
        let expected = "message  push   pop    all  expected  limit  verdict\n\
                        1 B      40.0  50.0  100.0     100.0    102  passed\n\
                        4 KiB    40.0  50.0   90.0     100.0         passed: fewer than expected, worth an --accept\n";
        assert_eq!(table(&verdicts), expected);
    }
}
