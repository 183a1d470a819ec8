//! The comparison, from the command line to what is printed and written.

use std::fs;
use std::path::Path;

use ipc_ring_measure::machine::Machine;
use ipc_ring_measure::plot::{self, Bar};
use ipc_ring_measure::statistics::Summary;
use ipc_ring_measure::Outcome;

use crate::args::Compare;
use crate::meter::Meter;
use crate::peers::{Kind, PEERS};
use crate::report::Report;
use crate::result::Measured;
use crate::scenarios::{Does, Scenario, SCENARIOS};
use crate::table;

/// Compares as `args` say.
pub fn run(args: &Compare) -> Outcome<()> {
    let machine = Machine::here();
    let meter = Meter::new(args)?;
    let mut results = Vec::new();
    let asked_for = |name: &str| args.scenarios.is_empty() || args.scenarios.iter().any(|asked| asked == name);
    for scenario in SCENARIOS.iter().filter(|scenario| asked_for(scenario.name)) {
        let measured = meter.measure(scenario)?;
        if !args.json {
            // At once: a whole run takes minutes.
            println!("{}", table::of_scenario(&measured));
        }
        results.push(measured);
    }
    let report = Report::new(machine, args, results);
    match args.json {
        true => println!("{}", report.json()?),
        false => print!("{}", table::of_goals(&report.verdicts)),
    }
    if let Some(path) = &args.markdown {
        fs::write(path, report.markdown()).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Some(directory) = &args.plots {
        let failed = |error| format!("{}: {error}", directory.display());
        fs::create_dir_all(directory).map_err(failed)?;
        for measured in &report.results {
            draw(&directory.join(measured.picture()), measured)?;
        }
    }
    Ok(())
}

/// Prints all scenarios and all peers, a line each.
pub fn list() -> Outcome<()> {
    let line = |(name, about): (&str, &str)| format!("  {name:<22} {about}\n");
    let scenarios: String = SCENARIOS.iter().map(|scenario| line((scenario.name, scenario.about))).collect();
    let peers: String = PEERS.iter().map(|peer| line((peer.name, peer.about))).collect();
    print!("Scenarios:\n{scenarios}\nPeers:\n{peers}");
    Ok(())
}

/// Draws what came of a scenario as an SVG at `path`: a bar a peer.
fn draw(path: &Path, measured: &Measured) -> Outcome<()> {
    let Scenario { name, about, does, .. } = measured.scenario;
    let (unit, scale) = match does {
        Does::PingPong => ("median, ns", 1.0),
        Does::Idle => ("% of a core", 100.0),
        _ => ("M messages/s", 1e-6),
    };
    let bars = measured.rows.iter().filter_map(|row| {
        let Summary { median, min, max } = measured.headline(row)?;
        let colour = match row.peer.kind {
            Kind::Ours => (0x1b, 0x6e, 0xc2),
            Kind::Peer => (0x9a, 0xa5, 0xb1),
            Kind::Limit => (0xd9, 0x8f, 0x2b),
        };
        let summary = Summary { median: median * scale, min: min * scale, max: max * scale };
        Some(Bar { label: measured.label(row), colour, summary })
    });
    let title = |is_logarithmic| {
        let scaled = if is_logarithmic { ", logarithmic" } else { "" };
        format!("{name}: {unit}{scaled}; medians, and the least and the greatest round")
    };
    plot::draw(path, title, about, &bars.collect::<Vec<_>>())
}
