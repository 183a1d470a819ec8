//! The comparison, from the command line to the output.

use std::fs;

use ipc_ring_measure::machine::Machine;
use ipc_ring_measure::Outcome;

use crate::args::{Compare, Draw};
use crate::meter::Meter;
use crate::peers::PEERS;
use crate::report::Report;
use crate::scenarios::SCENARIOS;
use crate::{picture, table};

/// Measures as `args` say, and prints and writes the results.
pub fn run(args: &Compare) -> Outcome<()> {
    let machine = Machine::here();
    let mut meter = Meter::new(args)?;
    let mut results = Vec::new();
    let asked_for = |name: &str| args.scenarios.is_empty() || args.scenarios.iter().any(|asked| asked == name);
    for scenario in SCENARIOS.iter().filter(|scenario| asked_for(scenario.name)) {
        let measured = meter.measure(scenario)?;
        if !args.json {
            // Print it at once: a whole run takes minutes.
            println!("{}", table::of_scenario(&measured));
        }
        results.push(measured);
    }
    let report = Report::new(machine, args, results);
    match args.json {
        true => println!("{}", report.json()?),
        false => print!("{}\n{}\n", table::of_goals(&report.verdicts), report.states()),
    }
    if let Some(path) = &args.markdown {
        fs::write(path, report.markdown()).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    match &args.plots {
        Some(directory) => picture::draw(&report.markdown(), directory),
        None => Ok(()),
    }
}

/// Draws the pictures of a document again.
pub fn draw(args: &Draw) -> Outcome<()> {
    let page = fs::read_to_string(&args.markdown).map_err(|error| format!("{}: {error}", args.markdown.display()))?;
    picture::draw(&page, &args.plots)
}

/// Prints all scenarios and all peers, one on each line.
pub fn list() -> Outcome<()> {
    let line = |(name, about): (&str, &str)| format!("  {name:<22} {about}\n");
    let scenarios: String = SCENARIOS.iter().map(|scenario| line((scenario.name, scenario.about))).collect();
    let peers: String = PEERS.iter().map(|peer| line((peer.name, peer.about))).collect();
    print!("Scenarios:\n{scenarios}\nPeers:\n{peers}");
    Ok(())
}
