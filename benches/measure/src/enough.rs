//! How many messages make a round, and how many go before the first.

use crate::job::Lap;

/// What was in the ring when the clock began must not matter much: a round is at least so many ringfuls.
const RINGFULS: u64 = 4;

/// How long a round takes, as it is written.
pub fn seconds(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(seconds) if (0.001..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("pass a number of seconds from 0.001 to 86400"),
    }
}

/// How many messages go before the clock begins, where a round has `messages`: the ring has been gone round twice,
/// and more. So both sides run, and all pages are present.
pub fn warm_up(messages: u64, ringful: u64) -> u64 {
    messages.div_ceil(10).saturating_add(2 * ringful)
}

/// How many messages take `seconds`, of a link that holds `ringful` of them; 0 where that does not matter. Tries with
/// few and then with more, until a try is long enough to tell; where one gives nothing, as many as it had.
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

    /// How many messages of 100 ns make a round, and how many tries that takes.
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
