//! What rings are tried: how large, how their sides wait, and with which fences.

use ipc_ring::Side;

use super::plan::{mix, Plan};

/// What one ring is tried with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub seed: u64,
    pub capacity: u64,
    /// The writer's and the reader's.
    pub waits: [&'static str; 2],
    pub fences: &'static str,
}

/// Small ones, in which every message meets the end of the ring or a peer; and one in eight in which few do.
const CAPACITIES: [u64; 8] = [64, 4096, 128, 1024, 256, 2048, 512, 1 << 20];
const WAITS: [&str; 3] = ["sleep", "default", "spin"];
const FENCES: [&str; 2] = ["asymmetric", "symmetric"];

impl Setting {
    /// The setting of ring number `index`. Any eighteen in a row have every way for both sides to wait with either kind
    /// of fences, and any eight every capacity.
    pub fn of(index: u64, seed: u64) -> Self {
        let pick = |index: u64, of: usize| (index % of as u64) as usize;
        let waits = [WAITS[pick(index, 3)], WAITS[pick(index / 3 + index, 3)]];
        let fences = FENCES[pick(index / 9, 2)];
        Self { seed: mix(seed ^ mix(index)), capacity: CAPACITIES[pick(index, 8)], waits, fences }
    }

    pub fn plan(&self) -> Plan {
        Plan { seed: self.seed, capacity: self.capacity }
    }

    /// What a process of `side` is told on its command line.
    pub fn words(&self, side: Side) -> [String; 4] {
        let [writer, reader] = self.waits;
        let wait = if side == Side::Writer { writer } else { reader };
        [self.seed.to_string(), self.capacity.to_string(), wait.into(), self.fences.into()]
    }

    /// How many messages pass undisturbed at the end of a trial. Where both sides sleep: more
    /// than could pass within the deadline if nobody woke anybody. Where one stays awake: few, for both may have one
    /// core.
    pub fn stretch(&self) -> u64 {
        match self.waits.contains(&"spin") || self.capacity > 4096 {
            true => 20,
            false => 1500,
        }
    }
}

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [writer, reader] = self.waits;
        write!(f, "{} bytes, {writer}/{reader}, {}", self.capacity, self.fences)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn eighteen_rings_have_all_ways_to_wait_with_both_kinds_of_fences() {
        for begin in 0..20 {
            let settings = (begin..begin + 18).map(|index| Setting::of(index, 0));
            let ways: BTreeSet<_> = settings.map(|setting| (setting.waits, setting.fences)).collect();
            assert_eq!(ways.len(), 18);
        }
    }
}
