//! Draws the pictures of a page: an SVG for each scenario, from the figures in its table.
//!
//! A picture shows what the page says and nothing else, so it can be drawn again without measuring anything. It has a
//! ground of its own and colours for a light and a dark screen.

use std::fs;
use std::path::Path;

use ipc_ring_measure::statistics::Summary;
use ipc_ring_measure::Outcome;

use crate::peers::{self, Kind};
use crate::scenarios::{Does, Scenario, SCENARIOS};
use crate::table;

const WIDTH: f64 = 900.0;
const MARGIN: f64 = 16.0;
/// Where the bars begin: to the right of the labels, and below the titles and the legend.
const LEFT: f64 = 214.0;
const TOP: f64 = 92.0;
/// The right end of the axis. The numbers beside the longest bar stand after it.
const RIGHT: f64 = 820.0;
/// The height of a bar with the gap below it.
const BAR: f64 = 20.0;
/// The height of the gap between two rings.
const GAP: f64 = 12.0;
/// The height of the axis with its numbers.
const AXIS: f64 = 40.0;

const STYLE: &str = "
.plot { font: 13px system-ui, 'DejaVu Sans', sans-serif; max-width: 100%; height: auto }
.plot text { fill: #1f2933 }
.plot .title { font-size: 15px; font-weight: 600 }
.plot .remark { fill: #52606d; font-size: 12px }
.plot .ground { fill: #ffffff; stroke: #c3ccd5 }
.plot .grid { stroke: #dde3e8 }
.plot .spread { stroke: #1f2933; stroke-width: 1.5 }
.plot .ours { fill: #1b6ec2 }
.plot .peer { fill: #9aa5b1 }
.plot .limit { fill: #d98f2b }
@media (prefers-color-scheme: dark) {
.plot text { fill: #e4e9ee }
.plot .remark { fill: #aab4be }
.plot .ground { fill: #12181f; stroke: #3d4853 }
.plot .grid { stroke: #2a323b }
.plot .spread { stroke: #e4e9ee }
.plot .ours { fill: #3f8fe0 }
.plot .peer { fill: #6b7683 }
.plot .limit { fill: #d98f2b }
}
";

/// A row of a table.
#[derive(Debug)]
struct Bar {
    label: String,
    kind: Kind,
    /// The median as the page prints it.
    number: String,
    summary: Summary,
}

/// Writes a picture of each scenario on `page` to `directory`, which is made.
pub fn draw(page: &str, directory: &Path) -> Outcome<()> {
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    for scenario in SCENARIOS {
        if let Some(picture) = of(scenario, page)? {
            let path = directory.join(scenario.picture());
            fs::write(&path, picture).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

/// Draws what `page` says of a scenario, as an SVG. Returns `None` if it says nothing.
fn of(scenario: &Scenario, page: &str) -> Outcome<Option<String>> {
    let section = page.split("\n## ").find(|section| section.lines().next() == Some(scenario.name));
    section.map(|section| Ok(svg(scenario, state(section), &bars(scenario, section)?))).transpose()
}

/// Reads the state of the machine from a section of a page.
fn state(section: &str) -> Option<&str> {
    let line = section.lines().find_map(|line| line.strip_prefix(table::STATE))?;
    line.strip_prefix('*')?.split('*').next()
}

/// Reads the bars from the table in a section of a page.
fn bars(scenario: &Scenario, section: &str) -> Outcome<Vec<Bar>> {
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    // The first two are the titles and the rule below them.
    rows.skip(2)
        .map(|row| bar(scenario, row).ok_or_else(|| format!("{}: no figures: {row}", scenario.name).into()))
        .collect()
}

fn bar(scenario: &Scenario, row: &str) -> Option<Bar> {
    let number = |text: &str| text.parse::<f64>().ok();
    let cells: Vec<&str> = row.split(" | ").collect();
    let (label, median, other) = (*cells.first()?, *cells.get(1)?, *cells.get(2)?);
    let (median, (min, max)) = match scenario.does {
        // Two sides that were watched once: the busier one counts.
        Does::Idle => {
            let busier = if number(other)? > number(median)? { other } else { median };
            (busier, (number(busier)?, number(busier)?))
        }
        _ => {
            let (least, most) = other.split_once(" – ")?;
            (median, (number(least)?, number(most)?))
        }
    };
    let kind = peers::named(label.split(',').next()?)?.kind;
    let summary = Summary { median: number(median)?, min, max };
    Some(Bar { label: label.into(), kind, number: median.into(), summary })
}

fn svg(scenario: &Scenario, state: Option<&str>, bars: &[Bar]) -> String {
    let unit = match scenario.does {
        Does::PingPong => "median, ns",
        Does::Idle => "% of a core, the busier side",
        _ => "M messages/s",
    };
    let (better, arrow) = match scenario.does.less_is_better() {
        true => ("less is better", "← less is better"),
        false => ("more is better", "more is better →"),
    };
    let Scenario { name, about, .. } = scenario;
    let state = state.map_or(String::new(), |state| format!("; state of the machine: {state}"));
    let tops = tops(scenario, bars);
    let bottom = tops.last().map_or(TOP, |top| top + BAR);
    let height = bottom + AXIS;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\">\n\
         <title>{name}: {unit}, {better}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
        WIDTH - 1.0,
        height - 1.0
    );
    let text = |class: &str, anchor: &str, (x, y): (f64, f64), text: &str| {
        format!("<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>\n")
    };
    svg += &text("title", "start", (MARGIN, 26.0), &format!("{name}: {unit} ({better})"));
    svg += &text("remark", "start", (MARGIN, 47.0), &format!("{about}{state}"));

    // The legend: a square for each kind of bar that is there, then a line for the spread.
    let mut x = MARGIN;
    let kinds = [(Kind::Ours, "ipc_ring"), (Kind::Peer, "others"), (Kind::Limit, "limit")];
    for (kind, called) in kinds.into_iter().filter(|(kind, _)| bars.iter().any(|bar| bar.kind == *kind)) {
        svg += &format!("<rect class=\"{}\" x=\"{x}\" y=\"61\" width=\"12\" height=\"12\"/>\n", class(kind));
        svg += &text("remark", "start", (x + 18.0, 71.0), called);
        x += 48.0 + 7.0 * called.len() as f64;
    }
    if bars.iter().any(|bar| bar.summary.min < bar.summary.max) {
        svg += &format!("<path class=\"spread\" d=\"M{x} 67 h24\"/>\n");
        svg += &text("remark", "start", (x + 30.0, 71.0), "lowest to highest round; bars and numbers are medians");
    }

    let most = bars.iter().map(|bar| bar.summary.max).fold(f64::MIN_POSITIVE, f64::max);
    let at = |value: f64| LEFT + value / most * (RIGHT - LEFT);
    let (step, digits) = step(most);
    for value in (0..).map(|tick| f64::from(tick) * step).take_while(|value| *value <= most) {
        svg += &format!("<path class=\"grid\" d=\"M{:.1} {TOP} V{bottom}\"/>\n", at(value));
        svg += &text("remark", "middle", (at(value), bottom + 16.0), &format!("{value:.digits$}"));
    }
    svg += &text("remark", "middle", ((LEFT + RIGHT) / 2.0, bottom + 32.0), &format!("{unit} ({arrow})"));
    for (Bar { label, kind, number, summary }, y) in bars.iter().zip(tops) {
        let (middle, base) = (y + BAR / 2.0, y + BAR / 2.0 + 4.5);
        svg += &text("label", "end", (LEFT - 8.0, base), label);
        svg += &format!(
            "<rect class=\"{}\" x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>\n",
            class(*kind),
            y + 3.0,
            at(summary.median) - LEFT,
            BAR - 6.0
        );
        if summary.min < summary.max {
            let (from, to) = (at(summary.min), at(summary.max));
            svg += &format!("<path class=\"spread\" d=\"M{from:.1} {middle} H{to:.1}\"/>\n");
        }
        svg += &text("number", "start", (at(summary.max) + 8.0, base), number);
    }
    svg + "</svg>\n"
}

/// Returns where each bar begins, from the top. There is a gap before each ring but the first, if there are several
/// peers.
fn tops(scenario: &Scenario, bars: &[Bar]) -> Vec<f64> {
    let grouped = scenario.peers().count() > 1;
    let (mut top, mut tops, mut last) = (TOP, Vec::new(), None);
    for bar in bars {
        let ring = bar.label.split_once(", ").map(|(_, ring)| ring);
        if grouped && last.is_some_and(|last| last != ring) {
            top += GAP;
        }
        (last, top) = (Some(ring), top + BAR);
        tops.push(top - BAR);
    }
    tops
}

/// The name of a kind in [`STYLE`].
fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Ours => "ours",
        Kind::Peer => "peer",
        Kind::Limit => "limit",
    }
}

/// Chooses the distance between the ticks of an axis from 0 to `most`, and the digits after the point of its numbers.
///
/// The distance is 1, 2 or 5 times a power of ten, so that there are three to seven ticks.
fn step(most: f64) -> (f64, usize) {
    let power = 10f64.powf((most / 3.0).log10().floor());
    let step = [5.0, 2.0, 1.0].map(|times| times * power).into_iter().find(|step| *step <= most / 3.0).unwrap_or(power);
    (step, (-power.log10()).max(0.0).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::named;

    #[test]
    fn a_row_of_a_table_is_a_bar() {
        let streamed =
            bar(named("sizes").expect("a scenario"), "ours, 1 KiB | 20.4 | 3.78 – 25.4 | 20.9").expect("a bar");
        assert_eq!((&*streamed.label, streamed.kind, &*streamed.number), ("ours, 1 KiB", Kind::Ours, "20.4"));
        assert_eq!(streamed.summary, Summary { median: 20.4, min: 3.78, max: 25.4 });
        let idle = bar(named("idle").expect("a scenario"), "pipe | 0.0100 | 0.0200").expect("a bar");
        assert_eq!((idle.kind, &*idle.number), (Kind::Peer, "0.0200"));
        assert!(bar(named("256B").expect("a scenario"), "nobody | 1.00 | 1.00 – 1.00").is_none());
    }

    #[test]
    fn a_picture_names_the_state_the_legend_and_what_is_better() {
        let page = "\n## 256B\n\nWords.\n\nState of the machine: *near* (98 ns there and back). 2 of 2\n\n|  | M |\n\
            | --- | --: |\n| ours, 1 MiB | 2.00 | 1.00 – 3.00 |\n| rtrb, 4 MiB | 2.00 | 1.00 – 3.00 |\n\
            | hand-over/words, 4 MiB | 2.00 | 1.00 – 3.00 |\n";
        let scenario = named("256B").expect("a scenario");
        let picture = of(scenario, page).expect("figures").expect("a section");
        let words =
            ["state of the machine: near", "more is better →", ">ipc_ring<", ">others<", ">limit<", "lowest to"];
        for word in words.into_iter().chain(["hand-over/words, 4 MiB"]) {
            assert!(picture.contains(word), "{word} in {picture}");
        }
        let tops = tops(scenario, &bars(scenario, page).expect("figures"));
        assert_eq!(tops, [TOP, TOP + BAR + GAP, TOP + 2.0 * BAR + GAP]);
    }

    #[test]
    fn an_axis_has_three_to_seven_ticks_after_its_beginning() {
        for most in [0.1605, 0.51, 0.9999, 1.0, 10.0, 29.9, 31.0, 85.8, 424.0, 24_671.0, 99_999.0] {
            let (step, digits) = step(most);
            assert!((3.0..7.6).contains(&(most / step)), "{most}: {step}");
            assert_eq!(
                format!("{step:.digits$}").parse::<f64>().expect("a number"),
                format!("{step:.9}").parse::<f64>().expect("one")
            );
        }
    }

    /// The page and the pictures of the repository are those that this code would write for the same figures.
    #[test]
    fn the_pictures_of_the_repository_show_the_figures_of_its_page() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let page = fs::read_to_string(docs.join("benchmarks.md")).expect("the page");
        for scenario in SCENARIOS {
            let picture = of(scenario, &page).expect("figures").expect("a section");
            let drawn = fs::read_to_string(docs.join("plots").join(scenario.picture())).expect("a picture");
            assert!(
                drawn == picture,
                "{}: draw the pictures again: ipc_ring_peers draw docs/benchmarks.md docs/plots",
                scenario.name
            );
        }
    }
}
