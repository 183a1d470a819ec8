//! Draws a picture: a bar for each summary, with the spread of its rounds.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::statistics::Summary;
use crate::table::significant;
use crate::Outcome;

const WIDTH: i32 = 900;
const TITLE: i32 = 64;
const BAR: i32 = 20;
const MARGIN: i32 = 12;
const LABELS: i32 = 170;
const NUMBERS: i32 = 90;
const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its red, green and blue.
    pub colour: (u8, u8, u8),
    /// How long it is, and how far the rounds spread.
    pub summary: Summary,
}

/// Draws `bars` as an SVG at `path`, below `title` and `about`.
///
/// `title` gets whether the lengths of the bars are logarithms.
pub fn draw(path: &Path, title: impl FnOnce(bool) -> String, about: &str, bars: &[Bar]) -> Outcome<()> {
    let height = TITLE + BAR * bars.len() as i32 + MARGIN;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let axis = Axis::of(bars.iter().map(|bar| &bar.summary));
    let length = |value: f64| LABELS + (axis.part(value) * f64::from(WIDTH - LABELS - NUMBERS)) as i32;
    write(&area, &title(axis.is_logarithmic), (MARGIN, TITLE / 3), 16, HPos::Left)?;
    write(&area, about, (MARGIN, TITLE * 2 / 3), 13, HPos::Left)?;
    for (Bar { label, colour, summary }, y) in bars.iter().zip((TITLE..).step_by(BAR as usize)) {
        let middle = y + BAR / 2;
        write(&area, label, (LABELS - 8, middle), 14, HPos::Right)?;
        let bar = [(LABELS, y + 3), (length(summary.median), y + BAR - 3)];
        area.draw(&Rectangle::new(bar, RGBColor(colour.0, colour.1, colour.2).filled()))?;
        let spread = [(length(summary.min), middle), (length(summary.max), middle)];
        area.draw(&PathElement::new(spread, INK.stroke_width(1)))?;
        write(&area, &significant(summary.median), (length(summary.max) + 8, middle), 14, HPos::Left)?;
    }
    Ok(area.present()?)
}

/// The scale of the bars.
struct Axis {
    least: f64,
    most: f64,
    /// Whether the bars are logarithms, because otherwise the short ones could not be seen.
    is_logarithmic: bool,
}

impl Axis {
    /// Makes a scale that all summaries fit on. Their medians decide whether it is logarithmic: one slow round does
    /// not.
    fn of<'a>(all: impl Iterator<Item = &'a Summary> + Clone) -> Self {
        let most = all.clone().map(|one| one.max).fold(f64::MIN_POSITIVE, f64::max);
        let medians = || all.clone().map(|one| one.median);
        let (low, high) = (medians().fold(f64::MAX, f64::min), medians().fold(0.0, f64::max));
        let least = all.map(|one| one.min).fold(f64::MAX, f64::min);
        Self { least: least.clamp(most / 1e6, most), most, is_logarithmic: high > 1000.0 * low }
    }

    /// Returns the length of a value's bar, as a part of the longest one.
    fn part(&self, value: f64) -> f64 {
        if self.is_logarithmic {
            // The bar of a tenth of the least value has length 0.
            let none = self.least / 10.0;
            ((value / none).ln() / (self.most / none).ln()).max(0.0)
        } else {
            value / self.most
        }
    }
}

/// Writes a text.
fn write(area: &DrawingArea<SVGBackend, Shift>, text: &str, at: (i32, i32), size: u32, side: HPos) -> Outcome<()> {
    let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
    Ok(area.draw(&Text::new(text.to_string(), at, style))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[(f64, f64, f64)]) -> Axis {
        let all: Vec<_> = values.iter().map(|&(min, median, max)| Summary { median, min, max }).collect();
        Axis::of(all.iter())
    }

    #[test]
    fn near_values_are_drawn_as_they_are_and_far_ones_by_their_logarithms() {
        let near = axis(&[(50.0, 50.0, 50.0), (100.0, 100.0, 100.0)]);
        assert!(!near.is_logarithmic);
        assert_eq!((near.part(50.0), near.part(100.0)), (0.5, 1.0));
        let far = axis(&[(1.0, 1.0, 1.0), (10_000.0, 10_000.0, 10_000.0)]);
        assert!(far.is_logarithmic && (far.part(1.0) - 0.2).abs() < 1e-9 && (far.part(10_000.0) - 1.0).abs() < 1e-9);
        assert_eq!(far.part(0.0), 0.0);
    }

    #[test]
    fn one_slow_round_does_not_change_the_kind_and_one_fast_round_has_room() {
        let axis = axis(&[(0.1, 60.0, 80.0), (40.0, 50.0, 200.0)]);
        assert!(!axis.is_logarithmic);
        assert_eq!((axis.part(50.0), axis.part(200.0)), (0.25, 1.0));
    }
}
