//! What there is to be named on the command line.

use crate::peers::PEERS;
use crate::scenarios::SCENARIOS;

/// All scenarios and all peers, a line each.
pub fn all() -> String {
    let scenarios = SCENARIOS.iter().map(|scenario| (scenario.name, scenario.about));
    let peers = PEERS.iter().map(|peer| (peer.name, peer.about));
    let lines = |named: Vec<(&str, &str)>| -> String {
        named.iter().map(|(name, about)| format!("  {name:<22} {about}\n")).collect()
    };
    format!("Scenarios:\n{}\nPeers:\n{}", lines(scenarios.collect()), lines(peers.collect()))
}
