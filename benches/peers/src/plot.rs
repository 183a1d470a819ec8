//! A picture of a run: a panel a scenario, a bar a peer, with the spread of its rounds.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::link::Outcome;
use crate::peers::Kind;
use crate::result::{Measured, Row};
use crate::scenario::Does;
use crate::statistics::Summary;

const WIDTH: i32 = 900;
const TITLE: i32 = 44;
const BAR: i32 = 20;
const GAP: i32 = 26;
const LABELS: i32 = 170;
const NUMBERS: i32 = 150;

const OURS: RGBColor = RGBColor(0x1b, 0x6e, 0xc2);
const PEER: RGBColor = RGBColor(0x9a, 0xa5, 0xb1);
const LIMIT: RGBColor = RGBColor(0xd9, 0x8f, 0x2b);
const INK: RGBColor = RGBColor(0x22, 0x26, 0x2b);

/// Draws `results` as an SVG at `path`.
pub fn draw(path: &Path, results: &[Measured]) -> Outcome<()> {
    let height: i32 = results.iter().map(panel_height).sum();
    let area = SVGBackend::new(path, (WIDTH as u32, height.max(1) as u32)).into_drawing_area();
    area.fill(&WHITE).map_err(said)?;
    let mut top = 0;
    for measured in results {
        panel(&area, top, measured)?;
        top += panel_height(measured);
    }
    area.present().map_err(said)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn said(error: impl std::fmt::Display) -> Box<dyn std::error::Error + Send + Sync> {
    error.to_string().into()
}

fn rows(measured: &Measured) -> Vec<(&Row, Summary)> {
    measured.rows.iter().filter_map(|row| Some((row, measured.headline(row)?))).collect()
}

fn panel_height(measured: &Measured) -> i32 {
    TITLE + BAR * rows(measured).len() as i32 + GAP
}

fn panel(area: &Area<'_>, top: i32, measured: &Measured) -> Outcome<()> {
    let rows = rows(measured);
    let most = rows.iter().map(|(_, summary)| summary.max).fold(f64::MIN_POSITIVE, f64::max);
    let length = |value: f64| LABELS + (value / most * f64::from(WIDTH - LABELS - NUMBERS)) as i32;
    let (unit, scale) = unit(measured.scenario.does);
    let title = format!("{} ({unit}): {}", measured.scenario.name, measured.scenario.about);
    write(area, &title, (12, top + TITLE / 2), 13, HPos::Left)?;
    for (at, (row, summary)) in rows.into_iter().enumerate() {
        let y = top + TITLE + BAR * at as i32;
        let middle = y + BAR / 2;
        let colour = match row.peer.kind {
            Kind::Ours => OURS,
            Kind::Peer => PEER,
            Kind::Limit => LIMIT,
        };
        write(area, &measured.label(row), (LABELS - 8, middle), 12, HPos::Right)?;
        let bar = [(LABELS, y + 3), (length(summary.median), y + BAR - 3)];
        area.draw(&Rectangle::new(bar, colour.filled())).map_err(said)?;
        let spread = [(length(summary.min), middle), (length(summary.max), middle)];
        area.draw(&PathElement::new(spread, INK.stroke_width(1))).map_err(said)?;
        let number = format!("{:.4}", summary.median * scale);
        let number = number.get(..6).unwrap_or(&number).trim_end_matches('.');
        write(area, number, (length(summary.max) + 8, middle), 12, HPos::Left)?;
    }
    Ok(())
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
