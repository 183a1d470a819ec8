//! Tables in Markdown: one for each scenario, with notes below it, and one of the goals.

use ipc_ring_measure::table::{significant, table};

use crate::goals::Verdict;
use crate::result::{in_bytes, Measured, Row, Within, PARTS};
use crate::scenarios::Does;
use crate::state::State;

/// Returns the section of a scenario: title, description, state of the machine, table and notes.
pub fn of_scenario(measured: &Measured) -> String {
    let (scenario, within) = (measured.scenario, measured.within());
    // Nobody has a ratio to itself alone.
    let beside = scenario.peers().count() > 1;
    let titles: &[&str] = match scenario.does {
        Does::PingPong => &["", "median, ns", "lowest – highest", "p99, ns", "p99.9, ns", "rounds", "this ÷ ours"],
        Does::Idle => &["", "waiting for space, % of a core", "waiting for a message, % of a core"],
        _ if beside => &["", "M messages/s", "lowest – highest", "GB/s", "rounds", "ours ÷ this"],
        _ => &["", "M messages/s", "lowest – highest", "GB/s", "rounds"],
    };
    let rows = measured.shown(within).filter_map(|row| {
        let cells = cells(measured, row, within)?;
        Some(std::iter::once(measured.label(row)).chain(cells).take(titles.len()).collect())
    });
    let table = table(titles, rows);
    let notes: String = notes(measured).iter().map(|note| format!("- {note}\n")).collect();
    let gap = if notes.is_empty() { "" } else { "\n" };
    let state = state(measured, within).map_or(String::new(), |state| format!("{state}\n\n"));
    format!("## {}\n\n{}.\n\n{state}{table}{gap}{notes}", scenario.name, scenario.about)
}

/// How the line about the state of the machine begins.
pub const STATE: &str = "State of the machine: ";

/// Returns the line about the state of the machine, where it matters.
fn state(measured: &Measured, within: Within) -> Option<String> {
    let state = within.state()?;
    let (states, changed) = measured.rounds();
    let all = states.iter().map(|(_, rounds)| rounds).sum::<usize>() + changed;
    let here = states.iter().find(|(at, _)| *at == state).map_or(0, |(_, rounds)| *rounds);
    let others = states.iter().filter(|(at, rounds)| *at != state && *rounds > 0);
    let others: String = others.map(|(at, rounds)| format!(", {rounds} in *{}*", at.name())).collect();
    let line = measured.line(within).map_or(String::new(), |line| format!(" ({line:.0} ns there and back)"));
    Some(format!(
        "{STATE}*{}*{line}. {here} of {all} rounds count{others}; in {changed} the state changed",
        state.name()
    ))
}

/// Returns the section of the goals: title and table.
pub fn of_goals(verdicts: &[Verdict]) -> String {
    let state = |verdict: &Verdict| verdict.state.map_or("", State::name).into();
    let cells = |verdict: &Verdict| {
        let (goal, measured) = (verdict.goal.clone(), verdict.measured.clone());
        vec![verdict.scenario.into(), goal, measured, state(verdict), verdict.verdict()]
    };
    format!("## goals\n\n{}", table(&["scenario", "goal", "measured", "state", "met"], verdicts.iter().map(cells)))
}

/// Returns the cells of a row after its label.
fn cells(measured: &Measured, row: &Row, within: Within) -> Option<Vec<String>> {
    let headline = measured.headline(row, within)?;
    let is_ours = |other: &&Row| other.peer.name == measured.scenario.ours() && other.geometry == row.geometry;
    let ours = measured.rows.iter().find(is_ours).and_then(|ours| measured.headline(ours, within));
    let held = |times: fn(f64, f64) -> f64| {
        ours.map_or("".into(), |ours| format!("{:.2}", times(headline.median, ours.median)))
    };
    let spread = |text: &dyn Fn(f64) -> String| format!("{} – {}", text(headline.min), text(headline.max));
    let rounds = row.within(within).count().to_string();
    Some(match measured.scenario.does {
        Does::PingPong => {
            let whole = |value: f64| format!("{value:.0}");
            let part = |part| row.latency(part, within).map_or("".into(), |part| whole(part.median));
            let [_, p99, p999] = PARTS.map(part);
            vec![whole(headline.median), spread(&whole), p99, p999, rounds, held(|one, ours| one / ours)]
        }
        Does::Idle => row.idle(within)?.map(|part| format!("{:.4}", part.median * 100.0)).to_vec(),
        _ => {
            let millions = |rate: f64| significant(rate / 1e6);
            let bytes = significant(headline.median * row.geometry.size as f64 / 1e9);
            vec![millions(headline.median), spread(&millions), bytes, rounds, held(|one, ours| ours / one)]
        }
    })
}

