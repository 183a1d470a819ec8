//! Waiting for what a process does.

use std::thread;
use std::time::{Duration, Instant};

/// Far more than anything here takes on a busy machine: what has not come by then never will.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until `condition` gives something.
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(met) = condition() {
            return met;
        }
        assert!(start.elapsed() < DEADLINE, "not within {DEADLINE:?}: {what}");
        // Only so as not to take the time from what is waited for.
        thread::park_timeout(Duration::from_millis(2));
    }
}
