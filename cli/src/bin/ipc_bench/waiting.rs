//! `--wait`: what a side does while it waits for its peer. `spin`, `sleep`, or how long to spin before it sleeps.

use ipc_ring::WaitStrategy;

/// Parses a way to wait.
pub fn strategy(text: &str) -> Result<WaitStrategy, &'static str> {
    const NO_WAY_TO_WAIT: &str = "pass spin, sleep, or how long to spin before sleeping: 50us, 1ms";
    Ok(match text {
        "spin" => WaitStrategy::Spin,
        "sleep" => WaitStrategy::Sleep,
        _ => WaitStrategy::SpinThenSleep { spin: humantime::parse_duration(text).map_err(|_| NO_WAY_TO_WAIT)? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_way_to_wait_is_parsed_and_anything_else_is_refused() {
        let spin = |spin| Some(WaitStrategy::SpinThenSleep { spin });
        for (text, expected) in [
            ("spin", Some(WaitStrategy::Spin)),
            ("sleep", Some(WaitStrategy::Sleep)),
            ("50us", spin(Duration::from_micros(50))),
            ("1ms 500us", spin(Duration::from_micros(1500))),
            ("0s", spin(Duration::ZERO)),
        ] {
            assert_eq!(strategy(text).ok(), expected, "{text}");
        }
        for text in ["", "Spin", "50", "-1us", "us", "50 light years", "forever"] {
            assert!(strategy(text).is_err(), "{text}");
        }
    }
}
