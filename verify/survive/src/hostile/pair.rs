//! A victim and its liar, on one ring after the other.

use std::time::Duration;

use fastrand::Rng;
use ipc_ring::{FenceMode, RingOptions, Side};
use ipc_ring_reference::process::Process;
use ipc_ring_reference::Place;
use serde_json::json;

use super::found::Found;
use super::order::Order;

/// Longer than either can be silent: an alarm ends it before.
const PATIENCE: Duration = Duration::from_secs(1 << 20);

pub const LIAR: &str = "hostile-liar";
pub const VICTIM: &str = "hostile-victim";

/// The capacities: from the smallest, where every record meets the end of the lap, to one that holds thousands.
const CAPACITIES: [usize; 4] = [64, 512, 4096, 1 << 16];
/// What of that is told.
pub const RINGS: &str = "rings of 64 B to 64 KiB, all wait strategies, both fence modes";

/// Has the victim on `side` lied to for `duration`, and returns what it found and how many lies there were.
pub fn lie_to(side: Side, duration: Duration, seed: u64) -> Result<(Found, u64), String> {
    let mut rng = Rng::with_seed(seed ^ side as u64);
    let (mut found, mut lies) = (Found::default(), 0);
    for (capacity, fences) in
        CAPACITIES.into_iter().zip([FenceMode::Symmetric, FenceMode::Asymmetric].into_iter().cycle())
    {
        let place = Place::make().map_err(|error| format!("cannot make a directory: {error}"))?;
        let path = place.ring();
        let created = RingOptions::new().create_fence_mode(fences).create(&path, capacity);
        drop(created.map_err(|error| format!("cannot make a ring: {error}"))?);
        let duration = duration / CAPACITIES.len() as u32;
        let order = |side| Order { side, path: path.clone(), capacity, duration, seed: 0 };
        let (liar, victim) = match side {
            Side::Reader => (order(Side::Writer), order(Side::Reader)),
            Side::Writer => (order(Side::Reader), order(Side::Writer)),
        };
        let mut liar = start(LIAR, Order { seed: rng.u64(..), ..liar })?;
        let mut victim = start(VICTIM, Order { seed: rng.u64(..), ..victim })?;
        match heard(&mut victim)?.as_deref().and_then(Found::from_line) {
            Some(one) => found.add(one),
            None => found.violation(format!("the {side} of a ring of {capacity} bytes {}", ended(victim)?)),
        }
        match heard(&mut liar)?.and_then(|line| line.parse::<u64>().ok()) {
            Some(told) => lies += told,
            // It holds its side by the library, too, and may be hit by what it lets loose.
            None => found.violation(format!("the liar to the {side} of a ring of {capacity} bytes {}", ended(liar)?)),
        }
    }
    Ok((found, lies))
}

fn start(name: &str, order: Order) -> Result<Process, String> {
    Process::again(&[name, &json!(order).to_string()]).map_err(|error| format!("cannot start {name}: {error}"))
}

/// How a process ended that was to say something first.
fn ended(mut process: Process) -> Result<String, String> {
    let status = process.wait().map_err(|error| format!("cannot wait for a process: {error}"))?;
    Ok(format!("ended by itself: {status}"))
}

fn heard(process: &mut Process) -> Result<Option<String>, String> {
    process.hear(PATIENCE).map_err(|error| format!("cannot hear a process: {error}"))
}
