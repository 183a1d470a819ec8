//! A scenario's table, as Markdown.

use std::fmt::Write;

use crate::compare::Result;
use crate::round::Sample;
use crate::statistics::Summary;

/// The table of `result`.
pub fn markdown(result: &Result) -> String {
    let rate = |sample: &Sample| match sample {
        Sample::Passed(done) => Some(done.counted as f64 * 1e3 / done.nanoseconds as f64),
        Sample::Idle(_) => None,
    };
    let rows: Vec<_> =
        result.rows.iter().map(|row| (row, Summary::of(row.samples.iter().filter_map(rate)))).collect();
    let ours = rows.iter().find(|(row, _)| row.peer.name == result.scenario.ours).and_then(|(_, summary)| *summary);
    let mut text = format!("\n## {}\n\n{}.\n\n", result.scenario.name, result.scenario.about);
    text += "| | M messages/s | least – most | GB/s | ours is ... times as fast |\n| --- | --: | --: | --: | --: |\n";
    for (row, summary) in rows {
        let Some(summary) = summary else { continue };
        let bytes = summary.median * row.geometry.size as f64 / 1e3;
        let times = ours.map_or("".into(), |ours| format!("{:.2}", ours.median / summary.median));
        let _ = writeln!(
            text,
            "| {} | {:.2} | {:.2} – {:.2} | {:.2} | {} |",
            row.peer.name, summary.median, summary.min, summary.max, bytes, times
        );
    }
    text
}
