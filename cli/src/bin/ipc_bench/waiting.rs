//! What a side does while it waits for the other: `spin`, `sleep`, or how long to spin before it sleeps.

use std::fmt;
use std::str::FromStr;

use ipc_ring::WaitStrategy;

/// A way to wait, as it is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting(pub WaitStrategy);

/// A text that is no way to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoWayToWait;

impl fmt::Display for NoWayToWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pass spin, sleep, or how long to spin before sleeping: 50us, 1ms")
    }
}

impl std::error::Error for NoWayToWait {}

impl FromStr for Waiting {
    type Err = NoWayToWait;

    fn from_str(text: &str) -> Result<Self, NoWayToWait> {
        Ok(Self(match text {
            "spin" => WaitStrategy::Spin,
            "sleep" => WaitStrategy::Sleep,
            _ => WaitStrategy::SpinThenSleep { spin: humantime::parse_duration(text).map_err(|_| NoWayToWait)? },
        }))
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            WaitStrategy::Spin => f.write_str("spin"),
            WaitStrategy::Sleep => f.write_str("sleep"),
            WaitStrategy::SpinThenSleep { spin } => humantime::format_duration(spin).fmt(f),
            _ => unreachable!("no text is read as this"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_way_to_wait_is_read_as_it_is_written() {
        let spin = |spin| WaitStrategy::SpinThenSleep { spin };
        for (text, strategy) in [
            ("spin", WaitStrategy::Spin),
            ("sleep", WaitStrategy::Sleep),
            ("50us", spin(Duration::from_micros(50))),
            ("1ms 500us", spin(Duration::from_micros(1500))),
            ("0s", spin(Duration::ZERO)),
        ] {
            let waiting = Waiting(strategy);
            assert_eq!(text.parse(), Ok(waiting));
            assert_eq!(waiting.to_string().parse(), Ok(waiting));
        }
    }

    #[test]
    fn what_is_no_way_to_wait_is_refused() {
        for text in ["", "Spin", "50", "-1us", "us", "50 light years", "forever"] {
            assert_eq!(text.parse::<Waiting>(), Err(NoWayToWait), "{text}");
        }
    }
}
