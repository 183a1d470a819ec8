//! A picture of a scenario: a bar a peer, with the spread of its rounds.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::link::Outcome;
use crate::peers::Kind;
use crate::result::{Measured, Row};
use crate::scenario::Does;
use crate::statistics::Summary;
use crate::table::significant;

const WIDTH: i32 = 900;
const TITLE: i32 = 64;
const BAR: i32 = 20;
const MARGIN: i32 = 12;
const LABELS: i32 = 170;
const NUMBERS: i32 = 90;

const OURS: RGBColor = RGBColor(0x1b, 0x6e, 0xc2);
const PEER: RGBColor = RGBColor(0x9a, 0xa5, 0xb1);
const LIMIT: RGBColor = RGBColor(0xd9, 0x8f, 0x2b);
const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);

/// Draws what came of a scenario as an SVG at `path`.
pub fn draw(path: &Path, measured: &Measured) -> Outcome<()> {
    let with_headline = |row| Some((row, measured.headline(row)?));
    let rows: Vec<(&Row, Summary)> = measured.rows.iter().filter_map(with_headline).collect();
    let height = TITLE + BAR * rows.len() as i32 + MARGIN;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE).map_err(said)?;

    let axis = Axis::of(rows.iter().map(|(_, summary)| summary));
    let length = |value: f64| LABELS + (axis.part(value) * f64::from(WIDTH - LABELS - NUMBERS)) as i32;
    let (unit, scale) = unit(measured.scenario.does);
    let scaled = if axis.is_logarithmic { ", logarithmic" } else { "" };
    let title = format!("{}: {unit}{scaled}; medians, and the least and the greatest round", measured.scenario.name);
    write(&area, &title, (MARGIN, TITLE / 3), 16, HPos::Left)?;
    write(&area, measured.scenario.about, (MARGIN, TITLE * 2 / 3), 13, HPos::Left)?;
    for (at, (row, summary)) in rows.into_iter().enumerate() {
        let y = TITLE + BAR * at as i32;
        let middle = y + BAR / 2;
        let colour = match row.peer.kind {
            Kind::Ours => OURS,
            Kind::Peer => PEER,
            Kind::Limit => LIMIT,
        };
        write(&area, &measured.label(row), (LABELS - 8, middle), 14, HPos::Right)?;
        let bar = [(LABELS, y + 3), (length(summary.median), y + BAR - 3)];
        area.draw(&Rectangle::new(bar, colour.filled())).map_err(said)?;
        let spread = [(length(summary.min), middle), (length(summary.max), middle)];
        area.draw(&PathElement::new(spread, INK.stroke_width(1))).map_err(said)?;
        let number = significant(summary.median * scale);
        write(&area, &number, (length(summary.max) + 8, middle), 14, HPos::Left)?;
    }
    area.present().map_err(said)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn said(error: impl std::fmt::Display) -> Box<dyn std::error::Error + Send + Sync> {
    error.to_string().into()
}

/// What the bars are drawn along.
struct Axis {
    least: f64,
    most: f64,
    /// Where the bars of most peers would be too short to be seen, logarithms are drawn.
    is_logarithmic: bool,
}

impl Axis {
    /// One that all of these have room on. The medians decide its kind: one slow round does not.
    fn of<'a>(all: impl Iterator<Item = &'a Summary> + Clone) -> Self {
        let most = all.clone().map(|one| one.max).fold(f64::MIN_POSITIVE, f64::max);
        let medians = || all.clone().map(|one| one.median);
        let (low, high) = (medians().fold(f64::MAX, f64::min), medians().fold(0.0, f64::max));
        let least = all.map(|one| one.min).fold(f64::MAX, f64::min);
        Self { least: least.clamp(most / 1e6, most), most, is_logarithmic: high > 1000.0 * low }
    }

    /// Which part of the longest bar a value takes.
    fn part(&self, value: f64) -> f64 {
        if self.is_logarithmic {
            // A bar ten times as short as the shortest would be none.
            let none = self.least / 10.0;
            ((value / none).ln() / (self.most / none).ln()).max(0.0)
        } else {
            value / self.most
        }
    }
}

fn write(area: &Area<'_>, text: &str, at: (i32, i32), size: u32, side: HPos) -> Outcome<()> {
    let style = ("sans-serif", size).into_font().color(&INK).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(text.to_string(), at, style)).map_err(said)
}

/// What a headline counts, and how many of these one of them is.
fn unit(does: Does) -> (&'static str, f64) {
    match does {
        Does::PingPong => ("median, ns", 1.0),
        Does::Idle => ("% of a core", 100.0),
        _ => ("M messages/s", 1e-6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[(f64, f64, f64)]) -> Axis {
        let all: Vec<_> = values.iter().map(|&(min, median, max)| Summary { median, min, max }).collect();
        Axis::of(all.iter())
    }

    #[test]
    fn near_values_are_drawn_as_they_are() {
        let axis = axis(&[(50.0, 50.0, 50.0), (100.0, 100.0, 100.0)]);
        assert!(!axis.is_logarithmic);
        assert_eq!((axis.part(50.0), axis.part(100.0)), (0.5, 1.0));
    }

    #[test]
    fn far_values_are_drawn_by_their_logarithms() {
        let axis = axis(&[(1.0, 1.0, 1.0), (10_000.0, 10_000.0, 10_000.0)]);
        assert!(axis.is_logarithmic);
        assert!((axis.part(1.0) - 0.2).abs() < 1e-9 && (axis.part(10_000.0) - 1.0).abs() < 1e-9);
        assert_eq!(axis.part(0.0), 0.0);
    }

    #[test]
    fn one_slow_round_does_not_change_the_kind_and_one_fast_round_has_room() {
        let axis = axis(&[(0.1, 60.0, 80.0), (40.0, 50.0, 200.0)]);
        assert!(!axis.is_logarithmic);
        assert_eq!((axis.part(50.0), axis.part(200.0)), (0.25, 1.0));
    }
}
