//! Draws a histogram as text: a line for each range of times, with a bar as long as its count.
//!
//! The ranges grow by a constant factor, so that long times fit beside short ones. The longest thousandth of the times
//! shares the last line.

use indicatif::HumanCount;
use ipc_ring_measure::times::Times;

use crate::latency::short;

/// Where the ranges of a power of ten begin, in hundredths of it.
const BEGINNINGS: [u64; 20] =
    [100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710, 800, 900];
/// The most lines. If the times are far apart, a line covers two ranges, four or ten.
const MOST_LINES: usize = 25;
const MERGED: [usize; 4] = [1, 2, 4, 10];
/// The part of all times that is shown range by range.
const IN_RANGES: f64 = 0.999;
/// The characters for one to eight eighths of a block.
const BLOCKS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Draws the times as a histogram, in lines of at most `width` characters.
pub fn histogram(times: &Times, width: usize) -> String {
    let lines = lines(times);
    let most = lines.iter().map(|line| line.count).max().unwrap_or(0);
    let rows = lines.iter().map(|line| [line.label(), HumanCount(line.count).to_string()]);
    let rows: Vec<_> = std::iter::once(["from".into(), "count".into()]).chain(rows).collect();
    let [a, b] = [0, 1].map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let room = width.saturating_sub(a + b + 4).max(1);
    let bars = std::iter::once(String::new()).chain(lines.iter().map(|line| bar(line.count, most, room)));
    let rows = rows.iter().zip(bars).map(|([from, count], bar)| format!("{from:>a$}  {count:>b$}  {bar}"));
    rows.map(|row| format!("{}\n", row.trim_end())).collect()
}

/// A range of times, and how many of the times are in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Line {
    from: u64,
    count: u64,
    /// Whether the range also holds all longer times.
    open: bool,
}

impl Line {
    fn label(&self) -> String {
        format!("{}{}", short(self.from), if self.open { "+" } else { " " })
    }
}

/// Counts the times in each range, from the range with the shortest time on.
fn lines(times: &Times) -> Vec<Line> {
    if times.count() == 0 {
        return Vec::new();
    }
    let (shortest, longest) = (times.min(), times.within(IN_RANGES));
    let [fine @ .., coarse] = MERGED.map(|step| ranges(shortest, longest, step));
    let ranges = fine.into_iter().find(|ranges| ranges.len() <= MOST_LINES + 1).unwrap_or(coarse);
    let mut lines: Vec<Line> = ranges.iter().map(|&from| Line { from, count: 0, open: false }).collect();
    for (time, count) in times.counts() {
        let at = ranges.partition_point(|&from| from <= time).saturating_sub(1);
        lines[at].count += count;
    }
    match lines.last_mut() {
        Some(last) if last.count == 0 => drop(lines.pop()),
        Some(last) => last.open = true,
        None => {}
    }
    lines
}

/// Returns where the ranges begin, when each merges `step` of the finest ones.
///
/// They go from the range that holds `shortest` to the one after that which holds `longest`.
fn ranges(shortest: u64, longest: u64, step: usize) -> Vec<u64> {
    let powers = (0..=16).map(|exponent| 10u64.pow(exponent));
    let begins = powers.flat_map(|power| BEGINNINGS.into_iter().step_by(step).map(move |b| (b * power).div_ceil(100)));
    let mut begins = Vec::from_iter(begins);
    begins.dedup();
    let first = begins.partition_point(|&begin| begin <= shortest).saturating_sub(1);
    let end = begins.partition_point(|&begin| begin <= longest).max(first + 1);
    begins[first..=end.min(begins.len() - 1)].to_vec()
}

/// Draws a bar for `count`, where one for `most` fills the room. A count of 1 or more always shows.
fn bar(count: u64, most: u64, room: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let whole = BLOCKS.len();
    let eighths = (count as f64 / most as f64 * (room * whole) as f64).round().max(1.0) as usize;
    let mut bar = BLOCKS[whole - 1].to_string().repeat(eighths / whole);
    if let Some(part) = (eighths % whole).checked_sub(1) {
        bar.push(BLOCKS[part]);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[(u64, u64)]) -> Times {
        counts.to_vec().into()
    }

    #[test]
    fn a_line_is_as_long_as_its_times_are_many_and_the_longest_of_a_thousand_share_the_last() {
        let times = of(&[(250, 10), (270, 30), (279, 40), (280, 2), (314, 3), (355, 1)]);
        let expected = "  from  count\n\
                        250ns      80  ████████\n\
                        280ns       5  ▌\n\
                        315ns       0\n\
                        355ns       1  ▏\n";
        assert_eq!(histogram(&times, 23), expected);
        let times = of(&[(250, 2000), (1_000, 1), (1_000_000, 1)]);
        assert_eq!(histogram(&times, 20), "  from  count\n250ns   2,000  █████\n280ns+      2  ▏\n");
        assert_eq!(histogram(&Times::default(), 80), "from  count\n");
    }

    #[test]
    fn no_line_is_wider_than_there_is_room_and_no_more_are_told_than_one_can_see() {
        let times = of(&[(97, 1), (1_234, 1_000_000), (56_789, 17), (3_000_000_000, 1)]);
        for width in [40, 80, 200] {
            let plot = histogram(&times, width);
            assert_eq!(plot.lines().map(|line| line.chars().count()).max(), Some(width), "{plot}");
        }
        for counts in [[(300, 1), (4_000, 1)], [(300, 1), (400_000, 1)], [(1, 1), (3_000_000_000_000, 1)]] {
            let lines = lines(&of(&counts));
            assert!(lines.len() <= MOST_LINES, "{lines:?}");
            assert_eq!((lines[0].count, lines[lines.len() - 1].count), (1, 1), "{lines:?}");
        }
    }

    #[test]
    fn every_time_is_in_a_range_that_begins_before_it_and_ends_soon_after() {
        for time in (1..2000).chain([9_999, 10_001, 123_456_789]) {
            let lines = lines(&of(&[(time, 1)]));
            let &[Line { from, count: 1, open: false }] = lines.as_slice() else { panic!("{time}: {lines:?}") };
            assert!(from <= time && time <= from * 115 / 100 + 1, "{from} {time}");
        }
    }
}
