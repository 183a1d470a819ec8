//! Tables in Markdown: one a scenario, with what has to be said about it, and one of the goals.

use crate::goals::Verdict;
use crate::result::{Measured, Row};
use crate::scenario::Does;
use crate::statistics::Summary;

/// The table of a scenario, under its title.
pub fn of_scenario(measured: &Measured) -> String {
    let scenario = measured.scenario;
    let table = match scenario.does {
        Does::PingPong => table(
            &["", "median, ns", "least – most", "p99, ns", "p99.9, ns", "how many times ours"],
            measured.rows.iter().filter_map(|row| latency_cells(measured, row)),
        ),
        Does::Idle => table(
            &["", "waits for room, % of a core", "waits for a message, % of a core"],
            measured.rows.iter().filter_map(|row| idle_cells(measured, row)),
        ),
        _ => {
            let titles = ["", "M messages/s", "least – most", "GB/s", "ours is so many times as fast"];
            // Where ours is all there is, it is not held against itself.
            let columns = if scenario.geometries.len() > 1 { 4 } else { 5 };
            let cells = |row| rate_cells(measured, row).map(|cells| cells.into_iter().take(columns).collect());
            table(&titles[..columns], measured.rows.iter().filter_map(cells))
        }
    };
    let notes: String = notes(measured).iter().map(|note| format!("- {note}\n")).collect();
    let gap = if notes.is_empty() { "" } else { "\n" };
    format!("## {}\n\n{}.\n\n{table}{gap}{notes}", scenario.name, scenario.about)
}

/// The table of the goals, under its title.
pub fn of_goals(verdicts: &[Verdict]) -> String {
    let cells = |verdict: &Verdict| {
        vec![verdict.scenario.into(), verdict.goal.clone(), verdict.measured.clone(), verdict.verdict()]
    };
    format!("## goals\n\n{}", table(&["scenario", "goal", "measured", "met"], verdicts.iter().map(cells)))
}

fn table(titles: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = titles.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "--:" }.into()).collect();
    let title = line(titles.iter().map(|title| title.to_string()).collect());
    title + &line(rule) + &rows.into_iter().map(line).collect::<String>()
}

fn rate_cells(measured: &Measured, row: &Row) -> Option<Vec<String>> {
    let rate = row.rate()?;
    let millions = |rate: f64| significant(rate / 1e6);
    Some(vec![
        measured.label(row),
        millions(rate.median),
        format!("{} – {}", millions(rate.min), millions(rate.max)),
        significant(rate.median * row.geometry.size as f64 / 1e9),
        ours(measured).map_or("".into(), |ours| format!("{:.2}", ours.median / rate.median)),
    ])
}

fn latency_cells(measured: &Measured, row: &Row) -> Option<Vec<String>> {
    let median = row.latency(|latency| latency.median)?;
    let point = |summary: Option<Summary>| summary.map_or("".into(), |summary| format!("{:.0}", summary.median));
    Some(vec![
        measured.label(row),
        format!("{:.0}", median.median),
        format!("{:.0} – {:.0}", median.min, median.max),
        point(row.latency(|latency| latency.p99)),
        point(row.latency(|latency| latency.p999)),
        ours(measured).map_or("".into(), |ours| format!("{:.2}", median.median / ours.median)),
    ])
}

fn idle_cells(measured: &Measured, row: &Row) -> Option<Vec<String>> {
    let percent = |part: Summary| format!("{:.4}", part.median * 100.0);
    let [left, right] = row.idle()?;
    Some(vec![measured.label(row), percent(left), percent(right)])
}

fn ours(measured: &Measured) -> Option<Summary> {
    measured.row(measured.scenario.ours()).and_then(|row| measured.headline(row))
}

/// What a table does not show: who failed, and who is not in it.
fn notes(measured: &Measured) -> Vec<String> {
    let mut notes = Vec::new();
    for row in measured.rows.iter().filter(|row| !row.failures.is_empty()) {
        let (failed, well) = (row.failures.len(), row.samples.len());
        notes.push(format!(
            "**{} failed {failed} {}**, and went well {well} {}: {}",
            measured.label(row),
            times(failed),
            times(well),
            row.failures.join("; ")
        ));
    }
    let without = measured.scenario.without.iter();
    notes.extend(without.map(|(names, why)| format!("without {}: {why}", names.join(", "))));
    notes
}

fn times(count: usize) -> &'static str {
    if count == 1 {
        "time"
    } else {
        "times"
    }
}

/// With three digits, or all before the point.
pub fn significant(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Done;
    use crate::peers;
    use crate::round::Sample;
    use crate::scenarios;

    fn row(measured: &mut Measured, name: &str, counted: &[u64], failures: &[&str]) {
        let mut row = Row::new(peers::named(name).expect("a peer"), measured.scenario.geometries[0]);
        let done = |&counted: &u64| Done { passed: counted, counted, nanoseconds: 1_000_000_000, latency: None };
        row.samples = counted.iter().map(done).map(Sample::Passed).collect();
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

256 bytes a message, a ring of 1 MiB, one push and one pop a message.

|  | M messages/s | least – most | GB/s | ours is so many times as fast |
| --- | --: | --: | --: | --: |
| ours | 20.0 | 10.0 – 90.0 | 5.12 | 1.00 |
| que | 5.00 | 5.00 – 5.00 | 1.28 | 4.00 |

- **que failed 1 time**, and went well 1 time: lost
- **shaq failed 2 times**, and went well 0 times: died; hung
";
        assert_eq!(of_scenario(&measured), expected);
    }

    #[test]
    fn goals_are_told_one_a_line() {
        let verdict = Verdict {
            scenario: "256B",
            goal: "at least 2 × it".into(),
            measured: "1.50 × it".into(),
            margin: Some(0.75),
        };
        let expected = "\
## goals

| scenario | goal | measured | met |
| --- | --: | --: | --: |
| 256B | at least 2 × it | 1.50 × it | **no**, 25 % short |
";
        assert_eq!(of_goals(&[verdict]), expected);
    }
}
