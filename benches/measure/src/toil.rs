//! Work that uses no memory: what makes one side the slower one.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Does `turns` turns of work. Each needs the result of the one before.
#[inline(never)]
pub fn turns(turns: u32) {
    let mut state = black_box(1_u64);
    for _ in 0..turns {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    }
    black_box(state);
}

/// Returns how many turns take about `duration` on this machine, by the quickest of 20 attempts.
pub fn turns_in(duration: Duration) -> u32 {
    const MANY: u32 = 1_000_000;
    let attempt = || {
        let start = Instant::now();
        turns(MANY);
        start.elapsed()
    };
    let quickest = (0..20).map(|_| attempt()).min().unwrap_or(duration);
    (duration.as_secs_f64() / quickest.as_secs_f64() * f64::from(MANY)).max(1.0) as u32
}
