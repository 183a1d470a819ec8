//! Tables in Markdown: one for each scenario, with notes below it, and one of the goals.

use ipc_ring_measure::table::{significant, table};

use crate::goals::Verdict;
use crate::result::{Measured, Row, PARTS};
use crate::scenarios::Does;

/// Returns the section of a scenario: title, description, table and notes.
pub fn of_scenario(measured: &Measured) -> String {
    let scenario = measured.scenario;
    // A scenario about ours alone has no ratios.
    let beside = scenario.geometries().count() == 1;
    let titles: &[&str] = match scenario.does {
        Does::PingPong => &["", "median, ns", "lowest – highest", "p99, ns", "p99.9, ns", "this ÷ ours"],
        Does::Idle => &["", "waiting for space, % of a core", "waiting for a message, % of a core"],
        _ if beside => &["", "M messages/s", "lowest – highest", "GB/s", "ours ÷ this"],
        _ => &["", "M messages/s", "lowest – highest", "GB/s"],
    };
    let rows = measured.rows.iter().filter_map(|row| {
        let cells = cells(measured, row)?;
        Some(std::iter::once(measured.label(row)).chain(cells).take(titles.len()).collect())
    });
    let table = table(titles, rows);
    let notes: String = notes(measured).iter().map(|note| format!("- {note}\n")).collect();
    let gap = if notes.is_empty() { "" } else { "\n" };
    format!("## {}\n\n{}.\n\n{table}{gap}{notes}", scenario.name, scenario.about)
}

/// Returns the section of the goals: title and table.
pub fn of_goals(verdicts: &[Verdict]) -> String {
    let cells = |verdict: &Verdict| {
        vec![verdict.scenario.into(), verdict.goal.clone(), verdict.measured.clone(), verdict.verdict()]
    };
    format!("## goals\n\n{}", table(&["scenario", "goal", "measured", "met"], verdicts.iter().map(cells)))
}

/// Returns the cells of a row after its label.
fn cells(measured: &Measured, row: &Row) -> Option<Vec<String>> {
    let headline = measured.headline(row)?;
    let ours = measured.headline_of(measured.scenario.ours());
    let held = |times: fn(f64, f64) -> f64| {
        ours.map_or("".into(), |ours| format!("{:.2}", times(headline.median, ours.median)))
    };
    let spread = |text: &dyn Fn(f64) -> String| format!("{} – {}", text(headline.min), text(headline.max));
    Some(match measured.scenario.does {
        Does::PingPong => {
            let whole = |value: f64| format!("{value:.0}");
            let [_, p99, p999] = PARTS.map(|part| row.latency(part).map_or("".into(), |part| whole(part.median)));
            vec![whole(headline.median), spread(&whole), p99, p999, held(|one, ours| one / ours)]
        }
        Does::Idle => row.idle()?.map(|part| format!("{:.4}", part.median * 100.0)).to_vec(),
        _ => {
            let millions = |rate: f64| significant(rate / 1e6);
            let bytes = significant(headline.median * row.geometry.size as f64 / 1e9);
            vec![millions(headline.median), spread(&millions), bytes, held(|one, ours| ours / one)]
        }
    })
}

/// Returns the notes below a table: which peers failed, and which do not take part.
fn notes(measured: &Measured) -> Vec<String> {
    let failed = measured.rows.iter().filter(|row| !row.failures.is_empty()).map(|row| {
        let (failed, all) = (row.failures.len(), row.failures.len() + row.samples.len());
        let rounds = if all == 1 { "round" } else { "rounds" };
        format!("**{} failed in {failed} of {all} {rounds}**: {}", measured.label(row), row.failures.join("; "))
    });
    failed.chain(measured.scenario.without.iter().map(|(names, why)| note_without(names, why))).collect()
}

/// Returns the note that these peers, with a space between two, do not take part.
pub fn note_without(names: &str, why: &str) -> String {
    format!("Without {}: {why}", names.replace(' ', ", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::passed_in_a_second;
    use crate::{peers, scenarios};

    fn row(measured: &mut Measured, name: &str, counted: &[u64], failures: &[&str]) {
        let mut row =
            Row::new(peers::named(name).expect("a peer"), measured.scenario.geometries().next().expect("one"));
        row.samples = counted.iter().map(|&counted| passed_in_a_second(counted)).collect();
        row.failures = failures.iter().map(|failure| failure.to_string()).collect();
        measured.rows.push(row);
    }

    #[test]
    fn a_scenario_is_told_with_medians_ratios_and_failures() {
        let scenario = scenarios::named("256B").expect("a scenario");
        let mut measured = Measured { scenario, rows: Vec::new() };
        row(&mut measured, "ours", &[90_000_000, 10_000_000, 20_000_000], &[]);
        row(&mut measured, "que", &[5_000_000], &["lost"]);
        row(&mut measured, "shaq", &[], &["died", "hung"]);
        let expected = "\
## 256B

Messages of 256 bytes through a ring of 1 MiB, one push and one pop for each.

|  | M messages/s | lowest – highest | GB/s | ours ÷ this |
| --- | --: | --: | --: | --: |
| ours | 20.0 | 10.0 – 90.0 | 5.12 | 1.00 |
| que | 5.00 | 5.00 – 5.00 | 1.28 | 4.00 |

- **que failed in 1 of 2 rounds**: lost
- **shaq failed in 2 of 2 rounds**: died; hung
";
        assert_eq!(of_scenario(&measured), expected);
    }

    #[test]
    fn goals_are_told_one_a_line() {
        let (goal, measured) = ("at least 2 × it".into(), "1.50 × it".into());
        let table = of_goals(&[Verdict { scenario: "256B", goal, measured, margin: Some(0.75) }]);
        let head = "## goals\n\n| scenario | goal | measured | met |\n| --- | --: | --: | --: |\n";
        assert_eq!(table, format!("{head}| 256B | at least 2 × it | 1.50 × it | **no**, 25 % short |\n"));
    }
}
