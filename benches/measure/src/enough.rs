//! How many messages make a round, and how many warm up before the first one.

use crate::job::Lap;

/// A round is at least this many ringfuls, so that what is in the ring when the clock starts hardly matters.
const RINGFULS: u64 = 4;

/// Parses how long a round takes, in seconds.
pub fn seconds(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(seconds) if (0.001..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("pass a number of seconds from 0.001 to 86400"),
    }
}

/// Returns how many messages warm up before a round of `messages`: two laps of the ring, and a tenth of the round.
///
/// After that both sides run, and all pages are present.
pub fn warm_up(messages: u64, ringful: u64) -> u64 {
    messages.div_ceil(10).saturating_add(2 * ringful)
}

/// Finds how many messages take `seconds`, and are at least some ringfuls.
///
/// `ringful` is how many messages the link holds, or 0 if that does not matter. Tries with few messages and then with
/// more, until an attempt takes a tenth of `seconds`. If an attempt gives `None`, returns the number that it was for.
pub fn messages<E>(
    seconds: f64,
    ringful: u64,
    mut attempt: impl FnMut(u64) -> Result<Option<Lap>, E>,
) -> Result<u64, E> {
    const FEW: u64 = 1000;
    const FASTER_AT_MOST: u64 = 30;
    let least = ringful * RINGFULS;
    let mut messages = if ringful == 0 { FEW } else { FEW.min(least) };
    loop {
        let Some(lap) = attempt(messages)? else { return Ok(messages) };
        let enough = (lap.rate() * seconds).ceil().max(1.0) as u64;
        if lap.nanoseconds as f64 >= seconds * 1e8 {
            return Ok(enough.max(least));
        }
        messages = enough.min(messages * FASTER_AT_MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds how many messages of 100 ns make a round, and how many attempts that takes.
    fn found(seconds: f64, ringful: u64) -> (u64, usize) {
        let mut tries = 0;
        let found = messages(seconds, ringful, |counted| {
            tries += 1;
            Ok::<_, ()>(Some(Lap { counted, nanoseconds: counted * 100 }))
        });
        (found.unwrap(), tries)
    }

    #[test]
    fn a_round_takes_as_long_as_was_asked_for_and_has_some_ringfuls() {
        assert_eq!(found(0.5, 0), (5_000_000, 3));
        assert_eq!(found(0.5, 4000), (5_000_000, 3));
        assert_eq!(found(0.5, 4_000_000), (16_000_000, 3));
        assert_eq!(messages(1.0, 10, |_| Ok::<_, ()>(None)), Ok(40));
        assert_eq!(messages(1.0, 10, |_| Err("failed")), Err("failed"));
    }

    #[test]
    fn the_ring_is_gone_round_before_the_clock_begins() {
        assert_eq!([(1, 4000), (1_000_000, 4000), (10, 0)].map(|(n, full)| warm_up(n, full)), [8001, 108_000, 1]);
    }
}
