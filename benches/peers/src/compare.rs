//! The comparison, from the command line to what is printed and written.

use std::fs;

use crate::args::Compare;
use crate::link::Outcome;
use crate::machine::Machine;
use crate::measure::Meter;
use crate::peers;
use crate::report::Report;
use crate::scenario::Scenario;
use crate::scenarios::{self, SCENARIOS};
use crate::{plot, table};

/// Compares as `args` say.
pub fn run(args: &Compare) -> Outcome<()> {
    let scenarios = chosen(args)?;
    let machine = Machine::here();
    let meter = Meter::new(args)?;
    let mut results = Vec::new();
    for scenario in scenarios {
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
            plot::draw(&directory.join(measured.picture()), measured)?;
        }
    }
    Ok(())
}

/// The scenarios that were asked for, if there are such, and such peers.
fn chosen(args: &Compare) -> Outcome<Vec<&'static Scenario>> {
    if let Some(name) = args.peers.iter().find(|name| peers::named(name).is_none()) {
        let all: Vec<_> = peers::PEERS.iter().map(|peer| peer.name).collect();
        return Err(format!("there is no peer {name}: pass some of {}", all.join(", ")).into());
    }
    if args.scenarios.is_empty() {
        return Ok(SCENARIOS.iter().collect());
    }
    let find = |name: &String| {
        let all: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        let missing = || format!("there is no scenario {name}: pass some of {}", all.join(", "));
        scenarios::named(name).ok_or_else(|| missing().into())
    };
    args.scenarios.iter().map(find).collect()
}