/// Returns the notes below a table: which peers failed, which do not take part, and which not with every ring.
fn notes(measured: &Measured) -> Vec<String> {
    let failed = measured.rows.iter().filter(|row| !row.failures.is_empty()).map(|row| {
        let (failed, all) = (row.failures.len(), row.failures.len() + row.rounds.len());
        let rounds = if all == 1 { "round" } else { "rounds" };
        format!("**{} failed in {failed} of {all} {rounds}**: {}", measured.label(row), row.failures.join("; "))
    });
    let scenario = measured.scenario;
    let without = scenario.without.iter().map(|(names, why)| note_without(names, why));
    let up_to = scenario.up_to.iter().filter_map(|(names, most, why)| {
        let here = Vec::from_iter(names.split(' ').filter(|name| scenario.peers().any(|peer| peer == *name)));
        let note = || format!("With rings up to {} alone: {}: {why}", in_bytes(*most), here.join(", "));
        (!here.is_empty()).then(note)
    });
    failed.chain(without).chain(up_to).collect()
}

/// Returns the note that these peers, with a space between two, do not take part.
pub fn note_without(names: &str, why: &str) -> String {
    format!("Without {}: {why}", names.replace(' ', ", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::passed_in_a_second;
    use crate::state::Around;
    use crate::{peers, scenarios};

    fn row(measured: &mut Measured, name: &str, counted: &[u64], failures: &[&str]) {
        let mut row =
            Row::new(peers::named(name).expect("a peer"), measured.scenario.geometries().next().expect("one"));
        row.rounds = counted.iter().map(|&counted| passed_in_a_second(counted)).collect();
        row.failures = failures.iter().map(|failure| failure.to_string()).collect();
        measured.rows.push(row);
    }

    #[test]
    fn a_scenario_is_told_with_medians_ratios_and_failures() {
        let scenario = scenarios::named("4KiB").expect("a scenario");
        let mut measured = Measured { scenario, rows: Vec::new(), asked_for: None };
        row(&mut measured, "ours", &[90_000_000, 10_000_000, 20_000_000, 7], &[]);
        row(&mut measured, "que", &[5_000_000, 9], &["lost"]);
        row(&mut measured, "shaq", &[], &["died", "hung"]);
        row(&mut measured, "hand-over/memcpy", &[10_000_000], &[]);
        row(&mut measured, "hand-over/moves", &[40_000_000], &[]);
        row(&mut measured, "hand-over/words", &[30_000_000], &[]);
        // One round in another state, and one in which it changed.
        measured.rows[0].rounds[3].around = Around { before: 400.0, after: 400.0 };
        measured.rows[1].rounds[1].around = Around { before: 100.0, after: 400.0 };
        let expected = "\
## 4KiB

Messages of 4 KiB through a ring of 4 MiB.

State of the machine: *near* (100 ns there and back). 7 of 9 rounds count, 1 in *far*; in 1 the state changed

|  | M messages/s | lowest – highest | GB/s | rounds | ours ÷ this |
| --- | --: | --: | --: | --: | --: |
| ours | 20.0 | 10.0 – 90.0 | 81.9 | 3 | 1.00 |
| que | 5.00 | 5.00 – 5.00 | 20.5 | 1 | 4.00 |
| hand-over/moves | 40.0 | 40.0 – 40.0 | 164 | 1 | 0.50 |

- **que failed in 1 of 3 rounds**: lost
- **shaq failed in 2 of 2 rounds**: died; hung
";
        assert_eq!(of_scenario(&measured), expected);
    }

    #[test]
    fn whoever_takes_part_with_some_rings_only_is_told() {
        let scenario = scenarios::named("64B-batch").expect("a scenario");
        let notes = notes(&Measured { scenario, rows: Vec::new(), asked_for: None });
        let last = notes.last().expect("a note");
        assert!(last.starts_with("With rings up to 4 MiB alone: ringfire-batch: "), "{last}");
    }

    #[test]
    fn goals_are_told_one_a_line() {
        let (goal, measured) = ("at least 2 × it".into(), "1.50 × it".into());
        let state = Some(State::Far);
        let table = of_goals(&[Verdict { scenario: "256B", state, goal, measured, margin: Some(0.75) }]);
        let head = "## goals\n\n| scenario | goal | measured | state | met |\n| --- | --: | --: | --: | --: |\n";
        assert_eq!(table, format!("{head}| 256B | at least 2 × it | 1.50 × it | far | **no**, 25 % short |\n"));
    }
}
